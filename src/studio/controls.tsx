/** The buttons, and where the cursor is. */
import type { JSX } from "preact";
import { namesIn } from "./choices.tsx";
import { goTo, nextNote, previousNote, runOrPause, setSpeed, step, stepActor } from "./player.ts";
import {
  actorIndex,
  canGoOn,
  cursor,
  isHelpOpen,
  isRunning,
  length,
  news,
  notice,
  speed,
  trace,
} from "./store.ts";
import { count, duration } from "./words.ts";

const SPEEDS = [1, 10, 100, 1_000, 10_000, 0] as const;

export function Controls(): JSX.Element {
  const actor = trace.value?.head.actors[actorIndex.value];
  const atEnd = cursor.value >= length.value && !canGoOn.value;
  return (
    <div class="controls" role="toolbar" aria-label="Controls">
      <button type="button" onClick={() => goTo(0)} disabled={cursor.value === 0}>
        |◀ Begin
      </button>
      <button type="button" onClick={() => goTo(cursor.value - 1)} disabled={cursor.value === 0}>
        ◀ Back
      </button>
      <button type="button" class="primary" onClick={runOrPause} disabled={atEnd && !isRunning.value}>
        {isRunning.value ? "❙❙ Pause" : "▶ Run"}
      </button>
      <button type="button" onClick={step} disabled={atEnd}>
        Step ▶
      </button>
      <button
        type="button"
        onClick={() => stepActor(actorIndex.value)}
        disabled={atEnd || actor?.address === undefined}
      >
        Step {actor?.address === undefined ? "this actor" : actor.name}
      </button>
      <button type="button" onClick={() => goTo(length.value)} disabled={cursor.value >= length.value}>
        End ▶|
      </button>
      <button type="button" onClick={previousNote}>
        Previous finding
      </button>
      <button type="button" onClick={() => nextNote()}>
        Next finding
      </button>
      <button type="button" onClick={() => nextNote("violation")}>
        Next violation
      </button>
      <label>
        Speed{" "}
        <select value={speed.value} onChange={(event) => setSpeed(Number(event.currentTarget.value))}>
          {SPEEDS.map((one) => (
            <option value={one} key={one}>
              {one === 0 ? "as fast as it goes" : `${count(one)} moves/s`}
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        aria-haspopup="dialog"
        onClick={() => {
          isHelpOpen.value = true;
        }}
      >
        Keys ?
      </button>
    </div>
  );
}

/** One line: where the cursor is, what was done there, what there is to say. */
export function Status(): JSX.Element {
  const there = trace.value;
  const move = there?.moveOf(cursor.value);
  const { running, over } = news.value;
  return (
    <p class="status">
      <span class="position">
        Move <output data-cursor={cursor.value}>{count(cursor.value)}</output> of {count(length.value)},{" "}
        {duration(there?.timeOf(cursor.value) ?? 0)}
      </span>{" "}
      {there !== undefined && move !== undefined && <span>{namesIn(there, move)}</span>}{" "}
      <span class="standing">{over === undefined ? (running ? "running" : "") : `over: ${over}`}</span>{" "}
      <span class="notice" role="status">
        {notice.value}
      </span>
    </p>
  );
}
