/**
 * `npm run bench:check`: the explorer and Spin on the same protocol in the same worlds, one after the other.
 * The counts must be equal, and the exit code says so; how fast each is depends on the machine, and only
 * their ratio travels.
 */
import { Command, InvalidArgumentError, Option } from "commander";
import { EXIT, type ExitCode, VpioError } from "../src/base/errors.ts";
import { NS_PER_MS } from "../src/base/units.ts";
import type { Bounds } from "../src/check/bodies/contract.ts";
import { explore } from "../src/check/explorer.ts";
import { Handoff } from "../src/check/handoff.ts";
import { boundsOf } from "../src/check/worlds.ts";
import { reportError } from "../src/cli/fault.ts";
import { processTerminal, type Terminal } from "../src/cli/terminal.ts";
import { count, duration, size } from "../src/export/numbers.ts";
import { left, right, tableLines } from "../src/export/table.ts";
import { missingTools, Pan } from "./pan.ts";

const WORLDS: readonly (readonly [name: string, bounds: Bounds])[] = [
  ["order, 2 guests, fifo", boundsOf("order", 2, "fifo")],
  ["order, 3 guests, fifo", boundsOf("order", 3, "fifo")],
  ["card, 2 guests, fair share", { ...boundsOf("card", 2, "fair-share"), frames: false }],
  ["failures, 2 guests, fifo", boundsOf("failures", 2, "fifo")],
];

const MEMORY_BYTES = 8 * 2 ** 30;
const ROUNDS = 3;
const MS_PER_S = 1000;

interface Measured {
  readonly states: number;
  readonly transitions: number;
  readonly memoryBytes: number;
  readonly tookMs: number;
}

/** A way to search a world, and how it went in each round. */
interface Contender {
  readonly name: string;
  readonly search: () => Measured;
  readonly rounds: Measured[];
}

interface World {
  readonly name: string;
  /** Spin without its reductions, against which all are measured; the explorer without symmetry. */
  readonly spin: Contender;
  readonly explorer: Contender;
  readonly others: readonly Contender[];
}

const contender = (name: string, search: () => Measured): Contender => ({ name, search, rounds: [] });

/** Every search begins from nothing: no table is kept from the one before. */
function explored(bounds: Bounds, options: { readonly fixed: number; readonly reduce: boolean }): Measured {
  const beganMs = performance.now();
  const found = explore(new Handoff(bounds), { ...options, memoryBytes: MEMORY_BYTES });
  const tookMs = performance.now() - beganMs;
  if (found.verdict !== "holds") throw new VpioError("INTERNAL", `the explorer is ${found.verdict}`);
  return { ...found, tookMs };
}

function searched(pan: Pan, states: number): Measured {
  const found = pan.search(states);
  if (found.error !== undefined) throw new VpioError("INTERNAL", `Spin finds an error: ${found.error}`);
  return found;
}

/**
 * What is asked of the world, in turns, so that all have the same share of whatever else the machine does.
 */
function measure(name: string, bounds: Bounds, rounds: number, { err }: Terminal): World {
  err(`${name}: compiling\n`);
  const whole = { fixed: bounds.guests, reduce: false };
  const { states } = explored(bounds, whole);
  const plain = new Pan({ bounds, reduce: false, optimize: "-O2" });
  const reduced = new Pan({ bounds, reduce: true, optimize: "-O2" });
  const world: World = {
    name,
    spin: contender("Spin", () => searched(plain, states)),
    explorer: contender("explorer", () => explored(bounds, whole)),
    others: [
      contender("Spin, reductions", () => searched(reduced, states)),
      contender("explorer, reductions", () => explored(bounds, { ...whole, reduce: true })),
      contender("explorer, symmetry", () => explored(bounds, { fixed: 0, reduce: false })),
      contender("explorer, both", () => explored(bounds, { fixed: 0, reduce: true })),
    ],
  };
  for (let round = 1; round <= rounds; round++) {
    err(`${name}: round ${round} of ${rounds}\n`);
    for (const one of contendersOf(world)) one.rounds.push(one.search());
  }
  plain.remove();
  reduced.remove();
  return world;
}

