/** `vpio check`: every interleaving of the handoff protocol; or a device model against its card. */
import { Command, InvalidArgumentError, Option } from "commander";
import { EXIT, type ExitCode } from "../base/errors.ts";
import { STEP_COLUMNS, sequenceDiagram, stepRows } from "../check/counterexample.ts";
import { type Exploration, explore } from "../check/explorer.ts";
import { Handoff } from "../check/handoff.ts";
import { checkModel, MODEL_NAMES, type ModelFinding, type ModelName } from "../check/model-soundness.ts";
import type { PolicyName } from "../check/policies.ts";
import { occurrences, safetyVerdicts } from "../check/verdicts.ts";
import { boundsOf, notCovered, WORLDS, type World } from "../check/worlds.ts";
import { left, right, type Style, tableLines } from "../export/table.ts";
import { type Context, examples } from "./context.ts";

interface CheckOptions {
  readonly guests: number;
  readonly policy: PolicyName;
  readonly world?: World;
  readonly memory: number;
  readonly model?: ModelName;
  readonly json?: true;
}

/** One world, explored. */
interface Explored {
  readonly world: World;
  readonly system: Handoff;
  readonly result: Exploration;
  readonly seconds: number;
}

export function checkCommand(context: Context): Command {
  return new Command("check")
    .summary("check the handoff protocol exhaustively")
    .description(
      "Explores every interleaving of the statecharts that run, with small abstract bodies, breadth first; each world leaves something else out. With --model: a device model against its card.",
    )
    .option("--guests <n>", "guests that share the card, 1 to 4", guestCount, 2)
    .addOption(new Option("--policy <policy>", "who is next").choices(["fifo", "any"]).default("fifo"))
    .addOption(new Option("--world <world>", "one world only").choices(Object.keys(WORLDS)))
    .option("--memory <MiB>", "memory for states; beyond it the check is inconclusive", mebibytes, 1024)
    .addOption(new Option("--model <model>", "a device model instead of the protocol").choices(MODEL_NAMES))
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      examples(
        ["vpio check", "the protocol with two guests"],
        ["vpio check --guests 3 --world order", "three guests, one world"],
        ["vpio check --model paper/rtl8139", "a hole in a published device model"],
      ),
    )
    .addHelpText(
      "after",
      "\nExit codes: 0 all properties hold, 1 one is violated, 3 out of memory before the end.",
    )
    .action((options: CheckOptions) => {
      context.finish(
        options.model === undefined ? checkProtocol(options, context) : sayModel(options, context),
      );
    });
}

function guestCount(text: string): number {
  if (!/^[1-4]$/.test(text)) throw new InvalidArgumentError("Expected 1 to 4.");
  return Number(text);
}

function mebibytes(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError("Expected a whole number of MiB.");
  return Number(text);
}

function checkProtocol(options: CheckOptions, { terminal }: Context): ExitCode {
  const worlds = options.world === undefined ? (Object.keys(WORLDS) as World[]) : [options.world];
  const explored: Explored[] = [];
  for (const world of worlds) {
    const one = exploreWorld(world, options);
    explored.push(one);
    if (!options.json) terminal.out(`${worldText(one, terminal.outStyle)}\n`);
  }
  const met = occurrences(explored.flatMap(({ system }) => [...system.coverage]));
  if (options.json) terminal.out(`${JSON.stringify(asJson(options, explored, met), null, 2)}\n`);
  else terminal.out(`${summaryText(explored, met, terminal.outStyle)}\n`);
  return exitCodeOf(explored);
}

function exploreWorld(world: World, { guests, policy, memory }: CheckOptions): Explored {
  const system = new Handoff(boundsOf(world, guests, policy));
  const beganMs = performance.now();
  const result = explore(system, { memoryBytes: memory * 2 ** 20 });
  return { world, system, result, seconds: (performance.now() - beganMs) / 1000 };
}

