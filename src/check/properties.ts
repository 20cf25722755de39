/** The safety properties, as predicates on a state and what a step out of it does. */
import type { ArbiterData } from "./bodies/arbiter-data.ts";
import { blockOf, GUEST_TO_NIC, type Handoff, NIC_TO_GUEST, type Step } from "./handoff.ts";
import type { Msg } from "./messages.ts";
import type { Mark, SafetyProperty } from "./turn.ts";

/** Messages that a channel may hold: more is a leak. */
const CHANNEL_MAX = 16;

/** What a step breaks, and how. */
export interface Break {
  readonly property: SafetyProperty;
  readonly what: string;
}

/** False for a step that breaks nothing, from whatever state. */
export function mayBreak(system: Handoff, step: Step): boolean {
  const { broken, marks } = step.outcome;
  return broken !== undefined || marks.some(isWatched) || brokenByWant(system, step) !== undefined;
}

const isWatched = ({ kind }: Mark): boolean => kind !== "owned" && kind !== "chosen" && kind !== "due";

/** What `step` out of `before` breaks; undefined when all is well. */
export function brokenBy(system: Handoff, before: Int32Array, step: Step): Break | undefined {
  const { broken, marks } = step.outcome;
  if (broken !== undefined) return { property: broken.property, what: broken.message };
  for (const mark of marks) {
    const found = brokenByMark(system, before, mark, step);
    if (found !== undefined) return found;
  }
  return brokenByWant(system, step);
}

function brokenByMark(system: Handoff, before: Int32Array, mark: Mark, step: Step): Break | undefined {
  switch (mark.kind) {
    case "executed":
      return brokenByExecution(system, before, mark);
    case "injected": {
      const { owner } = system.arbiter(before);
      if (owner === mark.guest || (owner < 0 && arbiterAfter(system, step)?.owner === mark.guest))
        return undefined;
      return {
        property: "own interrupts",
        what: `guest ${mark.guest} is interrupted, guest ${owner} has the card`,
      };
    }
    case "saved":
      return brokenBySave(system, before);
    case "trapped":
      return brokenByTrap(system, before, mark.guest);
    case "exited":
      return brokenByExit(system, before, Number(step.actor));
    case "owned":
    case "chosen":
    case "due":
      return undefined;
  }
}

const isPosted = (message: Msg): boolean =>
  (message.type === "io" || message.type === "fenced") && message.posted;

function brokenByExecution(
  system: Handoff,
  before: Int32Array,
  { guest, epoch, sync }: Extract<Mark, { readonly kind: "executed" }>,
): Break | undefined {
  const arbiter = system.arbiter(before);
  if (arbiter.owner !== guest || arbiter.epoch !== epoch) {
    const owner = arbiter.owner < 0 ? "nobody" : `guest ${arbiter.owner}`;
    const what = `the card executes an operation of guest ${guest} under epoch ${epoch}; the owner is ${owner}`;
    return { property: "one owner", what };
  }
  const back = system.channel(before, blockOf(guest) + NIC_TO_GUEST);
  if (sync || (system.guest(before, guest).refused === 0 && !back.some(isPosted))) return undefined;
  return {
    property: "in order",
    what: `the card executes an operation of guest ${guest} before an earlier one that was refused`,
  };
}

/** An operation of the program may exit only when nothing of the guest is under way to the card. */
function brokenByExit(system: Handoff, before: Int32Array, guest: number): Break | undefined {
  if (system.guest(before, guest).refused > 0) return undefined;
  const block = blockOf(guest);
  const under = [GUEST_TO_NIC, NIC_TO_GUEST].some((at) => system.channel(before, block + at).some(isPosted));
  return under
    ? { property: "in order", what: `guest ${guest} traps while writes are under way` }
    : undefined;
}

/** What is carried out for a guest must not overtake what it has sent to the card itself. */
function brokenByTrap(system: Handoff, before: Int32Array, guest: number): Break | undefined {
  const { epoch } = system.nic(before);
  const own = system.channel(before, blockOf(guest) + GUEST_TO_NIC);
  const overtaken = own.some((message) => message.type === "io" && !message.sync && message.epoch === epoch);
  return overtaken && epoch !== 0
    ? { property: "in order", what: `a trap of guest ${guest} overtakes its own writes` }
    : undefined;
}

function brokenBySave(system: Handoff, before: Int32Array): Break | undefined {
  const { owner, epoch, phase, forced } = system.arbiter(before);
  const nic = system.nic(before);
  const late = system
    .channel(before, blockOf(owner) + GUEST_TO_NIC)
    .some((message) => message.type === "io" && !message.sync && message.epoch === epoch);
  const reasons = [
    [nic.epoch !== 0, `the fence lets epoch ${nic.epoch} through`],
    [nic.transmitter !== "idle", `a transmit is ${nic.transmitter}`],
    [nic.armedFor >= 0, `the receiver still writes to guest ${nic.armedFor}`],
    [phase !== "reusable", `the model says ${phase}`],
    [late && !forced, "operations of the owner are still under way"],
  ] as const;
  const found = reasons.find(([bad]) => bad);
  return found && { property: "quiet save", what: `the card is saved while ${found[1]}` };
}

/** Undefined: it has not moved. */
const arbiterAfter = (system: Handoff, { actor, outcome }: Step): ArbiterData | undefined =>
  actor === "arbiter" ? system.arbiters.named.item(outcome.next) : undefined;

function brokenByWant(system: Handoff, step: Step): Break | undefined {
  const arbiter = arbiterAfter(system, step);
  if (arbiter === undefined) return undefined;
  const { state, owner, wants, desks } = arbiter;
  for (const [guest, { exit, ended }] of desks.entries()) {
    if (exit && !ended && guest !== owner && !wants.includes(guest))
      return { property: "nobody forgotten", what: `guest ${guest} is blocked and not queued for the card` };
  }
  if (owner < 0 || !wants.includes(owner) || !system.parts.charts.arbiter.hasTag(state, "watching"))
    return undefined;
  return { property: "own want", what: `guest ${owner} has the card and is queued for it` };
}

/** True when some channel holds too much. */
export const isOverfull = (system: Handoff, state: Int32Array): boolean =>
  overfull(system, state) !== undefined;

/** A channel that holds too much. */
export function overfull(system: Handoff, state: Int32Array): Break | undefined {
  for (let at = 2; at < state.length; at++) {
    if (at >= 4 && (at - 4) % 5 === 0) continue;
    const held = system.channel(state, at).length;
    if (held > CHANNEL_MAX) return { property: "bounded channels", what: `a channel holds ${held} messages` };
  }
  return undefined;
}

/** True when nothing is left to happen because every guest is over. */
export function isEnd(system: Handoff, state: Int32Array): boolean {
  for (let guest = 0; guest < system.bounds.guests; guest++)
    if (!system.isOver(system.guest(state, guest))) return false;
  return true;
}
