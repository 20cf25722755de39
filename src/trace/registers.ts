/**
 * The registers of a card by name, as the trace has seen them: what was last written to each, or read from it. What the
 * card changes by itself shows when somebody reads it.
 */

import type { MappedRegister, Paging, RegisterPlace } from "../devices/register-map.ts";
import { FORM } from "../protocol/operation.ts";
import { lastRow } from "./at.ts";
import { messageView, numberIn } from "./body.ts";
import { Column, U8, U32 } from "./column.ts";
import type { Trace } from "./trace.ts";

interface Seen {
  readonly moves: Column;
  readonly values: Column;
  /** 1: it was written; 0: read. */
  readonly written: Column;
}

interface PortAccess {
  readonly port: number;
  readonly width: number;
  readonly value: number;
  readonly written: boolean;
}

export interface RegisterAt {
  readonly register: MappedRegister;
  /** Undefined until it has been seen. */
  readonly value: number | undefined;
  readonly written: boolean;
}

/** Follows one card; catches up with the trace whenever it is asked. */
export class RegisterLog {
  readonly #trace: Trace;
  readonly #registers: readonly MappedRegister[];
  readonly #paging: Paging | undefined;
  readonly #nic: number;
  #page = 0;
  readonly #seen: readonly Seen[];
  #done = 0;

  constructor(trace: Trace, card: number) {
    this.#trace = trace;
    this.#registers = trace.head.cards[card]?.registers ?? [];
    this.#paging = trace.head.cards[card]?.paging;
    this.#nic = trace.head.actors.findIndex((actor) => actor.role === "nic" && actor.card === card);
    this.#seen = this.#registers.map(() => ({
      moves: new Column(U32),
      values: new Column(U32),
      written: new Column(U8),
    }));
  }

  at(move: number): readonly RegisterAt[] {
    this.#catchUp();
    return this.#registers.map((register, i) => {
      const { moves, values, written } = this.#seen[i] as Seen;
      const row = lastRow(moves.length, (at) => moves.at(at), move);
      return { register, value: row < 0 ? undefined : values.at(row), written: written.at(row) === 1 };
    });
  }

  #catchUp(): void {
    const moves = this.#trace.actorMoves[this.#nic];
    for (; moves !== undefined && this.#done < moves.length; this.#done++) this.#follow(moves.at(this.#done));
  }

  /** The card answers, or refuses, in the move in which it takes an operation. */
  #follow(move: number): void {
    const index = this.#trace.messageOf(move);
    const io = index === undefined ? undefined : messageView(this.#trace, index);
    if (io?.type !== "io") return;
    const answers = this.#sentIn(move);
    if (answers.some((answer) => answer?.type === "fenced")) return;
    const form = numberIn(io, "form");
    const read = numberIn(
      answers.find((answer) => answer?.type === "ioDone"),
      "value",
    );
    const value = form === FORM.out ? numberIn(io, "value") : form === FORM.in ? read : undefined;
    if (value === undefined) return;
    const [port, width] = [numberIn(io, "port") ?? 0, numberIn(io, "width") ?? 1];
    this.#saw(move, { port, width, value, written: form === FORM.out });
  }

  #sentIn(move: number) {
    const { sentBy } = this.#trace;
    const [start, end] = [sentBy.countUpTo(move - 1), sentBy.countUpTo(move)];
    return Array.from({ length: end - start }, (_, i) => messageView(this.#trace, start + i));
  }

  /** An access of any width changes the bytes that it covers, of each register. */
  #saw(move: number, access: PortAccess): void {
    for (const [i, { places, bytes }] of this.#registers.entries()) {
      const place = places.find((one) => this.#isAt(one, bytes, access));
      if (place === undefined) continue;
      const { moves, values, written } = this.#seen[i] as Seen;
      const before = values.length > 0 ? values.at(values.length - 1) : 0;
      moves.push(move);
      written.push(access.written ? 1 : 0);
      values.push(merged(before, place.offset, bytes, access));
    }
    this.#turnPage(access);
  }

  #isAt({ offset, pages, reads, writes }: RegisterPlace, bytes: number, access: PortAccess): boolean {
    if (access.port + access.width <= offset || access.port >= offset + bytes) return false;
    return (pages?.includes(this.#page) ?? true) && (access.written ? writes : reads);
  }

  #turnPage({ port, value, written }: PortAccess): void {
    if (this.#paging === undefined) return;
    const { offset, shift, mask, resetFrom } = this.#paging;
    if (written && port === offset) this.#page = (value >>> shift) & mask;
    else if (!written && port >= resetFrom) this.#page = 0;
  }
}

/** A register's value with the bytes of it that an access covers replaced. */
function merged(before: number, offset: number, bytes: number, { port, width, value }: PortAccess): number {
  let whole = before;
  for (let byte = Math.max(port, offset); byte < Math.min(port + width, offset + bytes); byte++) {
    const shift = 8 * (byte - offset);
    whole = (whole & ~(0xff << shift)) | (((value >>> (8 * (byte - port))) & 0xff) << shift);
  }
  return whole >>> 0;
}
