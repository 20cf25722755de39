/** What is bundled of vpio to be hunted through, as it is or with a mutant in it. */
export { loadWorkload } from "../../../src/engine/workload-files.ts";
export { readScenario } from "../../../src/scenario/read.ts";
export { replaySchedule, scheduleOf } from "../../../src/stress/counterexample.ts";
export { parseFaults } from "../../../src/stress/fault-plan.ts";
export { runRange } from "../../../src/stress/range.ts";
export { shrink } from "../../../src/stress/shrink.ts";
