/**
 * A counterexample as a file: one JSON object with the scenario, each move of the schedule, the faults, and what they lead
 * to; and, where it was kept, the same of the run before it was shrunk. Moves have their names in one list and stand as
 * numbers: there are few names and many moves.
 */
import { z } from "zod";
import { VpioError } from "../base/errors.ts";
import { parsedJson } from "../base/json.ts";
import { FAULT_KINDS } from "../stress/fault-plan.ts";
import { PROPERTIES, type Property } from "../stress/oracles/oracle.ts";
import type { OriginalRun, SavedCounterexample } from "../stress/saved.ts";
import { parseFile, sourceFields } from "./source-fields.ts";

export const COUNTEREXAMPLE_FORMAT = "vpio counterexample";
const VERSION = 1;

const incident = z.object({ what: z.string(), atNs: z.number(), move: z.number() });
const sizes = z.object({ guests: z.number(), moves: z.number(), switches: z.number() });
/** What a run of a scenario takes, and what it shows. */
const runFields = {
  text: z.string(),
  violation: z.object({
    property: z
      .number()
      .refine((property): property is Property => property in PROPERTIES, "no property of the design"),
    oracle: z.string(),
    incident,
    because: incident.optional(),
  }),
  ending: z.enum(["complete", "quiet", "elapsed", "cut"]),
  strikes: z.array(z.object({ kind: z.enum(FAULT_KINDS), at: z.number(), forNs: z.number() })),
  moves: z.array(z.number()),
} as const;
const run = z.object(runFields);
type Run = z.infer<typeof run>;

const schema = z.object({
  format: z.literal(COUNTEREXAMPLE_FORMAT),
  version: z.literal(VERSION),
  ...sourceFields,
  ...runFields,
  seed: z.number(),
  scheduler: z.string(),
  from: sizes,
  to: sizes,
  names: z.array(z.string()),
  /** As it was before it was shrunk; files of earlier versions have none. */
  original: run.optional(),
});

/** `vpio`: the version that found it. */
export function writeCounterexample(found: SavedCounterexample, vpio: string): string {
  const { source, seed, scheduler, from, to, original } = found;
  const ids = new Map<string, number>();
  const idOf = (name: string): number => {
    const id = ids.get(name) ?? ids.size;
    ids.set(name, id);
    return id;
  };
  const head = {
    format: COUNTEREXAMPLE_FORMAT,
    version: VERSION,
    vpio,
    ...source,
    seed,
    scheduler,
    from,
    to,
  };
  const runs = {
    ...runOf({ ...found, text: source.text }, idOf),
    ...(original !== undefined && { original: runOf(original, idOf) }),
  };
  return `${JSON.stringify({ ...head, names: [...ids.keys()], ...runs })}\n`;
}

function runOf({ text, violation, schedule }: OriginalRun, idOf: (name: string) => number): Run {
  const { decisions, strikes, ending } = schedule;
  return { text, violation, ending, strikes: [...strikes], moves: decisions.map(idOf) };
}

/** Throws a USAGE error that names `name` when `text` is no counterexample of this version. */
export function readCounterexample(
  text: string,
  name: string,
): { readonly found: SavedCounterexample; readonly vpio: string } {
  const read = parseFile(schema, text, name, `counterexample of version ${VERSION}`);
  const { vpio, file, overrides, seed, scheduler, from, to, names, original } = read;
  const { text: scenario, ...shrunk } = readRun(read, names, `${name}: move`);
  const found = {
    source: { file, text: scenario, overrides },
    ...{ seed, scheduler, from, to },
    ...shrunk,
    ...(original !== undefined && { original: readRun(original, names, `${name}: of the original, move`) }),
  };
  return { found, vpio };
}

/** `what`: a move of it. */
function readRun(
  { text, violation, ending, strikes, moves }: Run,
  names: readonly string[],
  what: string,
): OriginalRun {
  const decisions = moves.map((id, i) => {
    const move = names[id];
    if (move === undefined) throw new VpioError("USAGE", `${what} ${i + 1} has no name`);
    return move;
  });
  return {
    text,
    violation: { ...violation, because: violation.because },
    schedule: { decisions, strikes, ending },
  };
}

/** What is in a file that `vpio replay` is given, by its own word: the first one, so that one that is cut off has it. */
export function formatOf(text: string): string | undefined {
  const { data } = z.object({ format: z.string() }).safeParse(parsedJson(text));
  return data?.format ?? /^\{"format":"([^"]*)"/.exec(text)?.[1];
}
