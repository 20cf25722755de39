/**
 * A counterexample as a file: one JSON object with the scenario, each move of the schedule, the faults, and what they lead
 * to. Moves have their names in one list and stand as numbers: there are few names and many moves.
 */
import { z } from "zod";
import { VpioError } from "../base/errors.ts";
import { FAULT_KINDS } from "../stress/fault-plan.ts";
import { PROPERTIES, type Property } from "../stress/oracles/oracle.ts";
import type { SavedCounterexample } from "../stress/saved.ts";
import { parseFile, sourceFields } from "./source-fields.ts";

export const COUNTEREXAMPLE_FORMAT = "vpio counterexample";
const VERSION = 1;

const incident = z.object({ what: z.string(), atNs: z.number(), move: z.number() });
const sizes = z.object({ guests: z.number(), moves: z.number(), switches: z.number() });
const schema = z.object({
  format: z.literal(COUNTEREXAMPLE_FORMAT),
  version: z.literal(VERSION),
  ...sourceFields,
  seed: z.number(),
  scheduler: z.string(),
  violation: z.object({
    property: z
      .number()
      .refine((property): property is Property => property in PROPERTIES, "no property of the design"),
    oracle: z.string(),
    incident,
    because: incident.optional(),
  }),
  from: sizes,
  to: sizes,
  ending: z.enum(["complete", "quiet", "elapsed", "cut"]),
  strikes: z.array(z.object({ kind: z.enum(FAULT_KINDS), at: z.number(), forNs: z.number() })),
  names: z.array(z.string()),
  moves: z.array(z.number()),
});

/** `vpio`: the version that found it. */
export function writeCounterexample(found: SavedCounterexample, vpio: string): string {
  const { source, seed, scheduler, violation, schedule, from, to } = found;
  const ids = new Map<string, number>();
  const moves = schedule.decisions.map((name) => {
    const id = ids.get(name) ?? ids.size;
    ids.set(name, id);
    return id;
  });
  const { ending, strikes } = schedule;
  const head = { format: COUNTEREXAMPLE_FORMAT, version: VERSION, vpio, ...source, seed, scheduler };
  return `${JSON.stringify({ ...head, violation, from, to, ending, strikes, names: [...ids.keys()], moves })}\n`;
}

/** Throws a USAGE error that names `name` when `text` is no counterexample of this version. */
export function readCounterexample(
  text: string,
  name: string,
): { readonly found: SavedCounterexample; readonly vpio: string } {
  const read = parseFile(schema, text, name, `counterexample of version ${VERSION}`);
  const { vpio, file, text: scenario, overrides, violation, ending, strikes, names, moves, ...rest } = read;
  const { seed, scheduler, from, to } = rest;
  const decisions = moves.map((id, i) => {
    const move = names[id];
    if (move === undefined) throw new VpioError("USAGE", `${name}: move ${i + 1} has no name`);
    return move;
  });
  const found = {
    source: { file, text: scenario, overrides },
    ...{ seed, scheduler, from, to },
    violation: { ...violation, because: violation.because },
    schedule: { decisions, strikes, ending },
  };
  return { found, vpio };
}

/** What is in a file that `vpio replay` is given, by its own word. */
export function formatOf(text: string): string | undefined {
  const { data } = z.object({ format: z.string() }).safeParse(parsed(text));
  return data?.format;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
