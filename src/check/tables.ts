/**
 * The parts of a global state as numbers: what an actor is (interned data), what a channel holds (interned
 * lists of messages), and what an actor does with an input, worked out by its body once and looked up from
 * then on.
 */
import { Interner } from "./interner.ts";
import { type Msg, type Renaming, renameMsg } from "./messages.ts";
import type { Broken, Mark, Sent } from "./turn.ts";

/** One way in which a step can go. */
export interface Outcome {
  /** The actor's data afterwards. */
  readonly next: number;
  readonly sent: readonly Sent[];
  /** The numbers of the messages in `sent`. */
  readonly sentIds: readonly number[];
  readonly marks: readonly Mark[];
  readonly notes: readonly string[];
  readonly broken: Broken | undefined;
}

/**
 * More than there are names of epochs, or guests: names are digits to this base, and so many fit a number.
 */
const NAMES_MAX = 64;
const DIGITS = 8;

const itself = (name: number): number => name;

/** What comes of things with other names, worked out once for each thing and its new names. */
export class Renames {
  readonly #known: Map<number, number>[] = [];
  /** What was not known; undefined: too much to be kept. */
  #row: Map<number, number> | undefined;
  #key = 0;

  /** With name `names[o]` in place of each o of `olds`, which are all that the thing has; -1: not known. */
  find(id: number, olds: readonly number[], names: readonly number[]): number {
    let key = 0;
    let same = true;
    for (let i = 0; i < olds.length; i++) {
      const old = olds[i] ?? 0;
      const name = names[old] ?? 0;
      key = key * NAMES_MAX + name;
      same &&= name === old;
    }
    if (same) return id;
    this.#row = olds.length > DIGITS ? undefined : this.#rowOf(id);
    this.#key = key;
    return this.#row?.get(key) ?? -1;
  }

  /** What was not known the last time. */
  keep(renamed: number): number {
    this.#row?.set(this.#key, renamed);
    return renamed;
  }

  #rowOf(id: number): Map<number, number> {
    this.#known[id] ??= new Map();
    return this.#known[id];
  }
}

/** Things with epochs in them: which, in the order in which they stand there. */
export class Named<T> {
  readonly #interner = new Interner<T>();
  readonly #rename: (item: T, to: Renaming) => T;
  readonly #epochs: (readonly number[])[] = [];
  readonly #spell: (item: T) => string;
  readonly #hashes: number[] = [];
  readonly #byEpochs = new Renames();

  /** `spell`: an item as a text that depends on nobody's numbers. */
  constructor(rename: (item: T, to: Renaming) => T, spell: (item: T) => string) {
    this.#rename = rename;
    this.#spell = spell;
  }

  get size(): number {
    return this.#interner.size;
  }

  item(id: number): T {
    return this.#interner.item(id);
  }

  id(item: T): number {
    const id = this.#interner.id(item);
    if (this.#epochs[id] === undefined) {
      const epochs = new Set<number>();
      const note = (epoch: number): number => {
        if (epoch !== 0) epochs.add(epoch);
        return epoch;
      };
      this.#rename(item, { epoch: note, guest: itself });
      this.#epochs[id] = [...epochs];
    }
    return id;
  }

  /** Of what the thing is: the same in every run and on every thread, as its number is not. */
  hash(id: number): number {
    this.#hashes[id] ??= hashOf(this.#spell(this.item(id)));
    return this.#hashes[id];
  }

  epochs(id: number): readonly number[] {
    return this.#epochs[id] ?? [];
  }

  /** As something else is named. */
  renamed(id: number, to: Renaming): T {
    return this.#rename(this.item(id), to);
  }

  /** With epoch `names[e]` in place of e. */
  withEpochs(id: number, names: readonly number[]): number {
    const known = this.#byEpochs.find(id, this.epochs(id), names);
    if (known >= 0) return known;
    const renamed = this.renamed(id, { epoch: (epoch) => names[epoch] ?? 0, guest: itself });
    return this.#byEpochs.keep(this.id(renamed));
  }

  /** With guest `places[g]` in place of g. */
  withGuests(id: number, places: readonly number[]): number {
    return this.id(this.renamed(id, { epoch: itself, guest: (guest) => places[guest] ?? -1 }));
  }
}

export function hashOf(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

/** Messages under way between two actors, oldest first; the empty list is 0. */
export class Channels {
  readonly named = new Named<readonly Msg[]>(
    (messages, to) => messages.map((message) => renameMsg(message, to)),
    (messages) => JSON.stringify(messages),
  );
  readonly messages = new Interner<Msg>();
  readonly #pushed: number[][] = [];
  readonly #popped: number[] = [];
  readonly #heads: number[] = [];

  constructor() {
    this.named.id([]);
  }

  list(channel: number): readonly Msg[] {
    return this.named.item(channel);
  }

  /** With message number `of` behind the others. */
  push(channel: number, of: number): number {
    this.#pushed[channel] ??= [];
    const row = this.#pushed[channel];
    row[of] ??= this.named.id([...this.list(channel), this.messages.item(of)]);
    return row[of];
  }

  /** The number of the oldest message. */
  head(channel: number): number {
    this.#heads[channel] ??= this.messages.id(this.list(channel)[0] as Msg);
    return this.#heads[channel];
  }

  pop(channel: number): number {
    this.#popped[channel] ??= this.named.id(this.list(channel).slice(1));
    return this.#popped[channel];
  }
}

/** The steps of one kind of actor. */
export class StepTable<Data> {
  readonly named: Named<Data>;
  readonly #steps: Map<number, readonly Outcome[]>[] = [];

  /** `stateName`: of the state of the actor's statechart. */
  constructor(rename: (data: Data, to: Renaming) => Data, stateName: (data: Data) => string) {
    this.named = new Named(rename, (data) => JSON.stringify({ ...data, state: stateName(data) }));
  }

  /** `work` is asked once for each actor and input. */
  outcomes(actor: number, input: number, work: (data: Data) => readonly Outcome[]): readonly Outcome[] {
    this.#steps[actor] ??= new Map();
    const steps = this.#steps[actor];
    const known = steps.get(input);
    if (known !== undefined) return known;
    const found = work(this.named.item(actor));
    steps.set(input, found);
    return found;
  }
}
