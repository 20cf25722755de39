/**
 * Records runs on real threads and replays each on one thread: `node dist/bench/replay.js [RUNS]` (100 unless told). Every
 * replay must end in the state in which its run ended; the exit code says so.
 */
import { EXIT } from "../src/base/errors.ts";
import { BUILT_IN, BUILT_IN_KINDS } from "../src/devices/catalogue.ts";
import { replayRun } from "../src/engine/replay-run.ts";
import { runOnThreads } from "../src/engine/threads.ts";
import { readScenario } from "../src/scenario/read.ts";
import { MODES } from "../src/scenario/scenario.ts";
import type { Workload } from "../src/workloads/catalogue.ts";
import { benchNumbers } from "./numbers.ts";

const [RUNS = 0] = benchNumbers("bench:replay", "Records runs on threads, and replays each on one thread.", [
  { name: "runs", what: "how many", most: 1_000_000, usual: 100 },
]);

const text = (card: string, seed: number): string => `
name: recorded
seed: ${seed}
duration: 300ms
wire: { peers: [{ kind: echo, name: gateway }, { kind: sink, name: sink }] }
cards: [{ name: card0, kind: ${card}, receive: arrival }]
guests:
  - { name: alice, memory: 256KiB, workload: { kind: request-response, to: gateway, size: 100 } }
  - { name: bob, memory: 256KiB, workload: { kind: stream, to: sink, size: 300 } }
`;

let same = 0;
let handoffs = 0;
for (let run = 0; run < RUNS; run++) {
  const card = BUILT_IN_KINDS[run % BUILT_IN_KINDS.length] as string;
  const mode = run % 5 === 4 ? MODES[((run / 5) % MODES.length) | 0] : "vpio";
  const files = { locate: (file: string) => file, read: () => undefined };
  const scenario = readScenario(text(card, run), "recorded.yaml", files, { mode });
  const { recording, report } = await runOnThreads(scenario, { record: true });
  handoffs += report.cards[0]?.handoffs ?? 0;
  const loaded = {
    workloads: scenario.guests.map(({ workload }) => workload as Workload),
    devices: BUILT_IN,
  };
  if (recording !== undefined && replayRun(scenario, loaded, recording).finalHash === recording.finalHash)
    same++;
  process.stderr.write(`\r${run + 1} of ${RUNS}: ${same} replay to the same state, ${handoffs} handoffs`);
}
process.stderr.write("\n");
process.stdout.write(`${same} of ${RUNS} recorded runs replay to the same state (${handoffs} handoffs)\n`);
process.exitCode = same === RUNS ? EXIT.ok : EXIT.diverged;
