/** What cannot have a real network in it says so. */
import { VpioError } from "../base/errors.ts";
import type { Scenario } from "./scenario.ts";

/** Throws a USAGE error when `scenario` has uplinks; `what` cannot have any, because of `why`. */
export function refuseUplinks({ file, wire }: Scenario, what: string, why: string): void {
  if (wire.uplinks.length === 0) return;
  const names = wire.uplinks.map(({ name }) => name).join(", ");
  throw new VpioError("USAGE", `${file}: found uplinks (${names}), expected none with ${what}: ${why}`);
}

/** Why the engine in virtual time has none. */
export const VIRTUAL_TIME = "it runs in virtual time, and no real network does";
