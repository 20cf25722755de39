/** The argument of --faults: how it is read, and what the help says of it. */
import { InvalidArgumentError } from "commander";
import { VpioError } from "../base/errors.ts";
import {
  FAULT_KINDS,
  FAULTS,
  type FaultChoice,
  type FaultKind,
  parseFaults,
} from "../transport/fault-plan.ts";

/** As commander wants it: what is wrong with an argument comes with the option's name. */
export function readFaults(text: string): readonly FaultChoice[] {
  try {
    return parseFaults(text);
  } catch (error) {
    if (error instanceof VpioError) throw new InvalidArgumentError(`${error.message}.`);
    throw error;
  }
}

/** A line for each fault, with what it is unless told otherwise. */
export function faultsHelp(): string {
  const width = Math.max(...FAULT_KINDS.map((kind) => kind.length));
  const lines = FAULT_KINDS.map((kind) => {
    const { what, rate, budget } = FAULTS[kind];
    return `  ${kind.padEnd(width)}  ${what} (${rate[0]}/${rate[1]}:${budget})`;
  });
  return [
    "Faults are a list of NAME, NAME=RATE, NAME:MOST or NAME=RATE:MOST. RATE: how",
    "often it strikes when it could; MOST: how many times in a run at most; in",
    "brackets what they are unless told otherwise.",
    ...lines,
  ].join("\n");
}

/** They kill a worker, and what it had recorded is gone with it. */
const KILLERS: readonly FaultKind[] = ["guest-crash", "card-lost"];

/** Throws a USAGE error when a run with these faults could not be recorded; `option` is what wants that. */
export function refuseUnrecordable(faults: readonly FaultChoice[], option: string): void {
  const killers = faults.map(({ kind }) => kind).filter((kind) => KILLERS.includes(kind));
  if (killers.length === 0) return;
  const found = `found ${option} with --faults ${killers.join(", ")}`;
  const why = "a run in which a worker has died has no recording";
  throw new VpioError("USAGE", `${found}, expected faults that kill nobody: ${why}`);
}
