/** What cannot have a Linux guest in it says so. */
import { VpioError } from "../base/errors.ts";
import type { Scenario } from "./scenario.ts";

/** Throws a USAGE error when `scenario` has a guest that runs Linux: it cannot be had with `what`. */
export function refuseLinux({ file, guests }: Scenario, what: string): void {
  const linux = guests.filter(({ workload }) => workload.kind === "linux");
  if (linux.length === 0) return;
  const names = linux.map(({ name }) => name).join(", ");
  const why = "its virtual PC keeps time by the wall clock, and nothing can schedule, record or replay it";
  throw new VpioError(
    "USAGE",
    `${file}: found guests that run Linux (${names}), expected none with ${what}: ${why}`,
  );
}
