/** The scenario language for editors: completion, descriptions and errors while one types. */
import { z } from "zod";
import { scenarioSchema } from "./schema.ts";

/** A JSON schema (draft 2020-12) of what may be written, but for references and sums over several entries. */
export function scenarioJsonSchema(): Readonly<Record<string, unknown>> {
  return { title: "vpio scenario", ...z.toJSONSchema(scenarioSchema, { io: "input" }) };
}
