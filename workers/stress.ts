/** A worker of a stress campaign: runs ranges of seeds. */
import { Piscina } from "piscina";
import { loadWorkload } from "../src/engine/workload-files.ts";
import { runRange, type SeedRange, type StressBrief, type StressTally } from "../src/stress/range.ts";

const brief = Piscina.workerData as StressBrief;
const workloads = Promise.all(brief.scenario.guests.map(({ workload }) => loadWorkload(workload)));

export default async (range: SeedRange): Promise<StressTally> => runRange(brief, await workloads, range);
