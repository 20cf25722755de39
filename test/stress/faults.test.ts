/** Faults: when they strike, and what they do to a run. */
import { describe, expect, it } from "vitest";
import type { SeededRun } from "../../src/engine/seeded-run.ts";
import {
  defaultFault,
  FAULT_KINDS,
  type FaultKind,
  listedFaults,
  parseFaults,
  type Strike,
  seededFaults,
} from "../../src/stress/fault-plan.ts";
import { Faults } from "../../src/stress/faults.ts";
import { scenarioOf, sceneOf } from "../support/seeded.ts";

describe("the faults of a command line", () => {
  it("have their usual rates and budgets unless told otherwise", () => {
    expect(parseFaults("slow-guest, irq-late=1/3,frame-lost=1/20:5")).toEqual([
      defaultFault("slow-guest"),
      { kind: "irq-late", rate: [1, 3], budget: 100 },
      { kind: "frame-lost", rate: [1, 20], budget: 5 },
    ]);
    expect(parseFaults("all").map(({ kind }) => kind)).toEqual(FAULT_KINDS);
  });

  it.each(["", "slow", "irq-late=", "irq-late=1", "irq-late=2/1", "irq-late=0/0", "irq-late:-1"])(
    "'%s' are a usage error",
    (text) => {
      expect(() => parseFaults(text)).toThrow(expect.objectContaining({ code: "USAGE" }));
    },
  );
});

describe("a fault plan", () => {
  it("strikes as often as its rate says, and not oftener than its budget", () => {
    const ask = (budget: number): number => {
      const plan = seededFaults(3, [{ kind: "frame-lost", rate: [1, 10], budget }]);
      return Array.from({ length: 10_000 }, () => plan("frame-lost")).filter(Boolean).length;
    };
    expect(ask(1_000_000)).toBeGreaterThan(900);
    expect(ask(1_000_000)).toBeLessThan(1100);
    expect(ask(7)).toBe(7);
  });

  it("can be repeated from what it did, whatever else is asked in between", () => {
    const plan = seededFaults(5, FAULT_KINDS.map(defaultFault));
    const asked = Array.from({ length: 20_000 }, (_, i) => FAULT_KINDS[i % FAULT_KINDS.length] as FaultKind);
    const strikes = asked.map((kind) => plan(kind));
    const again = listedFaults(strikes.filter((strike): strike is Strike => strike !== undefined));
    expect(asked.map((kind) => again(kind))).toEqual(strikes);
    expect(strikes.filter((strike) => strike?.kind === "irq-late").length).toBe(100);
    for (const strike of strikes) {
      if (strike?.kind === "irq-late") expect(strike.forNs).toBeGreaterThanOrEqual(256);
      if (strike?.kind === "guest-crash") expect(strike.forNs).toBe(0);
    }
  });
});

const text = (card: string): string => `
name: faulty
duration: 900ms
wire: { peers: [{ kind: sink, name: sink }, { kind: source, name: feed, to: [bob], rate: 20000, size: 64, count: 30 }] }
cards: [{ name: card0, kind: ${card}, receive: hold, revoke: 1ms, policy: { kind: round-robin, quantum: 20us } }]
guests:
  - { name: alice, memory: 256KiB, workload: { kind: stream, to: sink, size: 64, count: 15 } }
  - { name: bob, memory: 256KiB, workload: { kind: receive } }
`;

const rateOf = (kind: FaultKind): readonly [number, number] =>
  /^(irq|frame)/.test(kind) ? [1, 4] : kind.startsWith("slow") ? [1, 50] : [1, 500];

/** Runs with one kind of fault; answers the run and what has struck. */
function faulted(
  card: string,
  kind: FaultKind,
  seed: number,
): { run: SeededRun; strikes: readonly Strike[] } {
  const { run } = sceneOf(scenarioOf(text(card)), seed);
  const strikes: Strike[] = [];
  const plan = seededFaults(seed, [{ ...defaultFault(kind), rate: rateOf(kind) }]);
  run.engine.interpose(new Faults({ run, plan, onStrike: (strike) => strikes.push(strike) }));
  run.run(25_000);
  return { run, strikes };
}

describe.each(["rtl8139", "ne2000"])("a run with faults on the %s", (card) => {
  it.each(FAULT_KINDS)("survives %s", (kind) => {
    let struck = 0;
    for (let seed = 0; seed < 4; seed++) {
      const { run, strikes } = faulted(card, kind, seed);
      struck += strikes.length;
      const report = run.report(true);
      expect(report.guests.map(({ memory }) => memory?.changedBytes)).toEqual([0, 0]);
      const lost = strikes.length > 0 && kind === "card-lost";
      const states = report.guests.map(({ state }) => state.kind);
      if (lost) expect(states).toEqual(["crashed", "crashed"]);
      else if (kind === "guest-crash")
        expect(states.filter((state) => state === "crashed").length).toBe(strikes.length);
      else expect(states).toEqual(["running", "running"]);
      const sent = report.peers[0]?.flows[0];
      expect([sent?.corrupted ?? 0, sent?.gaps ?? 0]).toEqual([
        0,
        kind === "frame-lost" ? expect.any(Number) : 0,
      ]);
    }
    expect(struck).toBeGreaterThan(2);
  });
});
