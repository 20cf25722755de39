/** Equal seeds have equal traces; and if they had not, it would show. */
import { describe, expect, it } from "vitest";
import type { SeededRun } from "../../src/engine/seeded-run.ts";
import { firstDifference } from "../../src/stress/determinism.ts";
import { TraceHash } from "../../src/stress/trace.ts";
import { scenarioOf, sceneOf } from "../support/seeded.ts";

const text = (card: string, mode: string): string => `
name: same
mode: ${mode}
wire: { peers: [{ kind: echo, name: gateway }, { kind: source, name: feed, to: [bob], rate: 9000, count: 20 }] }
cards: [{ name: card0, kind: ${card}, receive: hold, policy: { kind: round-robin, quantum: 20us } }]
guests:
  - { name: alice, memory: 256KiB, workload: { kind: ping, to: gateway, count: 5, interval: 50us } }
  - { name: bob, memory: 256KiB, workload: { kind: stream, to: gateway, count: 5 } }
`;
const MOVES = 9000;
const play = (run: SeededRun): void => void run.run(MOVES);

describe.each(["rtl8139", "ne2000"])("%s", (card) => {
  it.each(["vpio", "vnic", "passthrough"])("in mode %s does the same for the same seed", (mode) => {
    const scenario = scenarioOf(text(card, mode));
    for (let seed = 0; seed < 3; seed++)
      expect(firstDifference(() => sceneOf(scenario, seed).run, play)).toBeUndefined();
  });

  it("has another hash for another seed", () => {
    const scenario = scenarioOf(text(card, "vpio"));
    const hashes = Array.from({ length: 10 }, (_, seed) => {
      const { run } = sceneOf(scenario, seed);
      const hash = new TraceHash(() => run.engine.nowNs);
      run.engine.observe(hash);
      play(run);
      return hash.value;
    });
    expect(new Set(hashes).size).toBe(10);
    expect(hashes.every((hash) => /^[0-9a-f]{16}$/.test(hash))).toBe(true);
  });
});

describe("a run that depends on something else", () => {
  it("is found out by the first move that differs", () => {
    const scenario = scenarioOf(text("rtl8139", "vpio"));
    let runs = 0;
    const make = (): SeededRun => {
      const { run } = sceneOf(scenario, 1);
      const late = runs++ > 0;
      run.engine.interpose({
        pass: (_from, _to, message) =>
          message.type === "resume" && late && run.engine.moves > 100
            ? [{ ...message, value: message.value ^ 1 }]
            : [message],
        strikes: () => false,
      });
      return run;
    };
    const difference = firstDifference(make, play);
    expect(difference?.move).toBeGreaterThan(100);
    expect(difference?.first).toMatch(/^[\d,]+ ns: guest \d receives resume from arbiter 0 { value: \d+ }$/);
    expect(difference?.second).not.toBe(difference?.first);
  });

  it("is found out by where it ends", () => {
    const scenario = scenarioOf(text("rtl8139", "vpio"));
    let runs = 0;
    const make = (): SeededRun => {
      const { run } = sceneOf(scenario, 1);
      new Uint8Array(run.layout.memory)[200_000] = runs++;
      return run;
    };
    const difference = firstDifference(make, play);
    expect(difference?.move).toBe(MOVES + 1);
    expect(difference?.first).toMatch(/^ends in state [0-9a-f]{64}$/);
  });
});