const contendersOf = ({ spin, explorer, others }: World): readonly Contender[] => [spin, explorer, ...others];

/** The round that was disturbed least. */
function best({ rounds }: Contender): Measured {
  return rounds.reduce((least, one) => (one.tookMs < least.tookMs ? one : least));
}

const perSecond = ({ states, tookMs }: Measured): number => (states / tookMs) * MS_PER_S;
const ratioTo = (spin: Contender, one: Contender): number => perSecond(best(one)) / perSecond(best(spin));

function table(worlds: readonly World[], { outStyle }: Terminal): string {
  const columns = [left("world"), left("search"), right("states"), right("transitions"), right("states/s")];
  const rows = worlds.flatMap((world) =>
    contendersOf(world).map((one, i) => {
      const { states, transitions, tookMs, memoryBytes } = best(one);
      return [
        i === 0 ? world.name : "",
        one.name,
        count(states),
        count(transitions),
        count(perSecond(best(one))),
        ratioTo(world.spin, one).toFixed(2),
        duration(tookMs * NS_PER_MS),
        size(memoryBytes),
      ];
    }),
  );
  const all = [...columns, right("of Spin's"), right("whole world"), right("memory")];
  return `${tableLines(all, rows, outStyle).join("\n")}\n`;
}

const isEqual = ({ spin, explorer }: World): boolean =>
  best(spin).states === best(explorer).states && best(spin).transitions === best(explorer).transitions;

function summary(worlds: readonly World[], { outStyle }: Terminal): string {
  const ratios = worlds.map(({ spin, explorer }) => ratioTo(spin, explorer));
  const verdict = worlds.every(isEqual)
    ? outStyle.good("The counts are equal.")
    : outStyle.bad("The counts DIFFER.");
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map((ratio) => ratio.toFixed(2));
  return `\n${verdict} The explorer's states per second are ${least} to ${most} times Spin's.\n`;
}

function dataOf({ name, spin, explorer, others }: World): unknown {
  const searches = [spin, explorer, ...others].map((one) => ({ name: one.name, rounds: one.rounds }));
  return { name, equal: isEqual({ name, spin, explorer, others }), ratio: ratioTo(spin, explorer), searches };
}

function commandOf({ out, err }: Terminal): Command {
  return new Command("bench:check")
    .usage("-- [options]")
    .description("The explorer and Spin (-O2 -DSAFETY) on the same protocol: counts, and states per second.")
    .addOption(
      new Option("--rounds <number>", "of each search; the best one counts")
        .argParser((text) => {
          const rounds = Number(text);
          if (Number.isInteger(rounds) && rounds > 0) return rounds;
          throw new InvalidArgumentError("Expected a whole number from 1.");
        })
        .default(ROUNDS),
    )
    .option("--json", "every round as one line of JSON")
    .helpOption("-h, --help", "print help")
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: err })
    .showHelpAfterError("Try: npm run bench:check -- --help");
}

function main(args: readonly string[], terminal: Terminal): ExitCode {
  const command = commandOf(terminal);
  command.parse(args, { from: "user" });
  const { rounds, json } = command.opts<{ readonly rounds: number; readonly json?: true }>();
  const missing = missingTools();
  if (missing.length > 0) throw new VpioError("USAGE", `needs ${missing.join(" and ")}, not installed here`);
  const worlds = WORLDS.map(([name, bounds]) => measure(name, bounds, rounds, terminal));
  terminal.out(
    json ? `${JSON.stringify(worlds.map(dataOf))}\n` : table(worlds, terminal) + summary(worlds, terminal),
  );
  return worlds.every(isEqual) ? EXIT.ok : EXIT.violated;
}

const terminal = processTerminal(process);
try {
  process.exitCode = main(process.argv.slice(2), terminal);
} catch (error) {
  process.exitCode = reportError(error, terminal);
}
