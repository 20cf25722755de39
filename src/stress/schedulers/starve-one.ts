/** One actor moves only when nobody else can, as if its processor were busy with other things; the others walk at random. */
import { Prng } from "../../base/prng.ts";
import { moverOf, type Scheduler } from "../../engine/scheduler.ts";
import { type Address, addressName } from "../../protocol/address.ts";

/** `actors`: at least one; which of them is starved is drawn from them. */
export function starveOne(seed: number, actors: readonly Address[]): Scheduler {
  const prng = new Prng(seed);
  const victim = prng.pick(actors);
  return {
    name: `starve ${addressName(victim)}`,
    choose(moves) {
      const others = moves.flatMap((move, i) => (moverOf(move) === victim ? [] : [i]));
      return others.length > 0 ? prng.pick(others) : prng.below(moves.length);
    },
  };
}
