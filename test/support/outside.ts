/** Tests that need something that is not npm's: without it they are left out, and say so; but not in CI, where they fail. */
import { describe } from "vitest";

/** `missing`: what is not there, for people; undefined when all is. `untested`: what nobody has looked at then. */
export function describeWith(missing: string | undefined, untested: string) {
  const skips = missing !== undefined && process.env["CI"] === undefined;
  if (skips) process.stderr.write(`SKIPPED: ${missing}, so ${untested}\n`);
  return describe.skipIf(skips);
}
