/** What every file of a run says of its scenario, and how it is refused when it is no such file. */
import { z } from "zod";
import { VpioError } from "../base/errors.ts";
import { MODES } from "../scenario/scenario.ts";

export const sourceFields = {
  /** The version of vpio that wrote the file: another one may behave otherwise. */
  vpio: z.string(),
  /** Where the scenario was, for the files it names; and what it said. */
  file: z.string(),
  text: z.string(),
  overrides: z.object({
    mode: z.enum(MODES).optional(),
    seed: z.number().optional(),
    durationNs: z.number().optional(),
  }),
} as const;

/** `text` as `schema` says. Throws a USAGE error that names `name` when it is no `what`, such as "recording of version 1". */
export function parseFile<T>(schema: z.ZodType<T>, text: string, name: string, what: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new VpioError("USAGE", `${name}: found no ${what}: ${whyNot(error)}`);
  }
}

/** Of JSON that is cut off or damaged: where; of another object: the first field that is wrong. */
function whyNot(error: unknown): string {
  if (error instanceof z.ZodError) return `${error.issues[0]?.path.join(".")}: ${error.issues[0]?.message}`;
  return error instanceof Error ? error.message : String(error);
}
