/** Small questions that every export of a run asks of its trace. */
import type { MessageType } from "../../protocol/messages.ts";
import { messageView } from "../../trace/body.ts";
import type { TraceActor } from "../../trace/head.ts";
import type { Trace } from "../../trace/trace.ts";

/** Moves of a run, counted from 1. */
export interface Window {
  readonly first: number;
  readonly last: number;
}

const HANDOFF: ReadonlySet<MessageType> = new Set([
  ...(["grant", "revoke", "revoked", "fence", "drained", "fenced"] as const),
  ...(["frameWaiting", "machineCheck", "ended", "cardLost"] as const),
]);

/** True of a message by which a card changes hands, or may come to. */
export const isHandoff = (type: MessageType): boolean => HANDOFF.has(type);

const ORDER: readonly TraceActor["role"][] = ["guest", "arbiter", "nic", "wire", "model"];

/** Guests first, then what stands between them and the cards, then the cards. */
export const rankOf = (actor: TraceActor | undefined): number =>
  actor === undefined ? ORDER.length : ORDER.indexOf(actor.role);

/** "guest alice", "card rtl0", "arbiter of rtl0", "wire". */
export function laneName({ name, role }: TraceActor): string {
  switch (role) {
    case "guest":
      return `guest ${name}`;
    case "nic":
      return `card ${name}`;
    default:
      return name;
  }
}

export const guestName = ({ head }: Trace, guest: number | undefined): string =>
  guest === undefined ? "nobody" : (head.guests[guest]?.name ?? `guest ${guest}`);

/** "grant", "revoked (epoch 3, issued 17)": a message with its numbers. */
export function messageText(trace: Trace, message: number): string {
  const view = messageView(trace, message);
  const fields = [...(view?.fields ?? [])].flatMap(([name, value]) =>
    typeof value === "number" ? [`${name} ${value}`] : [],
  );
  return `${view?.type ?? "message"}${fields.length === 0 ? "" : ` (${fields.join(", ")})`}`;
}
