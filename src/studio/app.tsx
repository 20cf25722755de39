/** The whole window: the timeline above, statecharts on the left, one of several panels on the right. */
import type { JSX } from "preact";
import { Charts } from "./charts.tsx";
import { Choices } from "./choices.tsx";
import { Controls, Status } from "./controls.tsx";
import { Differences } from "./differences.tsx";
import { Findings } from "./findings.tsx";
import { Patterns } from "./guest-look.tsx";
import { Help } from "./help.tsx";
import { looksIn } from "./looks.ts";
import { Plots } from "./plots.tsx";
import { Runs } from "./runs.tsx";
import { Sequence } from "./sequence.tsx";
import { news, noteCount, original, panel, show, trace } from "./store.ts";
import { Timeline } from "./timeline.tsx";
import { PANELS, type Panel } from "./url-state.ts";

export function App(): JSX.Element {
  const there = trace.value;
  return (
    <>
      <Patterns guests={Math.max(0, ...guestLooks()) + 1} />
      <header>
        <h1>vpio studio</h1>
        <p>
          {there === undefined
            ? "waiting for the run"
            : `${there.head.scenario} in mode ${there.head.mode}, ${SOURCES[news.value.source]}`}
        </p>
      </header>
      <main>
        <Controls />
        <Status />
        <Timeline />
        <div class="halves">
          <Charts />
          <Side />
        </div>
      </main>
      <Help />
    </>
  );
}

/** Of all guests that are drawn anywhere. */
function guestLooks(): readonly number[] {
  const [here, before] = [trace.value?.head, original.value?.head];
  if (here === undefined) return [];
  return [...here.guests.keys(), ...(before === undefined ? [] : looksIn(before, here))];
}

const SOURCES = {
  live: "live on the seeded engine",
  counterexample: "a counterexample",
  recording: "a recorded run",
  report: "a report",
} as const;

const TITLES: Readonly<Record<Panel, string>> = {
  moves: "Moves",
  differences: "Differences",
  plots: "Plots",
  findings: "Findings",
  runs: "Both runs",
};

/** Two runs are only there of a counterexample. */
const isOffered = (one: Panel): boolean =>
  one !== "runs" || original.value !== undefined || panel.value === "runs";

function Side(): JSX.Element {
  return (
    <div class="side">
      <div class="tabs" role="tablist" aria-label="Panels">
        {PANELS.filter(isOffered).map((one) => (
          <button
            type="button"
            role="tab"
            id={`tab-${one}`}
            aria-selected={one === panel.value}
            aria-controls="panel"
            onClick={() => show({ panel: one })}
            key={one}
          >
            {TITLES[one]}
            {one === "findings" && noteCount.value > 0 ? ` (${noteCount.value})` : ""}
          </button>
        ))}
      </div>
      <div class="panel" id="panel" role="tabpanel" aria-labelledby={`tab-${panel.value}`}>
        <PanelOf panel={panel.value} />
      </div>
    </div>
  );
}

function PanelOf({ panel: one }: { readonly panel: Panel }): JSX.Element {
  switch (one) {
    case "moves":
      return (
        <>
          <Sequence />
          <Choices />
        </>
      );
    case "differences":
      return <Differences />;
    case "plots":
      return <Plots />;
    case "findings":
      return <Findings />;
    case "runs":
      return <Runs />;
  }
}
