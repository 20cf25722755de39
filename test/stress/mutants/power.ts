/**
 * How soon each mutant is found, by each of three schedulers: `npm run bench:power`. Prints a table; with
 * --write it goes into docs/power.md, between the lines that mark its place.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { packageRoot } from "../../../src/engine/root.ts";
import type { Size } from "../../../src/stress/shrink.ts";
import { loadSystem } from "./bundle.ts";
import { type Found, find, type Ground, groundOf, movesOf, shorten } from "./hunt.ts";
import type { Mutant } from "./mutant.ts";
import { MUTANTS } from "./table.ts";

const KINDS = ["random", "pct", "delay"] as const;
type Kind = (typeof KINDS)[number];

interface Options {
  /** Times that a mutant is looked for by each scheduler, from another seed on. */
  readonly starts: number;
  /** Schedules after which it counts as not found. */
  readonly cap: number;
  /** Runs to try when shrinking, for each of its two parts. */
  readonly attempts: number;
}

interface Power {
  readonly mutant: Mutant;
  /** Median of the schedules that it took; Infinity when at least half of the starts found nothing. */
  readonly schedules: Readonly<Record<Kind, number>>;
  /** Undefined: it cannot be shrunk, as a run that differs from itself. */
  readonly shrunk: Size | undefined;
}

const MARK = { begin: "<!-- table: npm run bench:power -- --write -->", end: "<!-- end of table -->" };

/** The middle one of an odd number, the greater middle one of an even number. */
function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.POSITIVE_INFINITY;
}

const startsOf = (ground: Ground, kind: Kind, { starts, cap }: Options): readonly (Found | undefined)[] =>
  Array.from({ length: starts }, (_, i) => find(ground, kind, { first: i * cap, count: cap }));

async function powerOf(mutant: Mutant, expectedMoves: number, options: Options): Promise<Power> {
  const system = await loadSystem(mutant.name, mutant.patches);
  const ground = await groundOf(system, mutant.scene, expectedMoves);
  const found = KINDS.map((kind) => ({ kind, found: startsOf(ground, kind, options) }));
  const schedules = Object.fromEntries(
    found.map(({ kind, found: each }) => [
      kind,
      median(each.map((one) => one?.schedules ?? Number.POSITIVE_INFINITY)),
    ]),
  ) as Record<Kind, number>;
  const [first] = found.flatMap(({ kind, found: each }) =>
    each.flatMap((one) => (one === undefined ? [] : [{ kind, seed: one.failure.seed }])),
  );
  const counterexample = first && (await shorten(ground, first.kind, first.seed, options.attempts));
  return { mutant, schedules, shrunk: counterexample?.to };
}

function table(powers: readonly Power[], { cap }: Options): string {
  const schedules = (value: number): string => (Number.isFinite(value) ? String(value) : `> ${cap}`);
  const rows = powers.map(({ mutant, schedules: by, shrunk }) => [
    mutant.name,
    mutant.what,
    mutant.properties.join(", "),
    ...KINDS.map((kind) => schedules(by[kind])),
    ...(shrunk === undefined ? ["–", "–", "–"] : [shrunk.guests, shrunk.moves, shrunk.switches].map(String)),
  ]);
  const titles = ["mutant", "what is wrong", "property", ...KINDS, "guests", "moves", "changes of actor"];
  const lines = [titles, titles.map((_, i) => (i < 2 ? "---" : "---:")), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/**
 * Of how many mutants each scheduler is the quickest, alone or beside others; and how many it finds at all.
 */
function summary(powers: readonly Power[]): string {
  const each = KINDS.map((kind) => {
    const quickest = powers.filter(
      ({ schedules }) => schedules[kind] <= Math.min(...Object.values(schedules)),
    );
    const found = powers.filter(({ schedules }) => Number.isFinite(schedules[kind]));
    return `\`${kind}\` finds ${found.length} of ${powers.length}, and no other finds ${quickest.length} of them sooner`;
  });
  return `${each.join("; ")}.`;
}

function write(text: string): void {
  const file = join(packageRoot(), "docs/power.md");
  const whole = readFileSync(file, "utf8");
  const [head, rest] = whole.split(MARK.begin);
  const tail = rest?.split(MARK.end)[1];
  if (head === undefined || tail === undefined) throw new Error(`${file} has no place for the table`);
  writeFileSync(file, `${head}${MARK.begin}\n\n${text}\n\n${MARK.end}${tail}`);
}

const { values } = parseArgs({
  options: {
    starts: { type: "string", default: "10" },
    cap: { type: "string", default: "100" },
    attempts: { type: "string", default: "200" },
    mutant: { type: "string" },
    write: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
  },
});
const options = { starts: Number(values.starts), cap: Number(values.cap), attempts: Number(values.attempts) };
const chosen = MUTANTS.filter(({ name }) => values.mutant === undefined || name.includes(values.mutant));
const sound = await loadSystem("none", []);
const powers: Power[] = [];
for (const mutant of chosen) {
  process.stderr.write(`${powers.length + 1} of ${chosen.length}: ${mutant.name}\n`);
  powers.push(await powerOf(mutant, await movesOf(sound, mutant.scene), options));
}
const text = `${table(powers, options)}\n\n${summary(powers)}`;
if (values.write) write(text);
process.stdout.write(values.json ? `${JSON.stringify(powers)}\n` : `${text}\n`);
