/** Schedulers by what they choose, on lists of moves made up for the purpose. */
import { describe, expect, it } from "vitest";
import { cardId, guestId } from "../../src/base/ids.ts";
import { describeMove, type Move, moverOf, type Scheduler } from "../../src/engine/scheduler.ts";
import { type Address, arbiterAddress, guestAddress, nicAddress } from "../../src/protocol/address.ts";
import { makeScheduler, SCHEDULER_KINDS } from "../../src/stress/schedulers/catalogue.ts";
import { delayBounded } from "../../src/stress/schedulers/delay-bounded.ts";
import { pct } from "../../src/stress/schedulers/pct.ts";
import { replay } from "../../src/stress/schedulers/replay.ts";
import { roundRobin } from "../../src/stress/schedulers/round-robin.ts";
import { starveOne } from "../../src/stress/schedulers/starve-one.ts";

const GUESTS = [0, 1, 2].map((id) => guestAddress(guestId(id)));
const step = (actor: Address): Move => ({ kind: "step", actor });
const STEPS = GUESTS.map(step);
const deliver: Move = {
  kind: "deliver",
  from: nicAddress(cardId(0)),
  to: arbiterAddress(cardId(0)),
  type: "irq",
};

/** Who moves, when all can always move. */
function movers(scheduler: Scheduler, count: number, moves: readonly Move[] = STEPS): readonly number[] {
  return Array.from({ length: count }, () => moverOf(moves[scheduler.choose(moves)] as Move));
}

/** Places where another one moves than before. */
const switches = (sequence: readonly number[]): number =>
  sequence.slice(1).filter((mover, i) => mover !== sequence[i]).length;

describe.each(SCHEDULER_KINDS)("%s", (kind) => {
  const make = (seed: number): Scheduler =>
    makeScheduler({ kind, depth: 3 }, seed, { expectedMoves: 100, actors: GUESTS });

  it("chooses the same for the same seed, and only what exists", () => {
    const all = [...STEPS, deliver];
    for (let seed = 0; seed < 20; seed++) {
      const [one, two] = [make(seed), make(seed)];
      for (let i = 0; i < 200; i++) {
        const moves = all.slice(0, 1 + (i % all.length));
        const index = one.choose(moves);
        expect(two.choose(moves)).toBe(index);
        expect(moves[index]).toBeDefined();
      }
    }
  });

  it("chooses otherwise for some other seed", () => {
    const runs = Array.from({ length: 20 }, (_, seed) => movers(make(seed), 100).join());
    expect(new Set(runs).size).toBeGreaterThan(2);
  });
});

describe("pct", () => {
  it("lets one actor go on but for d-1 changes, and each falls below all others", () => {
    for (let seed = 0; seed < 50; seed++) {
      const run = movers(pct(seed, { depth: 3, expectedMoves: 100 }), 100);
      expect(switches(run)).toBeLessThanOrEqual(2);
      expect(new Set(run).size).toBe(1 + switches(run));
    }
  });

  it("with depth 1 never changes", () => {
    for (let seed = 0; seed < 20; seed++)
      expect(switches(movers(pct(seed, { depth: 1, expectedMoves: 100 }), 300))).toBe(0);
  });

  it("gives every actor the highest priority in some seed", () => {
    const first = Array.from(
      { length: 60 },
      (_, seed) => movers(pct(seed, { depth: 1, expectedMoves: 9 }), 1)[0],
    );
    expect(new Set(first).size).toBe(3);
  });
});

describe("delay-bounded", () => {
  it("without delays stays with the first actor", () => {
    expect(new Set(movers(delayBounded(7, { delays: 0, expectedMoves: 100 }), 100))).toEqual(
      new Set([GUESTS[0]]),
    );
  });

  it("passes over as often as it has delays, to the next actor in the circle", () => {
    for (let seed = 0; seed < 50; seed++) {
      const run = movers(delayBounded(seed, { delays: 2, expectedMoves: 100 }), 100);
      expect(run.at(-1)).toBe(GUESTS[2]);
      expect(switches(run)).toBeLessThanOrEqual(2);
    }
  });

  it("goes to the next one when the present one cannot move", () => {
    const scheduler = delayBounded(0, { delays: 0, expectedMoves: 100 });
    const lists = [STEPS, STEPS.slice(1), STEPS, STEPS.slice(0, 1), [...STEPS.slice(0, 2), deliver]];
    const chosen = lists.map((moves) => moverOf(moves[scheduler.choose(moves)] as Move));
    expect(chosen).toEqual([GUESTS[0], GUESTS[1], GUESTS[1], GUESTS[0], GUESTS[0]]);
  });
});

describe("round-robin", () => {
  it("gives each actor the same number of moves", () => {
    for (let seed = 0; seed < 20; seed++) {
      const run = movers(roundRobin(seed), 3 * 8 * 7 * 6 * 5);
      const counts = GUESTS.map((guest) => run.filter((mover) => mover === guest).length);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(8);
    }
  });
});

describe("starve-one", () => {
  it("chooses its victim only when nobody else can move", () => {
    for (let seed = 0; seed < 20; seed++) {
      const scheduler = starveOne(seed, GUESTS);
      const seen = new Set(movers(scheduler, 100));
      expect(seen.size).toBe(2);
      const victim = GUESTS.find((guest) => !seen.has(guest)) as Address;
      expect(movers(scheduler, 1, [step(victim)])).toEqual([victim]);
    }
  });
});

describe("replay", () => {
  it("finds the moves again, wherever they stand in the list", () => {
    const scheduler = replay([...STEPS, deliver].map(describeMove));
    expect(STEPS.map(() => scheduler.choose([deliver, ...STEPS]))).toEqual([1, 2, 3]);
    expect(scheduler.choose([...STEPS, deliver])).toBe(3);
  });

  it("says where the run diverges, and what it could do instead", () => {
    const scheduler = replay([describeMove(deliver), describeMove(deliver)]);
    scheduler.choose([deliver]);
    expect(() => scheduler.choose(STEPS)).toThrow(
      expect.objectContaining({
        code: "DIVERGED",
        message:
          'at move 2: recorded is "arbiter 0 receives irq from nic 0", ' +
          "possible now is only: guest 0 steps, guest 1 steps, guest 2 steps",
      }),
    );
  });

  it("leaves what comes behind the last decision to somebody else, who is not asked before", () => {
    const asked: (readonly Move[])[] = [];
    const last: Scheduler = { name: "last", choose: (moves) => asked.push(moves) && moves.length - 1 };
    const scheduler = replay([describeMove(deliver)], last);
    expect(scheduler.name).toBe("last");
    expect(scheduler.choose([...STEPS, deliver])).toBe(3);
    expect(asked).toEqual([]);
    expect([scheduler.choose(STEPS), scheduler.choose([deliver])]).toEqual([2, 0]);
    expect(asked).toEqual([STEPS, [deliver]]);
  });

  it("says so when the recorded run was over", () => {
    expect(() => replay([]).choose(STEPS)).toThrow("at move 1: the recorded run was over");
  });
});
