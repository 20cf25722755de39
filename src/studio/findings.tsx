/** What was found in the run: properties that broke, requests that the VMM stopped, faults. In words, each with its move. */
import type { JSX } from "preact";
import type { TraceNote } from "../trace/trace.ts";
import { goTo } from "./player.ts";
import { cursor, news, noteCount, trace } from "./store.ts";
import { count } from "./words.ts";

/** As many as are listed on either side of the cursor: a run with faults may have thousands. */
const LISTED = 100;

const TITLES: Readonly<Record<TraceNote["kind"], string>> = {
  violation: "▲ Property violated",
  stopped: "◆ Request stopped",
  fault: "✕ Fault",
};

export function Findings(): JSX.Element | null {
  const there = trace.value;
  if (there === undefined) return null;
  void noteCount.value;
  const notes = [...there.notes].sort((a, b) => a.move - b.move);
  const behind = notes.findIndex(({ move }) => move >= cursor.value);
  const middle = behind < 0 ? notes.length : behind;
  const listed = notes.slice(Math.max(0, middle - LISTED), middle + LISTED);
  return (
    <section class="findings" aria-label="Findings">
      <p>
        {notes.length === 0 ? "Nothing was found so far." : `${count(notes.length)} found so far.`}
        {news.value.over === undefined ? "" : ` The run is over: ${news.value.over}.`}
      </p>
      <ol>
        {listed.map((note) => (
          <Finding note={note} key={`${note.move} ${note.kind} ${note.text}`} />
        ))}
      </ol>
    </section>
  );
}

function Finding({ note }: { readonly note: TraceNote }): JSX.Element {
  const { kind, move, text, property, because } = note;
  return (
    <li class={`finding ${kind}`}>
      <h3>{TITLES[kind]}</h3>
      {property !== undefined && <p class="property">{property}</p>}
      <p>{text}</p>
      <p>
        <button type="button" onClick={() => goTo(move)}>
          Go to move {count(move)}
        </button>{" "}
        {because !== undefined && (
          <button type="button" onClick={() => goTo(because.move)}>
            Because, at move {count(because.move)}: {because.text}
          </button>
        )}
      </p>
    </li>
  );
}
