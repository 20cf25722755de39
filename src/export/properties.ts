/** What must hold in every run, checked on its report; and the exit code that says so. */
import { EXIT, type ExitCode } from "../base/errors.ts";
import type { CardReport, GuestReport, RunReport } from "../engine/report.ts";
import type { FlowReport } from "../ethernet/flows.ts";
import { formatIpv4Address } from "../ethernet/ipv4.ts";
import { addressName, guestAddress } from "../protocol/address.ts";
import type { Guest, Scenario } from "../scenario/scenario.ts";
import { sumOf } from "./figures.ts";
import { count, hex, plural } from "./numbers.ts";
import { runsKernel } from "./summarize.ts";

/**
 * memory: nobody but a guest itself changed its memory. wire: each frame a driver counts as sent left the card, once.
 * payload: nothing arrived damaged. duplicate: nothing arrived twice that was sent once.
 */
export type Property = "memory" | "wire" | "payload" | "duplicate";

/** A property that did not hold. */
export interface Finding {
  readonly property: Property;
  /** The guest, card or peer where it showed. */
  readonly where: string;
  readonly message: string;
}

/** Frames that a card can have sent before its driver has seen that they are: both cards queue at most 4. */
const QUEUED_FRAMES = 4;

export function findingsOf(report: RunReport, scenario: Scenario): readonly Finding[] {
  const senders = sendersOf(report, scenario);
  const arrivals = arrivalsOf(report, senders, !scenario.guests.some(sendsAnything));
  const doubled = report.faults.counts.find(({ kind }) => kind === "frame-doubled")?.struck ?? 0;
  return [
    ...report.guests.flatMap((guest) => memoryFinding(guest, scenario)),
    ...report.cards.flatMap((card) => wireFinding(card, report)),
    ...arrivals.flatMap(payloadFinding),
    ...arrivals.flatMap((arrived) => duplicateFinding(arrived, senders, doubled)),
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
