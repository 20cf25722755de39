/** The handoff protocol under seeded schedules: whoever moves when, drivers notice nothing. */
import { describe, expect, it } from "vitest";
import { Prng } from "../../src/base/prng.ts";
import { REGISTERS } from "../../src/devices/rtl8139/registers.ts";
import type { Scheduler } from "../../src/engine/scheduler.ts";
import type { SeededRun } from "../../src/engine/seeded-run.ts";
import type { Program } from "../../src/hardware/cpu.ts";
import type { Workload } from "../../src/workloads/catalogue.ts";
import type { UserMachine } from "../../src/workloads/program.ts";
import { expectTransmitTransparent, scenarioOf, sceneOf } from "../support/seeded.ts";

const SEEDS = Array.from({ length: 40 }, (_, seed) => seed);
const MOVES = 400_000;

/** Handoffs are quick beside the guests, so that there are many of them. */
const streams = (card: string, policy: string): string => `
name: race
duration: 60s
costs: { exit: 500ns, io: 500ns, restore: 1ns, step: 500ns }
wire: { peers: [{ kind: sink, name: sink }] }
cards: [{ name: card0, kind: ${card}, policy: ${policy} }]
guests:
  - { name: alice, memory: 256KiB, workload: { kind: stream, to: sink, size: 100, count: 12 } }
  - { name: bob, memory: 256KiB, workload: { kind: stream, to: sink, size: 100, count: 12 } }
`;

const workloadsFinished = (run: SeededRun): boolean =>
  run.guests.every((guest) => guest.snapshot().software?.workload.finished === true);

/** Lets what is under way on the wire arrive. */
function settle(run: SeededRun): void {
  const untilNs = run.engine.nowNs + 5_000_000;
  run.run(MOVES, () => run.engine.nowNs >= untilNs);
}

describe.each(["rtl8139", "ne2000"])("two streams on one %s", (card) => {
  it.each(["fifo", "{ kind: round-robin, quantum: 200us }", "{ kind: fair-share, quantum: 200us }"])(
    "under %s",
    (policy) => {
      const scenario = scenarioOf(streams(card, policy));
      let handoffs = 0;
      for (const seed of SEEDS) {
        const { run, frames } = sceneOf(scenario, seed);
        run.run(MOVES, () => workloadsFinished(run));
        expect(workloadsFinished(run), `seed ${seed}: ${run.arbiters.actors[0]?.stateName}`).toBe(true);
        settle(run);
        expectTransmitTransparent(scenario, frames, [0, 1], true);
        const report = run.report(true);
        handoffs += report.cards[0]?.handoffs ?? 0;
        expect(report.guests.map(({ memory }) => memory?.changedBytes)).toEqual([0, 0]);
        const flows = report.peers[0]?.flows ?? [];
        expect(
          flows.map(({ received, inOrder, gaps, duplicates }) => [received, inOrder, gaps, duplicates]),
        ).toEqual([
          [12, 12, 0, 0],
          [12, 12, 0, 0],
        ]);
      }
      expect(handoffs).toBeGreaterThan(SEEDS.length);
    },
  );
});

describe("an owner that does not answer a revoke in time", () => {
  /** Revokes arrive only when nothing else can move. */
  const lateRevokes = (seed: number): Scheduler => {
    const prng = new Prng(seed);
    return {
      name: "late revokes",
      choose(moves) {
        const others = moves.flatMap((move, i) =>
          move.kind === "deliver" && move.type === "revoke" ? [] : [i],
        );
        return others.length > 0 ? prng.pick(others) : 0;
      },
    };
  };

  const BUSY = `
name: late
duration: 60s
cards: [{ name: card0, kind: rtl8139, policy: fifo, revoke: 10us }]
guests:
  - { name: alice, memory: 256KiB, workload: { kind: receive } }
  - { name: bob, memory: 256KiB, workload: { kind: receive } }
`;
  const ROUNDS = 1500;

  /** Unhooked accesses only: two posted writes to MULINT, and a read that must find the second. */
  function* program(machine: UserMachine): Program<void> {
    const port = machine.ioBase + REGISTERS.MULINT.offset;
    for (let i = 1; i <= ROUNDS; i++) {
      yield machine.outw(port, 0xfff);
      yield machine.outw(port, i);
      const found = yield machine.inw(port);
      if (found !== i) machine.log(`round ${i} reads ${found}`);
    }
  }

  it("is fenced off, and what the card refuses is executed later, once and in order", () => {
    let refused = 0;
    for (const seed of SEEDS.slice(0, 10)) {
      const workload: Workload = { kind: "program", program };
      const { run } = sceneOf(scenarioOf(BUSY), seed, lateRevokes(seed), [workload, workload]);
      run.run(MOVES, () => run.guests.every((guest) => guest.snapshot().status.kind !== "running"));
      const { guests, cards } = run.report(false);
      expect(guests.map(({ state }) => state.kind)).toEqual(["ended", "ended"]);
      expect(guests.map(({ software }) => software?.workload.notes)).toEqual([[], []]);
      refused += cards[0]?.refusedOperations ?? 0;
    }
    expect(refused, "the race must have happened").toBeGreaterThan(10);
  });
});

