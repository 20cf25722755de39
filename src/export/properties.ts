/** What must hold in every run, checked on its report; and the exit code that says so. */
import { EXIT, type ExitCode } from "../base/errors.ts";
import { NS_PER_S } from "../base/units.ts";
import type { CardReport, GuestReport, RunReport } from "../engine/report.ts";
import type { FlowReport } from "../ethernet/flows.ts";
import { formatIpv4Address } from "../ethernet/ipv4.ts";
import { addressName, guestAddress } from "../protocol/address.ts";
import type { Guest, Scenario } from "../scenario/scenario.ts";
import { boundNs, EXCUSES } from "../stress/oracles/progress.ts";
import { sumOf } from "./figures.ts";
import { count, duration, hex, plural } from "./numbers.ts";
import { runsKernel } from "./summarize.ts";

/**
 * What a run's own report can say of the design's properties; the others are judged when a recording of it is replayed.
 *
 * owner (1): no operation reached a card but of the guest that had it. memory (3): nobody but a guest itself changed its
 * memory. wire (5): each frame a driver counts as sent left the card, once. payload (5): nothing arrived damaged. duplicate
 * (5): nothing arrived twice that was sent once. progress (7): no guest waits longer than it may have to.
 */
export type Property = "owner" | "memory" | "wire" | "payload" | "duplicate" | "progress";

/** A property that did not hold. */
export interface Finding {
  readonly property: Property;
  /** The guest, card or peer where it showed. */
  readonly where: string;
  readonly message: string;
}

/** What threads that are woken and put to sleep may add to a wait, on an idle machine, and to spare. */
const SLACK_NS = NS_PER_S;
/** Times that somebody must be woken until a card has gone from one guest to the next, to spare. */
const HANDOFF_STEPS = 10;

/** Frames that a card can have sent before its driver has seen that they are: both cards queue at most 4. */
const QUEUED_FRAMES = 4;

export function findingsOf(report: RunReport, scenario: Scenario): readonly Finding[] {
  const senders = sendersOf(report, scenario);
  const arrivals = arrivalsOf(report, senders, !scenario.guests.some(sendsAnything));
  const doubled = report.faults.counts.find(({ kind }) => kind === "frame-doubled")?.struck ?? 0;
  return [
    ...report.cards.flatMap(ownerFinding),
    ...report.guests.flatMap((guest) => memoryFinding(guest, scenario)),
    ...report.cards.flatMap((card) => wireFinding(card, report)),
    ...arrivals.flatMap(payloadFinding),
    ...arrivals.flatMap((arrived) => duplicateFinding(arrived, senders, doubled)),
    ...report.guests.flatMap((guest) => progressFinding(guest, report, scenario)),
  ];
}

/**
 * Passthrough protects nobody: what happens there is shown and is no violation. A worker that failed is an internal
 * error, whatever else was found.
 */
export function exitCodeOf(report: RunReport, findings: readonly Finding[]): ExitCode {
  if (failuresOf(report).length > 0) return EXIT.internal;
  return findings.length > 0 && report.mode !== "passthrough" ? EXIT.violated : EXIT.ok;
}

/**
 * "guest 1: ..." for each worker that failed by itself: not those that a fault has killed, as it should, nor a program of
 * the user's, which may well never end.
 */
export function failuresOf(report: RunReport): readonly string[] {
  const programs = report.guests.filter(({ workload }) => workload === "program");
  const excused = new Set([
    ...programs.map(({ id }) => addressName(guestAddress(id))),
    ...report.faults.killed,
  ]);
  return report.workers.flatMap(({ name, failure }) =>
    failure === undefined || excused.has(name) ? [] : [`${name}: ${failure}`],
  );
}

function ownerFinding({ name, foreignOperations }: CardReport): readonly Finding[] {
  if (foreignOperations === 0) return [];
  const message = `${plural(foreignOperations, "operation")} of guests that did not have it reached it`;
  return [{ property: "owner", where: name, message }];
}

/**
 * Time is the wall clock's here, and the machine may have other work: what the supervisor itself was late by, each of the
 * steps of a handoff may have been, too. Linux waits in the middle of an instruction, where nobody can ask it how it is.
 */
function progressFinding(guest: GuestReport, report: RunReport, scenario: Scenario): readonly Finding[] {
  const { standstill, state, workload } = guest;
  const card = scenario.cards[guest.card];
  if (standstill === undefined || card === undefined || state.kind !== "running" || workload === "linux")
    return [];
  if (failuresOf(report).length > 0 || hasExcuse(report)) return [];
  const guests = scenario.guests.filter((other) => other.card === guest.card).length;
  const mayNs = boundNs(card, guests) + SLACK_NS + guests * HANDOFF_STEPS * report.lateNs;
  const waitedNs = standstill.untilNs - standstill.sinceNs;
  if (waitedNs <= mayNs) return [];
  const message = `blocked for ${duration(waitedNs)}, since ${duration(standstill.sinceNs)}; ${duration(mayNs)} is the most it may have to wait`;
  return [{ property: "progress", where: guest.name, message }];
}

