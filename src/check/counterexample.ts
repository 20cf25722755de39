/** A counterexample for people: its steps as rows of a table, and as a Mermaid sequence diagram. */
import { SequenceDiagram } from "../base/sequence-diagram.ts";
import type { Handoff } from "./handoff.ts";
import { describeMsg, type Msg } from "./messages.ts";
import type { TraceStep } from "./trace.ts";
import type { Peer } from "./turn.ts";

const nameOf = (peer: Peer): string => (typeof peer === "number" ? `guest ${peer}` : peer);
const participantOf = (peer: Peer): string => (typeof peer === "number" ? `g${peer}` : peer);

/** As `describeMsg`, with the guest that a message is about. */
const textOf = (message: Msg): string =>
  message.type === "vmm" && message.what === "restore"
    ? `restore guest ${message.guest}`
    : describeMsg(message);

/** Steps that show that a property does not hold. */
export interface Shown {
  readonly property: string;
  readonly what: string;
  readonly trace: readonly TraceStep[];
}

export const STEP_COLUMNS = ["step", "who", "what happens", "arbiter", "nic", "guests"] as const;

/** One row for each step, columns as STEP_COLUMNS; states are those after the step. */
export function stepRows(system: Handoff, { trace }: Pick<Shown, "trace">): readonly (readonly string[])[] {
  return trace.map((taken, i) => [
    String(i + 1),
    nameOf(taken.step.actor),
    whatHappens(taken),
    ...states(system, taken),
  ]);
}

function whatHappens({ step }: TraceStep): string {
  const notes = step.outcome.notes.join(", ");
  if (step.message === undefined || step.from === undefined) return notes === "" ? step.move : notes;
  const received = `gets ${textOf(step.message)} from ${nameOf(step.from)}`;
  return notes === "" ? received : `${received}; ${notes}`;
}

function states(system: Handoff, { step, state }: TraceStep): readonly string[] {
  if (step.outcome.broken !== undefined) return ["", "", ""];
  const { charts } = system.parts;
  const arbiter = system.arbiter(state);
  const owner = arbiter.owner < 0 ? "" : ` (guest ${arbiter.owner})`;
  const guests = Array.from({ length: system.bounds.guests }, (_, guest) => {
    const { dead, state: chart } = system.guest(state, guest);
    return dead ? "dead" : charts.guest.name(chart).replace("cpu.", "").replace("card.", "");
  });
  const nic = charts.nic.name(system.nic(state).state).replace("fence.", "").replace(" phy.idle", "");
  return [`${charts.arbiter.name(arbiter.state)}${owner}`, nic.replace(" phy.", ", "), guests.join(" | ")];
}

/** A Mermaid sequence diagram; an arrow stands where its message arrives. */
export function sequenceDiagram(system: Handoff, { trace, property, what }: Shown): string {
  const peers: readonly Peer[] = [...Array(system.bounds.guests).keys(), "arbiter", "nic"];
  const diagram = new SequenceDiagram(
    peers.map((peer) => ({ key: participantOf(peer), name: nameOf(peer) })),
  );
  for (const { step } of trace) {
    const to = participantOf(step.actor);
    if (step.message !== undefined && step.from !== undefined)
      diagram.message(participantOf(step.from), to, textOf(step.message));
    const notes = step.outcome.notes.join(", ");
    if (notes !== "") diagram.note([to], notes);
  }
  diagram.note(["g0", "nic"], `${property} is broken: ${what}`);
  return diagram.text;
}
