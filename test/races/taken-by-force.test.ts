/**
 * A card that is taken by force has its receiver armed until it is reset: until then it is still its owner's,
 * for frames may land in its memory.
 */
import { expect, it } from "vitest";
import { Prng } from "../../src/base/prng.ts";
import type { Move, Scheduler } from "../../src/engine/scheduler.ts";
import { roleOf, WIRE } from "../../src/protocol/address.ts";
import { seededFaults } from "../../src/stress/fault-plan.ts";
import { tryOnce } from "../stress/support.ts";
import { scenarioOf } from "../support/seeded.ts";

const FLOOD = `
name: flood
duration: 60s
costs: { restore: 1ns }
wire: { rate: 10Gbit/s, peers: [{ kind: source, name: feed, to: [alice, bob], rate: 1000000, size: 64, count: 400 }] }
cards: [{ name: card0, kind: rtl8139, rate: 10Gbit/s, policy: fifo, receive: drop }]
guests:
  - { name: alice, memory: 256KiB, address: registers, workload: { kind: receive } }
  - { name: bob, memory: 256KiB, address: registers, workload: { kind: receive } }
`;

/** The card takes frames from the wire before what its VMM asks of it. */
function framesFirst(seed: number): Scheduler {
  const prng = new Prng(seed);
  const isFrames = (move: Move): boolean =>
    move.kind === "deliver" ? move.from === WIRE || move.to === WIRE : move.actor === WIRE;
  const isVmms = (move: Move): boolean =>
    move.kind === "deliver" && roleOf(move.to) === "nic" && roleOf(move.from) === "arbiter";
  return {
    name: "frames first",
    choose(moves) {
      const frames = moves.flatMap((move, i) => (isFrames(move) ? [i] : []));
      const others = moves.flatMap((move, i) => (isVmms(move) ? [] : [i]));
      if (frames.length > 0 && prng.chance(3, 4)) return prng.pick(frames);
      return others.length > 0 ? prng.pick(others) : prng.below(moves.length);
    },
  };
}

it("what a card stores before its reset lands in the memory of the guest that has lost it", () => {
  let crashes = 0;
  for (let seed = 0; seed < 40; seed++) {
    const faults = seededFaults(seed, [{ kind: "guest-crash", rate: [1, 100], budget: 2 }]);
    const result = tryOnce(scenarioOf(FLOOD), seed, { scheduler: framesFirst(seed), faults, maxMoves: 4000 });
    expect(result.violation, `seed ${seed}`).toBeUndefined();
    crashes += result.strikes.length;
  }
  expect(crashes).toBeGreaterThan(10);
});
