/** What is bundled with a defect in the product: the explorer, its mutants, and the engine that plays a trace. */
export { concretize, stage } from "../../src/check/concrete/concretize.ts";
export { explore } from "../../src/check/explorer.ts";
export { Handoff, REAL_PARTS } from "../../src/check/handoff.ts";
export { checkLiveness } from "../../src/check/liveness.ts";
export { boundsOf } from "../../src/check/worlds.ts";
export { readCounterexample, writeCounterexample } from "../../src/export/counterexample-file.ts";
export { replaySaved } from "../../src/stress/saved.ts";
export { MUTANTS } from "./mutants.ts";
