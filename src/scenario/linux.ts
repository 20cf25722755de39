/** What cannot have a Linux guest in it says so. */
import { VpioError } from "../base/errors.ts";
import type { Scenario } from "./scenario.ts";

/** Throws a USAGE error when `scenario` has a guest that runs Linux: a run of it cannot have what `option` wants. */
export function refuseLinux({ guests }: Scenario, option: string): void {
  const linux = guests.find(({ workload }) => workload.kind === "linux");
  if (linux === undefined) return;
  const why = "its virtual PC keeps time by the wall clock, and could not be replayed";
  throw new VpioError("USAGE", `found ${option} with ${linux.name}, which runs Linux: ${why}`);
}