function exitCodeOf(explored: readonly Explored[]): ExitCode {
  if (explored.some(({ result }) => result.verdict === "violated")) return EXIT.violated;
  return explored.some(({ result }) => result.verdict === "inconclusive") ? EXIT.inconclusive : EXIT.ok;
}

function worldText({ world, system, result, seconds }: Explored, style: Style): string {
  const perSecond = Math.round(result.states / Math.max(seconds, 1e-3));
  const lines = [
    `${style.bold(world)}: ${WORLDS[world]}`,
    `  ${result.states} states, ${result.transitions} transitions, depth ${result.depth}, ${perSecond} states/s, ${(result.memoryBytes / 2 ** 20).toFixed(1)} MiB`,
    `  not covered: ${notCovered(system.bounds).join(", ")}`,
  ];
  if (result.verdict === "inconclusive") {
    lines.push(
      style.bad(`  inconclusive: out of memory with ${result.unexplored} states still to be looked at`),
    );
  }
  const { counterexample } = result;
  if (counterexample === undefined) return lines.join("\n");
  const table = tableLines(
    STEP_COLUMNS.map((title, i) => (i === 0 ? right(title) : left(title))),
    stepRows(system, counterexample),
    style,
  );
  return [
    ...lines,
    style.bad(`  violated: ${counterexample.property}: ${counterexample.what}`),
    "",
    ...table,
    "",
    sequenceDiagram(system, counterexample),
  ].join("\n");
}

function summaryText(explored: readonly Explored[], met: ReadonlyMap<string, boolean>, style: Style): string {
  const worlds = explored.map(({ world }) => world);
  const columns = explored.map(({ result }) => safetyVerdicts(result));
  const shown = (verdict: string): string => (verdict === "violated" ? style.bad(verdict) : verdict);
  const rows = (columns[0] ?? []).map(({ property, what }, i) => [
    property,
    ...columns.map((column) => shown(column[i]?.verdict ?? "")),
    what,
  ]);
  const occurred = [...met].map(([what, seen]) => [`${seen ? "yes" : "no"}`, what]);
  return [
    "",
    ...tableLines([left("property"), ...worlds.map(left), left("what it says")], rows, style),
    "",
    ...tableLines([left("occurs"), left("so that the checks are not empty")], occurred, style),
  ].join("\n");
}

function asJson(
  options: CheckOptions,
  explored: readonly Explored[],
  met: ReadonlyMap<string, boolean>,
): unknown {
  return {
    guests: options.guests,
    policy: options.policy,
    worlds: explored.map(({ world, system, result, seconds }) => {
      const { counterexample, ...counts } = result;
      return {
        world,
        bounds: system.bounds,
        ...counts,
        seconds,
        properties: safetyVerdicts(result),
        counterexample: counterexample && {
          property: counterexample.property,
          what: counterexample.what,
          steps: stepRows(system, counterexample).map((row) =>
            Object.fromEntries(STEP_COLUMNS.map((column, i) => [column, row[i] ?? ""])),
          ),
          mermaid: sequenceDiagram(system, counterexample),
        },
      };
    }),
    occurs: Object.fromEntries(met),
  };
}

function sayModel({ model, json }: CheckOptions, { terminal }: Context): ExitCode {
  const found = checkModel(model ?? "rtl8139");
  terminal.out(json ? `${JSON.stringify(found, null, 2)}\n` : `${modelText(found, terminal.outStyle)}\n`);
  return found.hole === undefined ? EXIT.ok : EXIT.violated;
}

function modelText({ model, states, transitions, depth, hole }: ModelFinding, style: Style): string {
  const head = `${style.bold(model)}: ${states} states, ${transitions} transitions, depth ${depth}`;
  if (hole === undefined) return `${head}\nreusable means that the card is done: ${style.good("holds")}`;
  const rows = hole.steps.map(({ what, state }, i) => [String(i + 1), what, state]);
  return [
    head,
    style.bad(`hole: ${hole.what}`),
    "",
    ...tableLines([right("step"), left("what happens"), left("model")], rows, style),
  ].join("\n");
}
