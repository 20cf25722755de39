/** Curves of each guest over the whole run: what it sends and receives, how often it exits, how long it waits. */
import { effect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { NS_PER_MS, NS_PER_S } from "../base/units.ts";
import type { GuestLog } from "../trace/guest-log.ts";
import {
  amountsBySpan,
  meansBySpan,
  ratios,
  sharesBySpan,
  spanMiddles,
  timesBySpan,
} from "../trace/series.ts";
import type { Trace } from "../trace/trace.ts";
import { guestLogsOf } from "./logs.ts";
import { goTo } from "./player.ts";
import { cursor, length, trace } from "./store.ts";
import { duration } from "./words.ts";

const SPANS = 120;
const HEIGHT = 150;
/** Between two pictures of a run that goes on. */
const PAUSE_MS = 400;

interface PlotKind {
  readonly title: string;
  readonly unit: string;
  readonly of: (log: GuestLog, untilNs: number) => readonly (number | null)[];
}

const PLOTS: readonly PlotKind[] = [
  {
    title: "Throughput, frames sent and received",
    unit: "Mbit/s",
    of: ({ events }, untilNs) => {
      const [sent, received] = [events.sent, events.received].map((one) =>
        amountsBySpan(one, untilNs, SPANS),
      );
      return (sent ?? []).map((bytes, i) => ((bytes + (received?.[i] ?? 0)) * 8 * 1e3) / (untilNs / SPANS));
    },
  },
  {
    title: "Exits to the VMM",
    unit: "per ms",
    of: ({ events }, untilNs) =>
      amountsBySpan(events.exit, untilNs, SPANS).map((exits) => (exits * NS_PER_MS) / (untilNs / SPANS)),
  },
  {
    title: "Exits per packet sent or received",
    unit: "exits",
    of: ({ events }, untilNs) => {
      const [exits, sent, received] = [events.exit, events.sent, events.received].map((one) =>
        timesBySpan(one, untilNs, SPANS),
      );
      const packets = (sent ?? []).map((frames, i) => frames + (received?.[i] ?? 0));
      return ratios(exits ?? [], packets);
    },
  },
  {
    title: "Time blocked without the card",
    unit: "%",
    of: ({ blocked }, untilNs) => sharesBySpan(blocked, untilNs, SPANS).map((share) => 100 * share),
  },
  {
    title: "Handoff, from the decision to the grant",
    unit: "µs",
    of: ({ handoffs }, untilNs) =>
      meansBySpan(handoffs, untilNs, SPANS).map((ns) => (ns === null ? null : ns / 1000)),
  },
];

export function Plots(): JSX.Element | null {
  const there = trace.value;
  if (there === undefined) return null;
  return (
    <section class="plots" aria-label="Plots">
      {PLOTS.map((kind) => (
        <Plot trace={there} kind={kind} key={kind.title} />
      ))}
      <Totals trace={there} />
    </section>
  );
}

const DASHES: readonly number[][] = [
  [],
  [6, 3],
  [2, 2],
  [8, 3, 2, 3],
  [1, 3],
  [10, 4],
  [4, 1],
  [12, 2, 2, 2],
];

const colourOf = (element: Element, name: string): string =>
  getComputedStyle(element).getPropertyValue(name).trim();

function Plot({ trace: there, kind }: { readonly trace: Trace; readonly kind: PlotKind }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => (box.current === null ? undefined : drawInto(box.current, there, kind)), [there, kind]);
  return (
    <figure>
      <figcaption>
        {kind.title} ({kind.unit})
      </figcaption>
      <div ref={box} />
    </figure>
  );
}

/** Draws, and draws anew while the run goes on; answers how to end that. */
function drawInto(box: HTMLElement, there: Trace, { of, unit }: PlotKind): () => void {
  const dataOf = (): uPlot.AlignedData => {
    const untilNs = Math.max(1, there.timeOf(there.length));
    const times = spanMiddles(untilNs, SPANS).map((ns) => ns / NS_PER_S);
    return [times, ...guestLogsOf(there).map((log) => [...of(log, untilNs)])];
  };
  const line = document.createElement("div");
  line.className = "plot-cursor";
  const ink = colourOf(box, "--ink");
  const axis = { stroke: ink, grid: { stroke: colourOf(box, "--line"), width: 1 }, ticks: { stroke: ink } };
  const plot = new uPlot(
    {
      width: Math.max(280, box.clientWidth),
      height: HEIGHT,
      scales: {
        x: { time: false },
        y: { range: (_, low, high) => [Math.min(0, low), Math.max(1e-9, high)] },
      },
      cursor: { sync: { key: "studio" }, drag: { x: false, y: false } },
      axes: [
        { ...axis, size: 30, values: (_, splits) => splits.map((seconds) => duration(seconds * NS_PER_S)) },
        { ...axis, size: 60 },
      ],
      series: [
        { label: "at", value: (_, seconds) => (seconds === null ? "–" : duration(seconds * NS_PER_S)) },
        ...there.head.guests.map(({ name }, guest) => ({
          label: name,
          stroke: colourOf(box, `--guest-${guest % 8}`),
          dash: DASHES[guest % DASHES.length] ?? [],
          width: 1.5,
          points: { show: unit === "µs" || unit === "exits", size: 5 },
        })),
      ],
      // Only then it is known where a time is.
      hooks: { draw: [(drawn) => placeCursor(drawn, line, there)] },
    },
    dataOf(),
    box,
  );
  plot.over.addEventListener("click", () => {
    const seconds = plot.posToVal(plot.cursor.left ?? 0, "x");
    goTo(there.moveAt(seconds * NS_PER_S));
  });
  plot.over.append(line);
  let timer: number | undefined;
  const follow = effect(() => {
    void length.value;
    timer ??= window.setTimeout(() => {
      timer = undefined;
      plot.setData(dataOf());
    }, PAUSE_MS);
  });
  const mark = effect(() => placeCursor(plot, line, there));
  return () => {
    follow();
    mark();
    window.clearTimeout(timer);
    plot.destroy();
  };
}

/**
 * It lies over the curves, which are not drawn anew when it moves. They go from the middle of the first span to that of
 * the last: what is before or behind is at their edges.
 */
function placeCursor(plot: uPlot, line: HTMLElement, there: Trace): void {
  const x = Math.round(plot.valToPos(there.timeOf(cursor.value) / NS_PER_S, "x"));
  if (Number.isNaN(x)) return;
  const place = Math.max(0, Math.min(plot.over.clientWidth - 1, x));
  line.dataset["place"] = String(place);
  line.style.transform = `translateX(${place}px)`;
}

function Totals({ trace: there }: { readonly trace: Trace }): JSX.Element {
  void length.value;
  return (
    <table>
      <caption>By the cursor</caption>
      <thead>
        <tr>
          <th scope="col">Guest</th>
          <th scope="col">Frames sent</th>
          <th scope="col">Frames for it</th>
          <th scope="col">Exits</th>
          <th scope="col">Exits per packet</th>
          <th scope="col">Past the VMM</th>
        </tr>
      </thead>
      <tbody>
        {guestLogsOf(there).map((log, guest) => {
          const at = (event: Parameters<GuestLog["countAt"]>[0]): number => log.countAt(event, cursor.value);
          const packets = at("sent") + at("received");
          const name = there.head.guests[guest]?.name;
          return (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{at("sent")}</td>
              <td>{at("received")}</td>
              <td>{at("exit")}</td>
              <td>{packets === 0 ? "–" : (at("exit") / packets).toFixed(1)}</td>
              <td>{at("passthrough")}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
