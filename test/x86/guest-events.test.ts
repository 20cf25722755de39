/** What comes over a guest's control channel, whoever writes there. */
import { describe, expect, it } from "vitest";
import { GuestEvents } from "../../src/x86/guest-events.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");

describe("events", () => {
  it.each([
    ["@ready", { kind: "ready" }],
    ["@probe eth0 02:00:00:00:00:01", { kind: "probe", device: "eth0", mac: "02:00:00:00:00:01" }],
    ["@up eth0 10.0.0.1/24", { kind: "up", device: "eth0", address: "10.0.0.1/24" }],
    ["@begin 3", { kind: "begin", command: 3 }],
    ["@end 3 127 2500", { kind: "end", command: 3, status: 127, ms: 2500 }],
    ["@fetched 5242880 9870 ok", { kind: "fetched", bytes: 5_242_880, ms: 9870, outcome: "ok" }],
    ["@fetched 5 10 wrong", { kind: "fetched", bytes: 5, ms: 10, outcome: "wrong" }],
    ["@fetched 0 10 failed", { kind: "fetched", bytes: 0, ms: 10, outcome: "failed" }],
    [
      "@traffic 11 1200 13 1400",
      { kind: "traffic", sentFrames: 11, sentBytes: 1200, receivedFrames: 13, receivedBytes: 1400 },
    ],
    ["@traffic 11 1200 13", { kind: "other", line: "@traffic 11 1200 13" }],
    ["@failed no card", { kind: "failed", what: "no card" }],
    ["@done", { kind: "done" }],
    ["@end 3", { kind: "other", line: "@end 3" }],
    ["@end 3 1 -5", { kind: "other", line: "@end 3 1 -5" }],
    ["@fetched 9 9 perhaps", { kind: "other", line: "@fetched 9 9 perhaps" }],
    ["hello", { kind: "other", line: "hello" }],
  ])("%s", (line, event) => {
    expect(new GuestEvents().read(bytes(`${line}\n`))).toEqual([event]);
  });

  it("come in pieces, and with a terminal's line ends", () => {
    const events = new GuestEvents();
    expect(events.read(bytes("@rea"))).toEqual([]);
    expect(events.read(bytes("dy\r\n@do"))).toEqual([{ kind: "ready" }]);
    expect(events.read(bytes("ne\n"))).toEqual([{ kind: "done" }]);
  });

  it("cut a line that does not end", () => {
    const events = new GuestEvents();
    const read = events.read(new Uint8Array(1_000_000).fill(0x41));
    expect(read.length).toBe(Math.floor(1_000_000 / 4096));
    for (const event of read) expect(event).toEqual({ kind: "other", line: "A".repeat(4096) });
    expect(events.read(bytes("\n@done\n")).at(-1)).toEqual({ kind: "done" });
  });
});
