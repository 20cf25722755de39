/** What every device model must do, whatever its card: the conformance suite of `ModelDefinition`. */
import { describe, expect, it } from "vitest";
import { Duel, type ModelKind } from "./duel.ts";

/** Tests that a card cannot pass, each with the reason. */
export type Skips = Readonly<Record<string, string>>;

const SEEDS = 60;
const STEPS = 400;

export function describeModel(kind: ModelKind, skips: Skips = {}): void {
  const test = (name: string, body: () => void): void => {
    const reason = skips[name];
    it.skipIf(reason !== undefined)(reason === undefined ? name : `${name} (${reason})`, body);
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
  });
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
