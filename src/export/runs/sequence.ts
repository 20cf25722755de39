/**
 * How cards change hands in a run, as a Mermaid sequence diagram: the messages of the handoff protocol where they arrive,
 * the operations that guests without the card are blocked at, and how much work the VMM has with the card in between.
 * All other messages are left out, and counted.
 */
import { SequenceDiagram } from "../../base/sequence-diagram.ts";
import type { MessageType } from "../../protocol/messages.ts";
import { holdAt, stateAt } from "../../trace/at.ts";
import { MESSAGE_TYPES, NONE, type Trace, type TraceMove } from "../../trace/trace.ts";
import { count, duration, plural } from "../numbers.ts";
import { isHandoff, laneName, messageText, rankOf, type Window } from "./lanes.ts";

/** More lines than that are nothing to look at, and more than Mermaid draws by itself. */
const MAX_LINES = 300;

/** States of an arbiter in which it works with the card on its own account. */
const WORK: ReadonlySet<string> = new Set(["restoring", "settling", "saving", "resetting"]);

/** Indices into `head.actors`; without `from` it is a note. */
interface Line {
  readonly from: number | undefined;
  readonly to: number;
  readonly text: string;
}

/** `goesOn`: the run does, behind the trace. */
export function sequenceOfRun(trace: Trace, window: Window, goesOn: boolean): string {
  const { lines, others, last } = new Reader(trace).read(window);
  const lanes = lanesOf(trace, lines);
  const keyOf = (lane: number): string => `a${lane}`;
  const all = [lanes[0] ?? 0, lanes.at(-1) ?? 0].map(keyOf);
  const diagram = new SequenceDiagram(
    lanes.map((lane) => {
      const actor = trace.head.actors[lane];
      return { key: keyOf(lane), name: actor === undefined ? "nobody" : laneName(actor) };
    }),
  );
  if (window.first > 1) diagram.note(all, `${plural(window.first - 1, "move")} before this`);
  for (const { from, to, text } of lines) {
    if (from === undefined) diagram.note([keyOf(to)], text);
    else diagram.message(keyOf(from), keyOf(to), text);
  }
  for (const { kind, move, property, text } of trace.notes)
    if (kind === "violation" && move >= window.first && move <= last)
      diagram.note(all, `property ${property} is violated: ${text}`);
  const end = `${goesOn || last < trace.length ? "goes on" : "ends"} after move ${count(last)}`;
  const left = `${plural(others, "other message")} left out`;
  diagram.note(all, `the run ${end}, at ${duration(trace.timeOf(last))}; ${left}`);
  return `${diagram.text}\n`;
}

function lanesOf({ head }: Trace, lines: readonly Line[]): readonly number[] {
  const lanes = new Set(lines.flatMap(({ from, to }) => (from === undefined ? [to] : [from, to])));
  const rank = (lane: number): number => rankOf(head.actors[lane]);
  return lanes.size === 0 ? [0] : [...lanes].sort((a, b) => rank(a) - rank(b) || a - b);
}

class Reader {
  readonly #trace: Trace;
  readonly #lines: Line[] = [];
  /** Of each arbiter: the state that it is in, and its port operations there. */
  readonly #work = new Map<number, { readonly state: string; readonly operations: number }>();

  constructor(trace: Trace) {
    this.#trace = trace;
  }

  /** `others`: messages that have no line; `last`: the last move that was looked at. */
  read({ first, last }: Window) {
    let others = 0;
    let move = first;
    for (; move <= Math.min(last, this.#trace.length) && this.#lines.length < MAX_LINES; move++) {
      const what = this.#trace.moveOf(move);
      const message = this.#trace.messageOf(move);
      if (what === undefined) continue;
      if (message !== undefined) {
        if (this.#isShown(what, move)) this.#lines.push(this.#arrow(what, message, move));
        else others++;
      }
      this.#watchWork(what.who, move);
    }
    return { lines: this.#lines, others, last: move - 1 };
  }

  #isShown({ type, from, who }: TraceMove, move: number): boolean {
    if (type === undefined) return false;
    return isHandoff(type) || (type === "exit" && this.#isBlocked(from, who, move));
  }

  /** An operation of a guest that has not the card waits until it has, unless it is none of the card's. */
  #isBlocked(from: number, arbiter: number, move: number): boolean {
    const { head } = this.#trace;
    const { card } = head.actors[arbiter] ?? {};
    if (head.mode !== "vpio" || card === undefined) return false;
    if (holdAt(this.#trace, card, move - 1).owner === head.actors[from]?.guest) return false;
    return !this.#sentIn(move).some(({ type, to }) => type === "resume" && to === from);
  }

  #sentIn(move: number): readonly { readonly type: MessageType | undefined; readonly to: number }[] {
    const { sentBy, types, channels, channelTable } = this.#trace;
    const begin = sentBy.countUpTo(move - 1);
    return Array.from({ length: sentBy.countUpTo(move) - begin }, (_, i) => ({
      type: MESSAGE_TYPES[types.at(begin + i)],
      to: channelTable.get(channels.at(begin + i))?.to ?? NONE,
    }));
  }

  #arrow({ type, from, who }: TraceMove, message: number, move: number): Line {
    const text = type === "exit" ? "exit: blocked" : messageText(this.#trace, message);
    return { from, to: who, text: `${text} at ${duration(this.#trace.timeOf(move))}` };
  }

  /** Counts an arbiter's own operations, and tells of them when its state is over. */
  #watchWork(arbiter: number, move: number): void {
    if (this.#trace.head.actors[arbiter]?.role !== "arbiter") return;
    const [state = ""] = stateAt(this.#trace, arbiter, move).split(".");
    const before = this.#work.get(arbiter);
    const began = before?.state === state ? before.operations : 0;
    const operations = began + this.#sentIn(move).filter(({ type }) => type === "io").length;
    this.#work.set(arbiter, { state, operations });
    if (before === undefined || before.state === state) return;
    if (before.operations === 0 || !WORK.has(before.state)) return;
    const text = `${before.state}: ${plural(before.operations, "port operation")}`;
    this.#lines.push({ from: undefined, to: arbiter, text });
  }
}
