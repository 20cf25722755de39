/** The fault plans of trials: by chance from a seed, as on threads; or as they struck in an earlier run. */
import { type FaultKind, type FaultPlan, noFaults, type Strike } from "../transport/fault-plan.ts";

export {
  defaultFault,
  FAULT_KINDS,
  FAULTS,
  type FaultChoice,
  type FaultKind,
  type FaultPlan,
  noFaults,
  parseFaults,
  type Strike,
  seededFaults,
} from "../transport/fault-plan.ts";

/** The strikes of an earlier run. */
export function listedFaults(strikes: readonly Strike[]): FaultPlan {
  if (strikes.length === 0) return noFaults;
  const opportunities = new Map<FaultKind, number>();
  return (kind) => {
    const at = (opportunities.get(kind) ?? 0) + 1;
    opportunities.set(kind, at);
    return strikes.find((strike) => strike.kind === kind && strike.at === at);
  };
}
