/** What a move did, in one line. Pure. */
import { stateAt } from "../trace/at.ts";
import { messageView } from "../trace/body.ts";
import type { TraceCard } from "../trace/head.ts";
import type { Trace } from "../trace/trace.ts";
import { duration, messageText } from "./words.ts";

/** "+150 ns alice io out port 0x37: cpu.running card.held". */
export function moveText(there: Trace, move: number): string {
  const made = there.moveOf(move);
  if (made === undefined) return "";
  const after = duration(there.timeOf(move) - there.timeOf(move - 1));
  const message = there.messageOf(move);
  const view = message === undefined ? undefined : messageView(there, message);
  const what =
    view === undefined
      ? made.kind === "timer"
        ? `timer ${made.timer}`
        : made.kind
      : messageText(view, cardOf(there, made.who));
  const [before, state] = [move - 1, move].map((at) => stateAt(there, made.who, at));
  const change = before === state ? "" : ` ⇒ ${state}`;
  return `+${after} ${there.head.actors[made.who]?.name ?? ""}: ${what}${change}`;
}

const cardOf = ({ head }: Trace, actor: number): TraceCard | undefined =>
  head.cards[head.actors[actor]?.card ?? -1];
