/** What is otherwise after one move than after another. */
import { holdAt, stateAt } from "./at.ts";
import { EVENTS, type GuestLog } from "./guest-log.ts";
import type { RegisterLog } from "./registers.ts";
import type { Trace } from "./trace.ts";

export interface Difference {
  /** Whose it is, and what. */
  readonly who: string;
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

export interface RegisterDifference {
  readonly name: string;
  /** Undefined: never seen by then. */
  readonly before: number | undefined;
  readonly after: number | undefined;
  readonly bytes: number;
  readonly written: boolean;
}

/** Of states, ownership and counters; only what differs. */
export function differences(
  trace: Trace,
  guests: readonly GuestLog[],
  before: number,
  after: number,
): readonly Difference[] {
  const { head } = trace;
  const rows: Difference[] = [];
  const compare = (who: string, what: string, of: (move: number) => string): void =>
    void rows.push({ who, what, before: of(before), after: of(after) });
  for (const [actor, { name }] of head.actors.entries())
    compare(name, "state", (move) => stateAt(trace, actor, move) || "–");
  const guestName = (guest: number | undefined): string =>
    guest === undefined ? "nobody" : (head.guests[guest]?.name ?? `guest ${guest}`);
  for (const [card, { name }] of head.cards.entries()) {
    compare(name, "owner", (move) => guestName(holdAt(trace, card, move).owner));
    compare(name, "takes operations of", (move) => guestName(holdAt(trace, card, move).holder));
    compare(name, "phase", (move) => holdAt(trace, card, move).phase);
  }
  for (const [guest, log] of guests.entries()) {
    log.catchUp();
    for (const event of EVENTS)
      compare(guestName(guest), COUNTED[event], (move) => String(log.countAt(event, move)));
  }
  return rows.filter((row) => row.before !== row.after);
}

const COUNTED: Readonly<Record<(typeof EVENTS)[number], string>> = {
  sent: "frames sent",
  received: "frames that came for it",
  exit: "exits",
  passthrough: "operations past the VMM",
  interrupt: "interrupts injected",
  fenced: "operations refused",
};

/** Every register that has been seen */
export function registerDifferences(
  log: RegisterLog,
  before: number,
  after: number,
): readonly RegisterDifference[] {
  const earlier = log.at(before);
  return log.at(after).flatMap(({ register, value, written }, i) => {
    const was = earlier[i]?.value;
    if (value === undefined && was === undefined) return [];
    return [{ name: register.name, bytes: register.bytes, before: was, after: value, written }];
  });
}

/** Positions, from the highest, of the bits that differ. */
export function changedBits({ before, after, bytes }: RegisterDifference): readonly number[] {
  const differs = ((before ?? 0) ^ (after ?? 0)) >>> 0;
  return Array.from({ length: 8 * bytes }, (_, i) => 8 * bytes - 1 - i).filter(
    (bit) => ((differs >>> bit) & 1) === 1,
  );
}
