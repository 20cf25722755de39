/**
 * What happened in a run, move by move, and one hash of all of it: of who moved, when, and of every byte of the message
 * that was taken. Equal seeds have equal traces.
 */

import { describeMove, type Move, moverOf } from "../engine/scheduler.ts";
import type { Observer } from "../engine/seeded.ts";
import { fieldsOf, MESSAGES, type Message, type MessageType } from "../protocol/messages.ts";

const KINDS = { deliver: 1, step: 2, timer: 3 } as const;
const FIELDS = new Map(
  Object.entries(MESSAGES).map(([type, row], id) => [
    type as MessageType,
    { id, names: Object.keys(row.fields) },
  ]),
);

const NO_FIELDS = { id: -1, names: [] };

/** 64 bits, in two halves that are mixed with different factors. */
export class TraceHash implements Observer {
  readonly #nowNs: () => number;
  #low = 0x2545f491;
  #high = 0x4f6cdd1d;

  /** `nowNs`: the engine's clock. */
  constructor(nowNs: () => number) {
    this.#nowNs = nowNs;
  }

  /** Of all moves so far; 16 hexadecimal digits. */
  get value(): string {
    return [this.#high, this.#low].map((half) => (half >>> 0).toString(16).padStart(8, "0")).join("");
  }

  readonly begins = (move: Move, message: Message | undefined): void => {
    this.#mix(KINDS[move.kind] | (moverOf(move) << 4));
    this.#mix(this.#nowNs());
    if (move.kind === "timer") this.#mix(move.id);
    if (move.kind === "deliver") this.#mix(move.from);
    if (message !== undefined) this.#mixMessage(message);
  };

  #mixMessage(message: Message): void {
    const { id, names } = FIELDS.get(message.type) ?? NO_FIELDS;
    this.#mix(id);
    const fields = fieldsOf(message);
    for (const name of names) {
      const value = fields[name];
      if (typeof value === "number") this.#mix(value);
      else if (value !== undefined) for (const byte of value) this.#mix(byte);
    }
  }

  /** `value`: an integer of up to 53 bits. */
  #mix(value: number): void {
    this.#low = Math.imul(this.#low ^ value, 0x9e3779b1);
    this.#low ^= this.#low >>> 15;
    this.#high = Math.imul(this.#high ^ value ^ Math.floor(value / 0x1_0000_0000), 0x85ebca6b) + this.#low;
    this.#high ^= this.#high >>> 13;
  }
}

/** One move as it was made. */
export interface TraceEntry {
  readonly atNs: number;
  readonly move: Move;
  readonly message: Message | undefined;
}

/** Keeps the moves themselves: for people, and for comparisons. */
export class TraceLog implements Observer {
  readonly entries: TraceEntry[] = [];
  readonly #nowNs: () => number;

  constructor(nowNs: () => number) {
    this.#nowNs = nowNs;
  }

  readonly begins = (move: Move, message: Message | undefined): void => {
    this.entries.push({ atNs: this.#nowNs(), move, message });
  };
}

/** "1,234 ns: guest 0 receives ioDone from nic 0 { value: 3 }". */
export function describeEntry({ atNs, move, message }: TraceEntry): string {
  const when = `${atNs.toLocaleString("en-US")} ns: ${describeMove(move)}`;
  if (message === undefined) return when;
  const fields = Object.entries(message).filter(([name]) => name !== "type");
  return fields.length === 0 ? when : `${when} { ${fields.map(describeField).join(", ")} }`;
}

const describeField = ([name, value]: readonly [string, unknown]): string =>
  `${name}: ${value instanceof Uint8Array ? Buffer.from(value).toString("hex") : String(value)}`;
