/** Which worker a state belongs to: the same one for all states that differ only in names, whoever asks. */
import type { ArbiterData } from "../bodies/arbiter-data.ts";
import type { Canonical } from "../canonical.ts";
import type { Handoff } from "../handoff.ts";
import type { Renaming } from "../messages.ts";
import type { Pieces } from "../pieces.ts";
import { hashOf } from "../tables.ts";

/** All epochs alike, and no guests. */
const NAMELESS: Renaming = { epoch: (epoch) => Math.min(epoch, 1), guest: () => 0 };

export class Sharding {
  readonly #system: Handoff;
  readonly #pieces: Pieces;
  readonly #canonical: Canonical;
  readonly #workers: number;
  readonly #heads: number[] = [];
  readonly #blocks: number[] = [];

  constructor(system: Handoff, pieces: Pieces, canonical: Canonical, workers: number) {
    this.#system = system;
    this.#pieces = pieces;
    this.#canonical = canonical;
    this.#workers = workers;
  }

  workerOf(state: Int32Array): number {
    const head = state[0] ?? 0;
    this.#heads[head] ??= this.#hashOfHead(head);
    const views = this.#canonical.viewsOf(state);
    let all = 0;
    for (let guest = 0; guest < views.length; guest++) {
      const block = state[1 + guest] ?? 0;
      this.#blocks[block] ??= this.#hashOfBlock(block);
      // A sum: guests come in any order.
      all = (all + mixed(views[guest] ?? 0, this.#blocks[block])) | 0;
    }
    return (mixed(this.#heads[head], all) >>> 3) % this.#workers;
  }

  #hashOfHead(head: number): number {
    const { arbiters, nics, channels } = this.#system;
    const [arbiter = 0, nic = 0, ...between] = this.#pieces.heads.words(head);
    const parts = [withoutGuests(arbiters.named.item(arbiter)), nics.named.renamed(nic, NAMELESS)];
    return hashOf(JSON.stringify([...parts, ...between.map((id) => channels.named.renamed(id, NAMELESS))]));
  }

  #hashOfBlock(block: number): number {
    const { guests, channels } = this.#system;
    const [guest = 0, ...own] = this.#pieces.blocks.words(block);
    const channelParts = own.map((id) => channels.named.renamed(id, NAMELESS));
    return hashOf(JSON.stringify([guests.named.renamed(guest, NAMELESS), ...channelParts]));
  }
}

function withoutGuests({ wants, desks: _desks, turns: _turns, owner, ...rest }: ArbiterData): unknown {
  return { ...rest, epoch: Math.min(rest.epoch, 1), owner: owner < 0 ? -1 : 0, wants: wants.length };
}

function mixed(hash: number, word: number): number {
  const mix = Math.imul((hash ^ word) | 0, 0x9e3779b1);
  return Math.imul((mix << 13) | (mix >>> 19), 0x85ebca6b);
}
