/** Which worker a state belongs to: the same one for all states that differ only in names, whoever asks. */
import type { ArbiterData } from "../bodies/arbiter.ts";
import type { Canonical } from "../canonical.ts";
import { ARBITER, BLOCK, blockOf, type Handoff, NIC, TO_ARBITER, TO_NIC } from "../handoff.ts";
import type { Renaming } from "../messages.ts";
import { hashOf, type Named } from "../tables.ts";

/** All epochs alike, and no guests. */
const NAMELESS: Renaming = { epoch: (epoch) => Math.min(epoch, 1), guest: () => 0 };

export class Sharding {
  readonly #system: Handoff;
  readonly #canonical: Canonical;
  readonly #workers: number;
  readonly #arbiters: number[] = [];
  readonly #nics: number[] = [];
  readonly #guests: number[] = [];
  readonly #channels: number[] = [];

  constructor(system: Handoff, canonical: Canonical, workers: number) {
    this.#system = system;
    this.#canonical = canonical;
    this.#workers = workers;
  }

  workerOf(state: Int32Array): number {
    const { arbiters, nics, guests, channels } = this.#system;
    const views = this.#canonical.viewsOf(state);
    let hash = hashIn(this.#arbiters, arbiters.named, state[ARBITER] ?? 0, withoutGuests);
    hash = mixed(hash, hashIn(this.#nics, nics.named, state[NIC] ?? 0));
    hash = mixed(hash, hashIn(this.#channels, channels.named, state[TO_NIC] ?? 0));
    hash = mixed(hash, hashIn(this.#channels, channels.named, state[TO_ARBITER] ?? 0));
    let all = 0;
    for (let guest = 0; guest < views.length; guest++) {
      const at = blockOf(guest);
      let own = mixed(views[guest] ?? 0, hashIn(this.#guests, guests.named, state[at] ?? 0));
      for (let i = 1; i < BLOCK; i++)
        own = mixed(own, hashIn(this.#channels, channels.named, state[at + i] ?? 0));
      // A sum: guests come in any order.
      all = (all + own) | 0;
    }
    return (mixed(hash, all) >>> 3) % this.#workers;
  }
}

const withoutGuests = (data: unknown): unknown => {
  const { wants, desks: _desks, turns: _turns, owner, ...rest } = data as ArbiterData;
  return { ...rest, epoch: Math.min(rest.epoch, 1), owner: owner < 0 ? -1 : 0, wants: wants.length };
};

function hashIn<T>(known: number[], named: Named<T>, id: number, plain?: (item: T) => unknown): number {
  known[id] ??= hashOf(JSON.stringify(plain?.(named.item(id)) ?? named.renamed(id, NAMELESS)));
  return known[id];
}

function mixed(hash: number, word: number): number {
  const mix = Math.imul((hash ^ word) | 0, 0x9e3779b1);
  return Math.imul((mix << 13) | (mix >>> 19), 0x85ebca6b);
}
