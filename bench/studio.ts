/**
 * How long the studio takes to show a long run, and to follow the cursor through it, in Chromium: `node
 * dist/bench/studio.js [MOVES] [GUESTS]` (100,000 moves of two guests unless told). Prints times; none of them is right or wrong.
 */

import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { NS_PER_MS } from "../src/base/units.ts";
import { BUILT_IN } from "../src/devices/catalogue.ts";
import { SeededRun } from "../src/engine/seeded-run.ts";
import { readScenario } from "../src/scenario/read.ts";
import { reportHtml } from "../src/server/report.ts";
import { randomWalk } from "../src/stress/schedulers/random-walk.ts";
import { Recorder } from "../src/trace/recorder.ts";
import type { Trace } from "../src/trace/trace.ts";
import type { Workload } from "../src/workloads/catalogue.ts";
import { benchNumbers } from "./numbers.ts";

const [MOVES = 0, GUESTS = 0] = benchNumbers(
  "bench:studio",
  "How fast the studio shows a long run, in Chromium.",
  [
    { name: "moves", what: "of the run", most: 10_000_000, usual: 100_000 },
    { name: "guests", what: "in it", most: 64, usual: 2 },
  ],
);
const SCRUBS = 100;

function scenarioText(): string {
  const guests = Array.from(
    { length: GUESTS },
    (_, i) =>
      `  - { name: guest${i}, memory: 256KiB, workload: { kind: ping, to: gateway, interval: 200us } }`,
  );
  return `
name: long
duration: 3600s
wire: { peers: [{ kind: echo, name: gateway }] }
cards: [{ name: card0, kind: rtl8139, policy: { kind: round-robin, quantum: 100us } }]
guests:
${guests.join("\n")}
`;
}

function recorded(): Trace {
  const files = { locate: (file: string) => file, read: () => undefined };
  const scenario = readScenario(scenarioText(), "long.yaml", files, {});
  const scheduler = randomWalk(1);
  let recorder: Recorder | undefined;
  const run = new SeededRun(scenario, {
    scheduler: { name: "", choose: (moves) => (recorder?.listening(scheduler) ?? scheduler).choose(moves) },
    workloads: scenario.guests.map(({ workload }) => workload as Workload),
    devices: BUILT_IN,
  });
  recorder = new Recorder(run, () => run.engine.nowNs);
  run.engine.observe(recorder);
  run.begin();
  while (recorder.trace.length < MOVES && run.engine.move());
  return recorder.trace;
}

/** In the page: drags the cursor to a hundred places, each time as far as the next picture, and answers how long each took. */
const SCRUB = `(async () => {
  const track = document.querySelector(".track");
  const { left, width, top } = track.getBoundingClientRect();
  const times = [];
  track.setPointerCapture = () => undefined;
  for (let i = 0; i < ${SCRUBS}; i++) {
    const clientX = left + width * ((i * 37) % ${SCRUBS}) / ${SCRUBS};
    const began = performance.now();
    track.dispatchEvent(new PointerEvent("pointerdown", { clientX, clientY: top + 5, pointerId: 1, bubbles: true }));
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b);
})()`;

const line = (what: string, value: string): void => void process.stdout.write(`${what.padEnd(44)}${value}\n`);
const ms = (value: number): string => `${value.toFixed(1)} ms`;

const folder = mkdtempSync(join(tmpdir(), "vpio-bench-"));
try {
  const beganMs = performance.now();
  const trace = recorded();
  line("moves", trace.length.toLocaleString("en-US"));
  line("actors", String(trace.head.actors.length));
  line("virtual time", ms(trace.timeOf(trace.length) / NS_PER_MS));
  line("recorded in", ms(performance.now() - beganMs));
  const file = join(folder, "long.html");
  writeFileSync(file, reportHtml({ trace, over: "the end" }, "long.yaml"));
  line("report", `${(statSync(file).size / 1024).toFixed(0)} KiB`);
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 1000 } });
    const openedMs = performance.now();
    await page.goto(pathToFileURL(file).href);
    await page.locator(".status", { hasText: "over: the end" }).waitFor();
    line("first view of the whole", ms(performance.now() - openedMs));
    for (const panel of ["Moves", "Differences", "Plots"]) {
      await page.getByRole("tab", { name: panel }).click();
      const times = (await page.evaluate(SCRUB)) as readonly number[];
      const [median = 0, slow = 0] = [times[SCRUBS / 2], times[Math.floor(SCRUBS * 0.95)]];
      line(`scrub to a picture, ${panel} shown`, `${ms(median)}, 95 % within ${ms(slow)}`);
    }
  } finally {
    await browser.close();
  }
} finally {
  rmSync(folder, { recursive: true });
}