describe("a guest that crashes in the middle of whatever it does", () => {
  it.each(["rtl8139", "ne2000"])("leaves the other's stream on the %s whole", (card) => {
    let crashedAsOwner = 0;
    const scenario = scenarioOf(streams(card, "fifo"));
    for (const seed of SEEDS) {
      const { run, frames } = sceneOf(scenario, seed);
      run.run(500 + 150 * seed);
      if (run.guests[0]?.snapshot().stateName.includes("card.held")) crashedAsOwner++;
      run.crashGuest(run.guests[0]?.actor.address as never, "the test kills it");
      const done = (): boolean => run.guests[1]?.snapshot().software?.workload.finished === true;
      run.run(MOVES, done);
      expect(done(), `seed ${seed}: ${run.arbiters.actors[0]?.stateName}`).toBe(true);
      expectTransmitTransparent(scenario, frames, [1], true);
      expectTransmitTransparent(scenario, frames, [0], false);
    }
    expect(crashedAsOwner).toBeGreaterThan(0);
  });
});

describe("receiving for a guest that does not hold the card", () => {
  const receivers = (strategy: string): string => `
name: receive
duration: 60s
wire: { peers: [{ kind: source, name: feed, to: [alice, bob], rate: 2000, size: 64, count: 40, start: 3ms }] }
cards: [{ name: card0, kind: rtl8139, receive: ${strategy}, hold: 64 }]
guests:
  - { name: alice, memory: 256KiB, workload: { kind: receive } }
  - { name: bob, memory: 256KiB, workload: { kind: receive } }
`;

  it("reaches both of them even when they hold the card for less than a frame takes on its link", () => {
    // 84 bytes with everything at 10 Mbit/s are 67 us.
    const text = receivers("arrival").replace(
      "rtl8139",
      "ne2000, policy: { kind: fair-share, quantum: 20us }",
    );
    const { run } = sceneOf(scenarioOf(text.replace("duration: 60s", "costs: { restore: 1ns }")), 1);
    run.run(400_000, () => run.engine.nowNs > 100_000_000);
    const received = run.report(false).guests.map(({ software }) => software?.workload.receivedFrames);
    expect(received).toEqual([20, 20]);
  });

  it.each(["drop", "hold", "arrival"])("%s: each frame is delivered or counted as missed", (strategy) => {
    for (const seed of SEEDS.slice(0, 15)) {
      const { run } = sceneOf(scenarioOf(receivers(strategy)), seed);
      run.run(600_000, () => run.engine.nowNs > 100_000_000);
      const { guests, peers } = run.report(false);
      expect(peers[0]?.sentFrames).toBe(40);
      for (const { software, missed, name } of guests) {
        const flow = software?.workload.flows[0];
        const lost =
          missed.filtered + missed.off + missed.overflow + missed.refused + missed.holdDropped + missed.held;
        expect((flow?.received ?? 0) + lost, `seed ${seed} ${name}`).toBe(20);
        expect(flow?.duplicates ?? 0).toBe(0);
      }
      const received = guests.reduce(
        (sum, { software }) => sum + (software?.workload.receivedFrames ?? 0),
        0,
      );
      if (strategy !== "drop") expect(received, `seed ${seed}`).toBeGreaterThan(30);
    }
  });
});
