import { describe, expect, test } from "vitest";
import { Prng } from "../../src/base/prng.ts";
import type { CapturedFrame } from "../../src/ethernet/capture.ts";
import { Kernel } from "../../src/workloads/kernel.ts";
import { type ReplayOptions, replay } from "../../src/workloads/replay.ts";
import { GUEST_IP, Rig } from "../support/station-rig.ts";

const MS = 1_000_000;
const prng = new Prng(1);

function captured(length: number, timestampNs = 0, originalBytes = length): CapturedFrame {
  const bytes = new Uint8Array(length);
  prng.fill(bytes);
  return { timestampNs, bytes, originalBytes };
}

function run(options: ReplayOptions, limitNs = 1000 * MS) {
  const rig = new Rig();
  const kernel = new Kernel({ ip: GUEST_IP, makeDriver: rig.makeDriver });
  const leftNs: number[] = [];
  rig.run(
    kernel.software((station) => replay(station, options)),
    () => {
      while (leftNs.length < rig.sent.length) leftNs.push(rig.nowNs);
      return kernel.report.finished;
    },
    limitNs,
  );
  return { sent: rig.sent, leftNs, report: kernel.report.snapshot() };
}

describe("replay", () => {
  test("sends each frame as it is: any addresses, any type, 14 to 1,514 bytes", () => {
    const frames = [captured(14), captured(60), captured(333), captured(1514)];
    const { sent, report } = run({ frames, loop: false, timing: "asap" });
    expect(sent).toEqual(frames.map((frame) => frame.bytes));
    expect(report).toMatchObject({ finished: true, sentFrames: 4, sentBytes: 1921, notes: [] });
  });

  test("refuses what cannot be sent as it was, and says how many and why", () => {
    const good = captured(100);
    const frames = [captured(1515), captured(96, 0, 1000), good, captured(13), captured(1518), captured(0)];
    const { sent, report } = run({ frames, loop: false, timing: "asap" });
    expect(sent).toEqual([good.bytes]);
    expect(report.notes).toEqual([
      "2 of 6 frames not sent: longer than 1514 bytes",
      "1 of 6 frames not sent: cut off by the capture",
      "2 of 6 frames not sent: shorter than 14 bytes",
    ]);
  });

  test("keeps the capture's distances in time", () => {
    const frames = [captured(60), captured(60, 2 * MS), captured(60, 2.5 * MS), captured(60, 9 * MS)];
    const { leftNs } = run({ frames, loop: false, timing: "captured" });
    const expected = [0, 2 * MS, 2.5 * MS, 9 * MS];
    expect(leftNs).toHaveLength(4);
    leftNs.forEach((atNs, i) => {
      expect(atNs - (expected[i] ?? 0)).toBeLessThan(10_000);
      expect(atNs).toBeGreaterThan(expected[i] ?? 0);
    });
  });

  test("begins again when told to", () => {
    const frames = [captured(60), captured(70, MS)];
    const { sent, report } = run({ frames, loop: true, timing: "captured" }, 5.5 * MS);
    expect(sent.map((frame) => frame.length)).toEqual([60, 70, 60, 70, 60, 70, 60, 70, 60, 70, 60]);
    expect(report.finished).toBe(false);
  });

  test("a loop over nothing that can be sent ends", () => {
    const { report } = run({ frames: [captured(2000)], loop: true, timing: "asap" });
    expect(report).toMatchObject({ finished: true, sentFrames: 0 });
    const empty = run({ frames: [], loop: true, timing: "asap" });
    expect(empty.report).toMatchObject({ finished: true, notes: ["the capture holds no frames"] });
  });
});
