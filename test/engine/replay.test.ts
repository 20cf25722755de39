/** What ran on real threads runs again on one, to the same end. */
import { describe, expect, it } from "vitest";
import { replayRun } from "../../src/engine/replay-run.ts";
import { runOnThreads } from "../../src/engine/threads.ts";
import type { Mode } from "../../src/scenario/scenario.ts";
import { loadedOf, scenarioOf } from "../support/seeded.ts";

const text = (card: string): string => `
name: recorded
duration: 400ms
wire: { peers: [{ kind: echo, name: gateway }, { kind: source, name: feed, to: [bob], rate: 500, size: 100 }] }
cards: [{ name: card0, kind: ${card}, receive: arrival }]
guests:
  - { name: alice, memory: 256KiB, workload: { kind: ping, to: gateway, interval: 1ms } }
  - { name: bob, memory: 256KiB, workload: { kind: receive } }
`;

describe.each(["rtl8139", "ne2000"])("a recorded run on the %s", (card) => {
  it.each(["vpio", "vnic", "passthrough"] as Mode[])(
    "ends in the same state when replayed in %s mode",
    async (mode) => {
      const scenario = scenarioOf(text(card), { mode });
      const { recording, frames } = await runOnThreads(scenario, { record: true, capture: true });
      if (recording === undefined) throw new Error("the run was recorded");
      const loaded = loadedOf(scenario);
      const replay = replayRun(scenario, loaded, recording);
      expect(replay.finalHash).toBe(recording.finalHash);
      expect(replay.frames.length).toBe(frames.length);
    },
  );
});

it("a recording of another run is said to diverge", async () => {
  const scenario = scenarioOf(text("rtl8139"));
  const { recording } = await runOnThreads(scenario, { record: true });
  if (recording === undefined) throw new Error("the run was recorded");
  const other = scenarioOf(text("rtl8139"), { mode: "vnic" });
  expect(() => replayRun(other, loadedOf(other), recording)).toThrow(
    expect.objectContaining({ code: "DIVERGED" }),
  );
});
