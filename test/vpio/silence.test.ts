import { describe, expect, it } from "vitest";
import { guestId } from "../../src/base/ids.ts";
import { Silence } from "../../src/vpio/silence.ts";

const GUEST = guestId(0);
const FENCED_OFF = 7;

describe("a guest that was fenced off", () => {
  const silent = (): Silence => {
    const silence = new Silence();
    silence.add(GUEST, FENCED_OFF);
    return silence;
  };

  it("is silent until it acknowledges that, or a later revoke", () => {
    for (const epoch of [FENCED_OFF, FENCED_OFF + 2]) {
      const silence = silent();
      expect(silence.has(GUEST)).toBe(true);
      expect(silence.answers(GUEST, epoch)).toBe("silent");
      expect([silence.has(GUEST), silence.answers(GUEST, epoch)]).toEqual([false, "none"]);
    }
  });

  it("stays silent when it acknowledges an earlier revoke: it has not caught up", () => {
    const silence = silent();
    expect(silence.answers(GUEST, FENCED_OFF - 1)).toBe("none");
    expect(silence.has(GUEST)).toBe(true);
  });

  it("gets the frames that were held for it", () => {
    const silence = silent();
    expect(silence.keeps(GUEST)).toBe(true);
    expect(silence.answers(GUEST, FENCED_OFF)).toBe("awaited");
    expect(silence.keeps(GUEST)).toBe(false);
  });
});
