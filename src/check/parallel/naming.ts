/**
 * Workers number what states are made of each for itself. A state goes from one to the other as its words, with all that the
 * words stand for and the other has not been told before.
 */
import { ARBITER, BLOCK, blockOf, type Handoff, NIC } from "../handoff.ts";
import type { Named } from "../tables.ts";

/** What words stand for, as each worker keeps it; statecharts' states have the same numbers in all workers. */
const KINDS = ["arbiters", "nics", "guests", "channels"] as const;
type Kind = (typeof KINDS)[number];

const tablesOf = (system: Handoff): Readonly<Record<Kind, Named<unknown>>> => ({
  arbiters: system.arbiters.named as Named<unknown>,
  nics: system.nics.named as Named<unknown>,
  guests: system.guests.named as Named<unknown>,
  channels: system.channels.named as Named<unknown>,
});

/** The kind of the word at `at`. */
export function kindAt(at: number): Kind {
  if (at === ARBITER) return "arbiters";
  if (at === NIC) return "nics";
  if (at < blockOf(0)) return "channels";
  return (at - blockOf(0)) % BLOCK === 0 ? "guests" : "channels";
}

/** By kind: things with the next numbers. */
export type News = Readonly<Record<Kind, readonly unknown[]>>;

/** What one worker tells another: each thing once. */
export class Teller {
  readonly #tables: Readonly<Record<Kind, Named<unknown>>>;
  readonly #told: Record<Kind, number> = { arbiters: 0, nics: 0, guests: 0, channels: 0 };

  constructor(system: Handoff) {
    this.#tables = tablesOf(system);
  }

  news(): News {
    const news: Record<Kind, readonly unknown[]> = { arbiters: [], nics: [], guests: [], channels: [] };
    for (const kind of KINDS) {
      const table = this.#tables[kind];
      const from = this.#told[kind];
      news[kind] = Array.from({ length: table.size - from }, (_, i) => table.item(from + i));
      this.#told[kind] = table.size;
    }
    return news;
  }
}

/** Turns the words of another worker into one's own. */
export class Listener {
  readonly #tables: Readonly<Record<Kind, Named<unknown>>>;
  readonly #own: Readonly<Record<Kind, number[]>> = { arbiters: [], nics: [], guests: [], channels: [] };
  readonly #kinds: readonly Kind[];

  constructor(system: Handoff) {
    this.#tables = tablesOf(system);
    this.#kinds = Array.from({ length: system.width }, (_, at) => kindAt(at));
  }

  hear(news: News): void {
    for (const kind of KINDS)
      for (const item of news[kind]) this.#own[kind].push(this.#tables[kind].id(item));
  }

  /** Copies the state that stands at `from` in `words`, in own words. */
  translate(words: Int32Array, from: number, into: Int32Array): void {
    for (let at = 0; at < into.length; at++) {
      const kind = this.#kinds[at] as Kind;
      into[at] = this.#own[kind][words[from + at] ?? 0] ?? 0;
    }
  }
}
