/** What every device model must do, whatever its card: the conformance suite of `ModelDefinition`. */
import { describe, expect, it } from "vitest";
import { Prng } from "../../src/base/prng.ts";
import { DmmBench, IO_BASE, macOf, type SharedSeat } from "./dmm-bench.ts";
import { Duel, type ModelKind } from "./duel.ts";

/** Tests that a card cannot pass, each with the reason. */
export type Skips = Readonly<Record<string, string>>;

/** They only compute; a machine with much else to do takes its time. */
const LIMIT = { timeout: 240_000 };
const SEEDS = 60;
const STEPS = 400;
const HOSTILE_OPERATIONS = 200_000;
/** Operations of the hostile guest between two tries to take the card from it. */
const HOSTILE_TURN = 400;

export function describeModel(kind: ModelKind, skips: Skips = {}): void {
  const test = (name: string, body: () => void): void => {
    const reason = skips[name];
    it.skipIf(reason !== undefined)(reason === undefined ? name : `${name} (${reason})`, LIMIT, body);
  };

  describe(`device model of ${kind.name}`, () => {
    test("a thousand handoffs between two guests with traffic", () => {
      const duel = new Duel(kind, 2, 1);
      duel.openAll();
      for (let turn = 0; duel.handoffs < 1000; turn++) {
        exchange(duel);
        if (duel.handOff(turn & 1)) duel.compareViews();
      }
      duel.compareOutcomes();
      expect(duel.refusals).toBeGreaterThan(0);
    });

    test("five guests in turn", () => {
      const duel = new Duel(kind, 5, 2);
      duel.openAll();
      for (let turn = 0; duel.handoffs < 200; turn++) {
        exchange(duel);
        if (duel.handOff(turn % 5)) duel.compareViews();
      }
      duel.compareOutcomes();
    });

    test("a shared card cannot be told from a private one, whatever guests do and whenever it changes hands", () => {
      let handoffs = 0;
      for (let seed = 1; seed <= SEEDS; seed++) {
        const duel = new Duel(kind, 2 + (seed % 2), seed);
        try {
          duel.openAll();
          for (let i = 0; i < STEPS; i++) {
            if (duel.prng.chance(1, 12)) duel.handOff(duel.prng.below(duel.bench.seats.length));
            else duel.step();
          }
          duel.compareOutcomes();
        } catch (error) {
          throw new Error(`seed ${seed}`, { cause: error });
        }
        handoffs += duel.handoffs;
      }
      expect(handoffs).toBeGreaterThan(5 * SEEDS);
    });

    test("a frame that comes in amid a handoff is stored for one guest, or for none", () => {
      const outcomes = [0, 1, 2].map((to) => arriveAmidHandoffs(kind, to));
      // Before the receiver is disarmed to the old owner, after it is armed again to the new one, broadcasts to both.
      for (const stored of outcomes) expect(stored.at(-1)).toBe(false);
      expect(outcomes[0]).toContain(true);
    });

    test("whatever a hostile guest does, the card reaches no memory but its own", () => {
      attackNeighbour(kind);
    });
  });
}

/**
 * Lets a frame to guest `to` (2: to all) come in before the first operation of a handoff from guest 0 to guest 1, then
 * before the second one, and so on; whether it was stored, for each, and false for none at the end.
 */
function arriveAmidHandoffs(kind: ModelKind, to: number): readonly boolean[] {
  const frame = new Uint8Array(200).fill(0x77);
  frame.set(to === 2 ? new Uint8Array(6).fill(0xff) : macOf(to));
  const stored: boolean[] = [];
  for (let at = 0; ; at++) {
    const bench = openBench(kind);
    const [first, second] = [bench.seat(0), bench.seat(1)];
    let operations = 0;
    let outcome: string | undefined;
    const handedOff = bench.handOff(second, () => {
      if (operations++ === at) outcome = bench.silicon.receive(frame);
    });
    expect(handedOff).toBe(true);
    attend(bench);
    bench.handOff(first);
    attend(bench);
    const found = [first, second].map((seat) => seat.received.filter((one) => one.length === 200).length);
    expect(
      found.reduce((sum, count) => sum + count),
      `stored before operation ${at}`,
    ).toBe(outcome === "stored" ? 1 : 0);
    if (to < 2) expect(found[1 - to]).toBe(0);
    expect(bench.slot.strays).toEqual([]);
    stored.push(outcome === "stored");
    if (outcome === undefined) return stored;
  }
}

