/** What each guest did and met, in the order of time: read from the messages of a trace as it grows. */
import type { MessageType } from "../protocol/messages.ts";
import { holdOfRow } from "./at.ts";
import { messageView, numberIn } from "./body.ts";
import { Column, F64, U32 } from "./column.ts";
import { MESSAGE_TYPES, type Trace } from "./trace.ts";

export const EVENTS = ["sent", "received", "exit", "passthrough", "interrupt", "fenced"] as const;
/** A frame that left for it, one that came for it, an exit to the VMM, an operation past it, an interrupt, a refusal. */
export type GuestEvent = (typeof EVENTS)[number];

/** A time, and what it has brought: bytes of a frame, a duration. */
export interface Happening {
  readonly moves: Column;
  readonly atNs: Column;
  readonly amounts: Column;
}

const happening = (): Happening => ({
  moves: new Column(U32),
  atNs: new Column(F64),
  amounts: new Column(F64),
});

export class GuestLog {
  readonly #trace: Trace;
  readonly #guest: number;
  readonly #actor: number;
  readonly #card: number;
  readonly events: Readonly<Record<GuestEvent, Happening>>;
  /** Waiting for the card, by its end; and handoffs to this guest, from the decision to the grant. */
  readonly blocked = happening();
  readonly handoffs = happening();
  /** When its exit began that is not answered; undefined: none. */
  #waitsSinceNs: number | undefined;
  #messages = 0;
  #holds = 0;
  #handoffBeganNs: number | undefined;

  constructor(trace: Trace, guest: number) {
    this.#trace = trace;
    this.#guest = guest;
    this.#card = trace.head.guests[guest]?.card ?? 0;
    this.#actor = trace.head.actors.findIndex((actor) => actor.role === "guest" && actor.guest === guest);
    const rows = EVENTS.map((event) => [event, happening()] as const);
    this.events = Object.fromEntries(rows) as Record<GuestEvent, Happening>;
  }

  catchUp(): void {
    const { types, holdRows } = this.#trace;
    for (; this.#messages < types.length; this.#messages++) this.#follow(this.#messages);
    const rows = holdRows[this.#card];
    for (; rows !== undefined && this.#holds < rows.length; this.#holds++)
      this.#followHold(rows.at(this.#holds));
  }

  /** How often something has happened by the end of `move`. */
  countAt(event: GuestEvent, move: number): number {
    return this.events[event].moves.countUpTo(move);
  }

  #follow(index: number): void {
    const { channelTable, channels, types, sentBy } = this.#trace;
    const { from, to } = channelTable.get(channels.at(index)) ?? {};
    const type = MESSAGE_TYPES[types.at(index)];
    const move = sentBy.at(index);
    if (type === "frame") this.#followFrame(index, move, from);
    else if (from === this.#actor && type !== undefined) this.#did(type, move);
    else if (to === this.#actor && type !== undefined) this.#met(type, index, move);
  }

  #did(type: MessageType, move: number): void {
    if (type === "io") this.#add(this.events.passthrough, move, 1);
    if (type !== "exit") return;
    this.#add(this.events.exit, move, 1);
    this.#waitsSinceNs = this.#trace.timeOf(move);
  }

  #met(type: MessageType, index: number, move: number): void {
    if (type === "fenced") this.#add(this.events.fenced, move, 1);
    if (type === "injectIrq" && numberIn(messageView(this.#trace, index), "level") === 1)
      this.#add(this.events.interrupt, move, 1);
    // Whoever gets the card, or an answer, no longer waits for it.
    const over = type === "grant" || type === "resume" || type === "machineCheck";
    if (!over || this.#waitsSinceNs === undefined) return;
    if (type === "grant") this.#add(this.blocked, move, this.#trace.timeOf(move) - this.#waitsSinceNs);
    this.#waitsSinceNs = undefined;
  }

  /** Frames belong to guests by their addresses: which way they go, the sender tells. */
  #followFrame(index: number, move: number, from: number | undefined): void {
    const bytes = messageView(this.#trace, index)?.fields.get("bytes");
    if (bytes === undefined || typeof bytes === "number") return;
    const leaves = this.#trace.head.actors[from ?? -1]?.role === "nic";
    const address = leaves ? bytes.first.subarray(6, 12) : bytes.first.subarray(0, 6);
    if (macOf(address) !== this.#trace.head.guests[this.#guest]?.mac) return;
    this.#add(leaves ? this.events.sent : this.events.received, move, bytes.length);
  }

  #followHold(row: number): void {
    const { owner, phase, sinceMove } = holdOfRow(this.#trace, row);
    const nowNs = this.#trace.timeOf(sinceMove);
    if (phase === "revoking" || phase === "resetting") this.#handoffBeganNs ??= nowNs;
    if (phase === "restoring") this.#handoffBeganNs ??= nowNs;
    if (phase !== "reusable" && phase !== "busy") return;
    if (owner === this.#guest && this.#handoffBeganNs !== undefined)
      this.#add(this.handoffs, sinceMove, nowNs - this.#handoffBeganNs);
    this.#handoffBeganNs = undefined;
  }

  #add({ moves, atNs, amounts }: Happening, move: number, amount: number): void {
    moves.push(move);
    atNs.push(this.#trace.timeOf(move));
    amounts.push(amount);
  }
}

const macOf = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
