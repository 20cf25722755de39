import { describe, expect, it } from "vitest";
import { cardId, guestId } from "../../src/base/ids.ts";
import {
  type RecordedRun,
  readRecording,
  scenarioOf,
  writeRecording,
} from "../../src/export/recording-file.ts";
import { guestAddress, nicAddress } from "../../src/protocol/address.ts";

const RUN: RecordedRun = {
  vpio: "0.1.0",
  file: "/somewhere/a.yaml",
  text: "name: a\n",
  overrides: { mode: "vnic", seed: 7 },
  recording: {
    capture: true,
    finalHash: "ab12",
    logs: new Map([
      [guestAddress(guestId(0)), { events: [0, 65536, 1, 3, 2, 1], values: [0, 1.5, 2 ** 40 + 1] }],
      [nicAddress(cardId(0)), { events: [], values: [] }],
    ]),
  },
};

describe("a recording as a file", () => {
  it("comes back as it was written", () => {
    expect(readRecording(writeRecording(RUN), "run.vpio")).toEqual({ ...RUN, name: "run.vpio" });
  });

  it("is refused when it is cut, something else, or of another version", () => {
    const whole = writeRecording(RUN);
    const refused = (text: string): unknown =>
      expect(() => readRecording(text, "run.vpio")).toThrow(expect.objectContaining({ code: "USAGE" }));
    refused(whole.slice(0, whole.length / 2));
    refused("{}");
    refused("not JSON");
    refused(whole.replace('"version":1', '"version":2'));
  });

  it("says that a scenario is damaged in itself, not in the file that it was read from", () => {
    const damaged = readRecording(writeRecording({ ...RUN, text: "name: a\nmode: odd\n" }), "run.vpio");
    const place = { file: "run.vpio: in its scenario /somewhere/a.yaml", line: 2 };
    expect(() => scenarioOf(damaged)).toThrow(
      expect.objectContaining({
        code: "SCENARIO",
        problems: expect.arrayContaining([
          expect.objectContaining({ place: expect.objectContaining(place) }),
        ]),
      }),
    );
    expect(() => scenarioOf(damaged)).not.toThrow(/^\/somewhere|\n\/somewhere/);
  });
});