const hasExcuse = ({ faults }: RunReport): boolean =>
  faults.counts.some(({ kind, struck }) => struck > 0 && EXCUSES.includes(kind));

function memoryFinding({ id, name, memory }: GuestReport, scenario: Scenario): readonly Finding[] {
  const guest = scenario.guests[id];
  if (guest === undefined || !runsKernel(guest) || memory === undefined || memory.changedBytes === 0)
    return [];
  const { changedBytes, comparedBytes, firstChanged } = memory;
  const first = firstChanged === undefined ? "" : `, first at ${hex(firstChanged)}`;
  const message = `${count(changedBytes)} of ${plural(comparedBytes, "byte")} of its memory changed${first}`;
  return [{ property: "memory", where: name, message }];
}

/** A driver counts a frame when the card says that it has left. */
function wireFinding(card: CardReport, report: RunReport): readonly Finding[] {
  const guests = report.guests.filter((guest) => guest.card === card.id && guest.state.kind !== "refused");
  if (failuresOf(report).length > 0 || guests.some(({ software }) => software === undefined)) return [];
  const drivers = guests.flatMap(({ software }) => (software?.driver ? [software.driver] : []));
  const counted = sumOf(drivers, ({ sentFrames }) => sentFrames);
  const missing = counted - card.sentFrames;
  // The VMM's own driver of a fully virtual card may still have them queued.
  if (missing > (report.mode === "vnic" ? QUEUED_FRAMES : 0)) {
    const message = `${plural(missing, "frame")} that the guests' drivers count as sent never left it`;
    return [{ property: "wire", where: card.name, message }];
  }
  const unseen = sumOf(drivers, ({ transmitErrors }) => QUEUED_FRAMES + transmitErrors);
  if (drivers.length === guests.length && -missing > unseen) {
    const message = `${plural(-missing, "frame")} left it that no guest's driver counts as sent`;
    return [{ property: "wire", where: card.name, message }];
  }
  return [];
}

/** Its frames are of the user's making, or were captured elsewhere: damage and repetition in them prove nothing. */
const sendsAnything = ({ workload }: Guest): boolean =>
  workload.kind === "program" || workload.kind === "replay";

/** Those whose frames are known to be sound, by address: each probe once, but for the requests sent again. */
type Senders = ReadonlyMap<string, { readonly retries: number }>;

function sendersOf(report: RunReport, scenario: Scenario): Senders {
  const guests = scenario.guests.filter((guest) => runsKernel(guest) && !sendsAnything(guest));
  const retries = new Map(report.guests.map(({ id, software }) => [id, software?.workload.retries ?? 0]));
  return new Map([
    ...scenario.wire.peers.map(({ ip }) => [formatIpv4Address(ip), { retries: 0 }] as const),
    ...guests.map(({ id, ip }) => [formatIpv4Address(ip), { retries: retries.get(id) ?? 0 }] as const),
  ]);
}

/** What arrived at one guest or peer. */
interface Arrivals {
  readonly where: string;
  readonly flows: readonly FlowReport[];
  /** In those flows, and in what is in none (pings) when nobody sends just anything. */
  readonly corrupted: number;
  /** Requests of its own that it sent again, so that replies may come twice. */
  readonly retries: number;
}

function arrivalsOf(report: RunReport, senders: Senders, judgesPings: boolean): readonly Arrivals[] {
  const damagedIn = (flows: readonly FlowReport[]): number => sumOf(flows, (flow) => flow.corrupted);
  const atGuests = report.guests.flatMap(({ name, software }) =>
    software === undefined ? [] : [{ where: name, ...software.workload }],
  );
  const atPeers = report.peers.map((peer) => ({ where: peer.name, ...peer, retries: 0 }));
  return [...atGuests, ...atPeers].map(({ where, flows, corrupted, retries }) => {
    const sound = flows.filter((flow) => senders.has(addressOf(flow)));
    const inPings = judgesPings ? corrupted - damagedIn(flows) : 0;
    return { where, flows: sound, corrupted: damagedIn(sound) + inPings, retries };
  });
}

/** A flow is named "address/number". */
const addressOf = ({ flow }: FlowReport): string => flow.split("/")[0] ?? "";

function payloadFinding({ where, corrupted }: Arrivals): readonly Finding[] {
  if (corrupted === 0) return [];
  return [{ property: "payload", where, message: `${plural(corrupted, "payload")} arrived damaged` }];
}

/** `doubled`: frames that faults have doubled, for whomever. */
function duplicateFinding(
  { where, flows, retries }: Arrivals,
  senders: Senders,
  doubled: number,
): readonly Finding[] {
  const unasked = sumOf(flows, (flow) => {
    const allowed = retries + (senders.get(addressOf(flow))?.retries ?? 0);
    return Math.max(0, flow.duplicates - allowed);
  });
  const extra = unasked - doubled;
  if (extra <= 0) return [];
  return [{ property: "duplicate", where, message: `${plural(extra, "frame")} arrived twice` }];
}
