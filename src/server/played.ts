/** Runs of a counterexample, played to their ends. */
import { VpioError } from "../base/errors.ts";
import type { Trace } from "../trace/trace.ts";
import { Branch, type BranchOptions } from "./branch.ts";
import type { StudioSource } from "./source.ts";

/** Throws DIVERGED when its decisions cannot be made any more. */
export function playToEnd(options: BranchOptions): Branch {
  const branch = new Branch(options);
  branch.advance(Number.POSITIVE_INFINITY);
  return branch;
}

/** The run before it was shrunk; undefined where there is none. Throws DIVERGED, and says that it is this one. */
export function originalTrace(source: StudioSource): Trace | undefined {
  if (source.kind !== "counterexample" || source.original === undefined) return undefined;
  try {
    return playToEnd(source.original).trace;
  } catch (error) {
    if (error instanceof VpioError && error.code === "DIVERGED")
      throw new VpioError("DIVERGED", `the original run, ${error.message}`);
    throw error;
  }
}
