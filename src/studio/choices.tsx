/** What comes behind the cursor, and what else could have come: each of the others is the beginning of another run. */
import type { JSX } from "preact";
import type { Trace, TraceMove } from "../trace/trace.ts";
import { fork, showBranch } from "./player.ts";
import { canFork, cursor, length, news, trace } from "./store.ts";
import { count } from "./words.ts";

export function Choices(): JSX.Element | null {
  const there = trace.value;
  if (there === undefined) return null;
  const next = cursor.value + 1;
  const taken = next <= length.value ? there.moveOf(next) : undefined;
  const others = there.choicesAt(next).filter(({ text }) => text !== taken?.text);
  return (
    <section class="choices" aria-labelledby="choices-title">
      <h2 id="choices-title">What else was possible</h2>
      {taken === undefined ? (
        <p>{news.value.over ?? "Nothing has been chosen behind the last move yet: step, and come back."}</p>
      ) : (
        <p>
          Move {count(next)} is: <b>{namesIn(there, taken)}</b>
          {others.length === 0 &&
            (there.choices.at(next - 1) === 0 ? "; what else was is not known." : "; nothing else was.")}
        </p>
      )}
      <ul class="choice-list">
        {others.map((choice) => (
          <li key={choice.text}>
            <Choice trace={there} choice={choice} />
          </li>
        ))}
      </ul>
      <Branches />
    </section>
  );
}

function Choice({
  trace: there,
  choice,
}: {
  readonly trace: Trace;
  readonly choice: TraceMove;
}): JSX.Element {
  const words = namesIn(there, choice);
  if (!canFork.value) return <span>{words}</span>;
  return (
    <button type="button" class="choice" onClick={() => void fork(choice.text)}>
      ⑂ {words}
    </button>
  );
}

/** By the names that the scenario gives its actors. */
export function namesIn(there: Trace, { kind, who, from, type, timer }: TraceMove): string {
  const name = (actor: number): string => there.head.actors[actor]?.name ?? "?";
  switch (kind) {
    case "deliver":
      return `${name(who)} receives ${type} from ${name(from)}`;
    case "step":
      return `${name(who)} steps`;
    case "timer":
      return `${name(who)} notices timer ${timer}`;
  }
}

function Branches(): JSX.Element | null {
  const { branches, branch } = news.value;
  if (branches.length < 2) return null;
  return (
    <nav aria-label="Branches">
      <h3>Branches</h3>
      <ul class="branches">
        {branches.map(({ id, parent, move, choice }) => (
          <li key={id}>
            <button
              type="button"
              aria-current={id === branch ? "true" : undefined}
              onClick={() => showBranch(id)}
            >
              {parent === undefined
                ? "the first run"
                : `${id}: from ${parent} behind move ${count(move)}: ${choice}`}
            </button>
          </li>
        ))}
      </ul>
    </nav>
  );
}
