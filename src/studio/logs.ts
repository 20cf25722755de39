/** What is read from the trace in passing, kept as long as the trace is: it grows with it. */
import { GuestLog } from "../trace/guest-log.ts";
import { RegisterLog } from "../trace/registers.ts";
import type { Trace } from "../trace/trace.ts";

const guestLogs = new WeakMap<Trace, readonly GuestLog[]>();
const registerLogs = new WeakMap<Trace, readonly RegisterLog[]>();

export function guestLogsOf(trace: Trace): readonly GuestLog[] {
  const known = guestLogs.get(trace) ?? trace.head.guests.map((_, guest) => new GuestLog(trace, guest));
  guestLogs.set(trace, known);
  for (const log of known) log.catchUp();
  return known;
}

export function registerLogsOf(trace: Trace): readonly RegisterLog[] {
  const known = registerLogs.get(trace) ?? trace.head.cards.map((_, card) => new RegisterLog(trace, card));
  registerLogs.set(trace, known);
  return known;
}
