/** A counterexample beside the run that it was shrunk from: both from the first move in which they differ. */
import type { JSX } from "preact";
import { stateAt } from "../trace/at.ts";
import type { Trace } from "../trace/trace.ts";
import { namesIn } from "./choices.tsx";
import { looksIn } from "./looks.ts";
import { goTo, goToInOriginal, goToParting, joinRuns } from "./player.ts";
import { OneRun } from "./run-list.tsx";
import { type StatePair, statePairs } from "./run-states.ts";
import { canGoOn, cursor, divergence, length, news, original, originalMove, shown, trace } from "./store.ts";
import { count } from "./words.ts";

export function Runs(): JSX.Element | null {
  const [before, after] = [original.value, trace.value];
  if (after === undefined) return null;
  if (before === undefined)
    return (
      <section class="runs" aria-label="Before and after shrinking">
        <p>There is one run only: none was shrunk, or the file has not kept what it was shrunk from.</p>
      </section>
    );
  void length.value;
  const own = (guest: number): number => guest;
  const looks = looksIn(before.head, after.head);
  return (
    <section class="runs" aria-label="Before and after shrinking">
      <Violated before={before} after={after} />
      <Parting before={before} after={after} />
      <div class="run-pair">
        <OneRun
          title="Original"
          trace={before}
          move={originalMove.value}
          parting={divergence.value}
          lookOf={(guest) => looks[guest] ?? guest}
          canGoOn={false}
          go={goToInOriginal}
        />
        <OneRun
          title={shrunkTitle()}
          trace={after}
          move={cursor.value}
          parting={divergence.value}
          lookOf={own}
          canGoOn={canGoOn.value}
          go={goTo}
        />
      </div>
      <States before={before} after={after} />
    </section>
  );
}

const shrunkTitle = (): string => (news.value.branch === 0 ? "Shrunk" : `Branch ${news.value.branch}`);

interface PairProps {
  readonly before: Trace;
  readonly after: Trace;
}

/** The property in words, and what showed in either run. */
function Violated({ before, after }: PairProps): JSX.Element | null {
  const found = [before, after].map(({ notes }) => notes.find(({ kind }) => kind === "violation"));
  const [first, last] = found;
  const property = (last ?? first)?.property;
  if (property === undefined) return null;
  return (
    <div class="finding violation">
      <h2>▲ Property violated</h2>
      <p class="property">{property}</p>
      {first !== undefined && (
        <p>
          Original: {first.text}{" "}
          <button type="button" onClick={() => goToInOriginal(first.move)}>
            Original to move {count(first.move)}
          </button>
        </p>
      )}
      {last !== undefined && (
        <p>
          {shrunkTitle()}: {last.text}{" "}
          <button type="button" onClick={() => goTo(last.move)}>
            {shrunkTitle()} to move {count(last.move)}
          </button>
        </p>
      )}
    </div>
  );
}

function Parting({ before, after }: PairProps): JSX.Element {
  const at = divergence.value;
  const isJoined = shown.value.originalMove === undefined;
  return (
    <div class="parting">
      <p>
        {at === undefined ? (
          "Both go the same way, move by move."
        ) : (
          <>
            Both go the same way for {count(at - 1)} {at === 2 ? "move" : "moves"}. At move{" "}
            <b data-parting={at}>{count(at)}</b> they part (≠): in the original {doneAt(before, at)}, here{" "}
            {doneAt(after, at)}.
          </>
        )}
      </p>
      <p class="toolbar">
        <button type="button" disabled={at === undefined} onClick={goToParting}>
          To where they part
        </button>
        <button type="button" disabled={isJoined} onClick={joinRuns}>
          Step both together
        </button>
        <small>
          {isJoined
            ? "Both stand behind the same move, as far as there is one."
            : "Each stands behind a move of its own."}
        </small>
      </p>
    </div>
  );
}

/** "bob steps, to cpu.running card.away"; the state tells what the words may not. */
function doneAt(there: Trace, move: number): string {
  const made = there.moveOf(move);
  if (made === undefined) return "the run is over";
  const state = stateAt(there, made.who, move);
  return `${namesIn(there, made)}${state === "" ? "" : `, to ${state}`}`;
}

/** More actors than that: those that are in the same state are left out. */
const MOST_STATES = 40;

function States({ before, after }: PairProps): JSX.Element {
  const pairs = statePairs(before, originalMove.value, after, cursor.value);
  const listed = pairs.length <= MOST_STATES ? pairs : pairs.filter(({ differ }) => differ);
  return (
    <table>
      <caption>
        States, where each of the two stands
        {listed.length < pairs.length && `; ${count(pairs.length - listed.length)} that are alike left out`}
      </caption>
      <thead>
        <tr>
          <th scope="col">Whose</th>
          <th scope="col">Original, move {count(originalMove.value)}</th>
          <th scope="col">
            {shrunkTitle()}, move {count(cursor.value)}
          </th>
        </tr>
      </thead>
      <tbody>
        {listed.map((pair) => (
          <StateRow pair={pair} key={pair.name} />
        ))}
      </tbody>
    </table>
  );
}

function StateRow({ pair: { name, before, after, differ } }: { readonly pair: StatePair }): JSX.Element {
  return (
    <tr class={differ ? "changed" : ""}>
      <th scope="row">
        {differ ? "≠ " : ""}
        {name}
      </th>
      <td>{before ?? "not in it"}</td>
      <td>{after ?? "not in it"}</td>
    </tr>
  );
}
