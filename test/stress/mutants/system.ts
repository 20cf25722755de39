/**
 * What is bundled of vpio, as it is or with a mutant in it: enough to run schedules, and to shrink and replay
 * what fails.
 */
export { replaySchedule, scheduleOf } from "../../../src/stress/counterexample.ts";
export { parseFaults } from "../../../src/stress/fault-plan.ts";
export { playableOf } from "../../../src/stress/plan.ts";
export { runRange } from "../../../src/stress/range.ts";
export { explainSeed, originalOf, replaySaved } from "../../../src/stress/saved.ts";
export { shrink } from "../../../src/stress/shrink.ts";