/** Two guests with open drivers that have sent and received; guest 0 holds the card. */
function openBench(kind: ModelKind): DmmBench {
  const bench = new DmmBench(kind, { guests: 2, guestBytes: kind.guestBytes });
  for (const seat of [bench.seat(1), bench.seat(0)]) {
    bench.handOff(seat);
    seat.run(seat.driver.open());
    converse(bench, seat);
  }
  return bench;
}

/** One frame out and one in; throws when either does not get through. */
function converse(bench: DmmBench, seat: SharedSeat): void {
  const [sent, received] = [seat.sent.length, seat.received.length];
  const frame = new Uint8Array(300).fill(seat.id + 1);
  frame.set(seat.mac);
  expect(seat.run(seat.driver.transmit(frame))).toBe(true);
  bench.leave();
  expect(bench.silicon.receive(frame)).toBe("stored");
  attend(bench);
  expect(seat.sent.slice(sent)).toEqual([frame]);
  expect(seat.received.slice(received)).toEqual([frame]);
  expect(seat.driver.transmitIdle).toBe(true);
}

/** The VMM follows the card, and the owner's driver attends to its interrupts. */
function attend(bench: DmmBench): void {
  const { owner } = bench;
  for (let i = 0; i < 100; i++) {
    bench.follow();
    if (owner?.line !== true) return;
    owner.run(owner.driver.interrupt());
  }
  throw new Error("the guest's interrupt line does not come down");
}

/** A hostile guest and its neighbour take turns; the neighbour always finds a card that works. */
function attackNeighbour(kind: ModelKind): void {
  const prng = new Prng(7);
  const bench = new DmmBench(kind, { guests: 2, guestBytes: kind.guestBytes });
  const [hostile, victim] = [bench.seat(1), bench.seat(0)];
  bench.handOff(victim);
  victim.run(victim.driver.open());
  let takenAway = 0;
  for (let i = 0; i < HOSTILE_OPERATIONS; i++) {
    if (i % HOSTILE_TURN === 0) {
      if (bench.owner !== victim && !bench.handOff(victim)) {
        bench.takeAway();
        takenAway++;
        bench.handOff(victim);
      }
      bench.leave();
      converse(bench, victim);
      bench.handOff(hostile);
    }
    hostile.execute(kind.attack(IO_BASE, prng, kind.guestBytes));
    if (prng.chance(1, 4)) bench.leave();
    if (prng.chance(1, 4)) bench.follow();
    if (prng.chance(1, 4))
      bench.silicon.receive(prng.chance(1, 2) ? frameFor(prng, hostile) : frameFor(prng, victim));
  }
  expect(bench.slot.strays).toEqual([]);
  expect(bench.slot.accesses).toBeGreaterThan(HOSTILE_OPERATIONS / 100);
  expect(hostile.violations.length).toBeGreaterThan(0);
  expect(takenAway).toBeGreaterThan(0);
}

function frameFor(prng: Prng, seat: SharedSeat): Uint8Array {
  const frame = new Uint8Array(prng.chance(1, 10) ? prng.between(6, 5000) : prng.between(60, 1514));
  frame.set(prng.chance(1, 4) ? new Uint8Array(6).fill(0xff) : seat.mac);
  return frame;
}

/** A little traffic, not all of it attended to. */
function exchange(duel: Duel): void {
  for (let i = duel.prng.below(6); i >= 0; i--) {
    switch (duel.prng.below(4)) {
      case 0:
        duel.transmit();
        break;
      case 1:
        duel.arrive(duel.randomFrame());
        break;
      case 2:
        duel.service();
        break;
      default:
        duel.leave();
    }
  }
}
