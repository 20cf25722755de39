/** Small questions that every export of a run asks of its trace. */
import type { MessageType } from "../../protocol/messages.ts";
import { messageView, numberIn } from "../../trace/body.ts";
import type { TraceActor } from "../../trace/head.ts";
import type { Trace } from "../../trace/trace.ts";
import { plural } from "../numbers.ts";

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

const ORDER: readonly TraceActor["role"][] = ["guest", "arbiter", "nic", "wire", "line", "model"];

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

/** "grant (epoch 3)", "fence (epoch 0, behind 7 operations)": a handoff message with what matters of it. */
export function messageText(trace: Trace, message: number): string {
  const view = messageView(trace, message);
  const number = (field: string): number => numberIn(view, field) ?? 0;
  switch (view?.type) {
    case "grant":
    case "revoke":
    case "drained":
    case "fenced":
      return `${view.type} (epoch ${number("epoch")})`;
    case "revoked":
      return `revoked (epoch ${number("epoch")}, ${plural(number("issued"), "operation")} issued)`;
    case "fence": {
      const behind = number("drain") === 0 ? "" : `, behind ${plural(number("awaited"), "operation")}`;
      return `fence (epoch ${number("epoch")}${behind})`;
    }
    case "frameWaiting":
      return `frameWaiting (for ${guestName(trace, number("guest"))})`;
    default:
      return view?.type ?? "message";
  }
}
