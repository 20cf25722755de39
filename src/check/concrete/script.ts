/** What the guests' programs do in a trace, operation by operation: abstract ones leave open what the concrete ones must be. */
import type { Phase } from "../../devices/model.ts";
import type { Handoff } from "../handoff.ts";
import type { TraceStep } from "../trace.ts";

export type ScriptOp =
  /** A write that traps and does nothing. */
  | "touch"
  /** A write, a read that pass through when the guest has the card. */
  | "write"
  | "read"
  /** Starts a transmit; or queues one that the card will not begin. */
  | "transmit"
  | "programme"
  /** The driver resets the card. */
  | "reset"
  /** Something that the VMM ends a guest for. */
  | "trespass"
  | "halt"
  | "end"
  | "fail";

/** By guest: its operations, in order. */
export type Script = readonly (readonly ScriptOp[])[];

export function scriptOf(system: Handoff, trace: readonly TraceStep[]): Script {
  const script = Array.from({ length: system.bounds.guests }, (): ScriptOp[] => []);
  /** By guest: its newest operation is not answered yet. */
  const open = script.map(() => false);
  for (const { step, state } of trace) {
    const { actor, outcome } = step;
    if (step.outcome.broken !== undefined) break;
    if (typeof actor === "number" && step.message === undefined && step.move === "step") {
      const op = issued(system, state, actor, outcome.sent);
      if (op !== undefined && !open[actor]) script[actor]?.push(op);
    }
    if (typeof actor === "number") open[actor] = system.guest(state, actor).pending;
    if (actor === "arbiter") serve(system, step, state, script);
  }
  return script;
}

function issued(
  system: Handoff,
  state: Int32Array,
  guest: number,
  sent: TraceStep["step"]["outcome"]["sent"],
): ScriptOp | undefined {
  const [first] = sent;
  const { state: chart, inFlight } = system.guest(state, guest);
  if (first?.message.type === "io" && first.message.posted) return "write";
  if (first?.message.type === "io") return first.message.sync ? undefined : "read";
  if (first?.message.type === "exit") return inFlight === "pending" ? "touch" : undefined;
  const name = system.parts.charts.guest.name(chart);
  if (name.includes("halted")) return "halt";
  if (name.includes("ended")) return "end";
  return name.includes("crashed") ? "fail" : undefined;
}

/** The VMM begins to carry out an operation: now it shows what it is. */
function serve(
  system: Handoff,
  { outcome }: TraceStep["step"],
  state: Int32Array,
  script: readonly ScriptOp[][],
): void {
  for (const mark of outcome.marks) {
    if (mark.kind !== "trapped") continue;
    const own = script[mark.guest];
    const { phase, trapped } = system.arbiter(state);
    if (own?.at(-1) === "touch" && trapped !== null) own[own.length - 1] = trapOf(phase, trapped);
  }
}

function trapOf(before: Phase, after: Phase | "fatal"): ScriptOp {
  if (after === "fatal") return "trespass";
  if (after === before) return "touch";
  if (after === "completing") return "transmit";
  return after === "programming" ? "programme" : "reset";
}
