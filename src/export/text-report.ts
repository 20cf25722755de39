/** The report of a run for people: what each guest and card did, then what is out of the ordinary. */
import { NS_PER_MS, NS_PER_S } from "../base/units.ts";
import type { LinuxFetch } from "../engine/linux-report.ts";
import type { RunReport } from "../engine/report.ts";
import type { HttpReport } from "../peers/http/report.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { FAULTS } from "../transport/fault-plan.ts";
import type { FailureAction } from "../vpio/failure.ts";
import { count, duration, hex, NONE, orNone, percent, plural, significant, size } from "./numbers.ts";
import { failuresOf, findingsOf } from "./properties.ts";
import {
  type CardSummary,
  type Count,
  type FlowSummary,
  type GuestSummary,
  type PeerSummary,
  type RunSummary,
  type Share,
  type Spread,
  summarize,
  type UplinkSummary,
} from "./summary.ts";
import { left, PLAIN, right, type Style, tableLines } from "./table.ts";

/** Causes of exits that are named; the others are in the JSON report. */
const CAUSES = 4;

type Lines = readonly string[];

/** Ends with a line break. */
export function textReport(report: RunReport, scenario: Scenario, style: Style = PLAIN): string {
  const summary = summarize(report, scenario);
  const sections: readonly Lines[] = [
    [title(report, style)],
    trafficSection(summary, style),
    exitSection(summary, style),
    ...summary.cards.map((card) => cardSection(card, summary, style)),
    linuxSection(summary, style),
    peerSection(summary, style),
    uplinkSection(summary, style),
    arrivalSection(summary, style),
    violationSection(summary, style),
    memorySection(summary, style),
    faultSection(report, style),
    remarkSection(summary, style),
    verdict(report, scenario, style),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join("\n")}\n`)
    .join("\n");
}

const title = ({ scenario, mode, elapsedNs, seed, engine }: RunReport, style: Style): string =>
  `${style.bold(scenario)}: mode ${mode}, ${duration(elapsedNs)}, seed ${seed}, engine ${engine}`;

function trafficSection({ guests }: RunSummary, style: Style): Lines {
  const columns = [
    left("guest"),
    left("workload"),
    left("card"),
    left("state"),
    right("sent"),
    right("bytes"),
    right("received"),
    right("bytes"),
    right("dropped"),
    left("latency of"),
    right("p50"),
    right("p90"),
    right("p99"),
    right("max"),
  ];
  const rows = guests.map((guest) => {
    const { traffic, latency } = guest;
    return [
      guest.name,
      guest.workload,
      guest.card,
      guest.state.kind,
      orNone(traffic?.sentFrames, count),
      orNone(traffic?.sentBytes, size),
      orNone(traffic?.receivedFrames, count),
      orNone(traffic?.receivedBytes, size),
      count(guest.dropped.reduce((sum, drop) => sum + drop.count, 0)),
      latency.count === 0 ? NONE : guest.latencyOf,
      ...spreadCells(latency, ["p50Ns", "p90Ns", "p99Ns", "maxNs"]),
    ];
  });
  const dropped = guests
    .filter((guest) => guest.dropped.length > 0)
    .map((guest) => `${guest.name} lost ${listCounts(guest.dropped)}`);
  return [style.bold("Guests"), ...tableLines(columns, rows, style), ...dropped];
}

type Figure = "p50Ns" | "p90Ns" | "p99Ns" | "maxNs";

/** Dashes when there is nothing to take percentiles of. */
const spreadCells = (spread: Spread | undefined, figures: readonly Figure[]): readonly string[] =>
  figures.map((figure) => (spread === undefined || spread.count === 0 ? NONE : duration(spread[figure])));

const listCounts = (counts: readonly Count[]): string =>
  counts.map(({ what, count: many }) => `${count(many)} (${what})`).join(", ");

function exitSection({ guests, cards }: RunSummary, style: Style): Lines {
  const columns = [
    left("guest"),
    right("packets"),
    right("exits"),
    right("per packet"),
    right("hooked operations"),
    right("hooked units"),
    right("interrupts"),
    left("most frequent causes, per packet"),
  ];
  const rows = guests.map((guest) => [
    guest.name,
    guest.traffic === undefined ? NONE : count(guest.packets),
    count(guest.exits),
    orNone(guest.exitsPerPacket, significant),
    percentOf(guest.hookedOperations),
    percentOf(guest.hookedUnits),
    count(guest.interrupts),
    guest.causes
      .slice(0, CAUSES)
      .map(({ what, count: many, perPacket }) =>
        perPacket === undefined ? `${what} ${count(many)}×` : `${what} ${significant(perPacket)}`,
      )
      .join(", "),
  ]);
  return [
    style.bold("Exits to the VMM"),
    ...tableLines(columns, rows, style),
    ...cards.flatMap(besideThePaper),
  ];
}

const percentOf = ({ share }: Share): string => orNone(share, percent);

function besideThePaper({ name, kind, exitsPerPacket, paper }: CardSummary): Lines {
  if (exitsPerPacket === undefined) return [];
  const ours = `${name}: ${significant(exitsPerPacket)} exits per packet`;
  return [`${ours}; the paper's ${kind} has ${paper.send} sending, ${paper.receive} receiving`];
}

function cardSection(card: CardSummary, { guests, mode }: RunSummary, style: Style): Lines {
  const { received, sentFrames, sentBytes } = card;
  const missed = (["filtered", "off", "overflow", "refused"] as const)
    .filter((outcome) => received[outcome] > 0)
    .map((outcome) => `, ${count(received[outcome])} ${OUTCOMES[outcome]}`);
  const oversize = card.oversizeFrames > 0 ? ` (${count(card.oversizeFrames)} too long for the segment)` : "";
  const buffer = card.bufferDropped > 0 ? `, ${count(card.bufferDropped)} dropped at its port` : "";
  return [
    `${style.bold(`Card ${card.name}`)}, ${card.kind}`,
    ...(mode === "vpio" ? sharing(card, guests, style) : []),
    `${plural(sentFrames, "frame")} out${oversize}, ${size(sentBytes)}; ${count(received.stored)} in${missed.join("")}${buffer}`,
  ];
}

const OUTCOMES = {
  filtered: "filtered",
  off: "with the receiver off",
  overflow: "with its ring full",
  refused: "not acceptable",
} as const;

function sharing(card: CardSummary, guests: readonly GuestSummary[], style: Style): Lines {
  if (card.holders.length === 0) return ["nobody held it"];
  const columns = [
    left("guest"),
    right("weight"),
    right("held"),
    right("share"),
    right("grants"),
    right("handoff p50"),
    right("p99"),
    right("blocked"),
    right("times"),
    right("p50"),
    right("p99"),
    right("max"),
  ];
  const rows = card.holders.map(({ guest: name, weight, heldNs, share }) => {
    const guest = guests.find((one) => one.name === name);
    const { handoffLatency, blocked } = guest ?? {};
    return [
      name,
      String(weight),
      duration(heldNs),
      percent(share),
      orNone(guest?.grants, count),
      ...spreadCells(handoffLatency, ["p50Ns", "p99Ns"]),
      orNone(blocked?.sumNs, duration),
      orNone(blocked?.count, count),
      ...spreadCells(blocked, ["p50Ns", "p99Ns", "maxNs"]),
    ];
  });
  const fairness = orNone(card.fairness, (index) => index.toFixed(3));
  const handoffs =
    card.handoffs === 0
      ? "no handoffs"
      : `${plural(card.handoffs, "handoff")}, p50 ${duration(card.handoffLatency.p50Ns)}, p99 ${duration(card.handoffLatency.p99Ns)}`;
  const fences = `${plural(card.refusedOperations, "operation")} refused for a stale epoch`;
  const trouble = [
    ...(card.watchdogs > 0 ? [`the watchdog took it away ${plural(card.watchdogs, "time")}`] : []),
    ...(card.fencedOff > 0 ? [`owners fenced off ${plural(card.fencedOff, "time")}`] : []),
  ];
  return [
    ...tableLines(columns, rows, style),
    `fairness of time held (Jain): ${fairness}; ${[handoffs, fences, ...trouble].join("; ")}`,
  ];
}

/** What the shells of the guests that run Linux were told, and what their downloads came to. */
function linuxSection({ guests }: RunSummary, style: Style): Lines {
  const rows = guests.flatMap(({ name, linux }) =>
    (linux?.commands ?? []).map(({ command, state }) => [
      name,
      command,
      state.kind === "ended" ? String(state.status) : COMMAND_STATES[state.kind],
      state.kind === "ended" ? duration(state.ms * NS_PER_MS) : NONE,
    ]),
  );
  const downloads = guests.flatMap(({ name, linux }) =>
    (linux?.fetched ?? []).map((one) => fetched(name, one)),
  );
  if (rows.length === 0 && downloads.length === 0) return [];
  const columns = [left("guest"), left("command"), left("status"), right("time")];
  return [style.bold("Linux"), ...tableLines(columns, rows, style), ...downloads];
}

const COMMAND_STATES = { waits: "not begun", runs: "still runs" } as const;

function fetched(name: string, { bytes, ms, outcome }: LinuxFetch): string {
  const bytesPerS = ms === 0 ? NONE : `${size((bytes * MS_PER_S) / ms)}/s`;
  return `${name} fetched ${size(bytes)} in ${duration(ms * NS_PER_MS)}, ${bytesPerS}, ${OUTCOMES_OF_FETCH[outcome]}`;
}

const OUTCOMES_OF_FETCH = {
  ok: "with the right checksum",
  wrong: "with a WRONG checksum",
  failed: "and it broke off",
} as const;

const MS_PER_S = NS_PER_S / NS_PER_MS;

function peerSection({ peers }: RunSummary, style: Style): Lines {
  if (peers.length === 0) return [];
  const columns = [
    left("peer"),
    left("kind"),
    right("sent"),
    right("received"),
    right("bytes"),
    right("probes p50"),
    right("p99"),
  ];
  const row = (peer: PeerSummary): readonly string[] => [
    peer.name,
    peer.kind,
    count(peer.sentFrames),
    count(peer.receivedFrames),
    size(peer.receivedBytes),
    ...spreadCells(peer.latency, ["p50Ns", "p99Ns"]),
  ];
  const late = peers
    .filter(({ skipped }) => skipped > 0)
    .map(({ name, skipped }) => `${name} was too late to send ${plural(skipped, "probe")}`);
  const served = peers.flatMap(({ name, http }) => (http === undefined ? [] : httpLine(name, http)));
  return [style.bold("Peers"), ...tableLines(columns, peers.map(row), style), ...late, ...served];
}

/** What a server did; what went wrong only when something did. */
function httpLine(name: string, http: HttpReport): string {
  const { requests, refused, reset, timedOut, open, damagedSegments } = http;
  const trouble: readonly (readonly [number, string])[] = [
    [refused, "refused"],
    [reset, "reset by the other side"],
    [timedOut, "timed out"],
    [open, "still open"],
    [damagedSegments, "segments damaged"],
  ];
  return [
    `${name} accepted ${plural(http.accepted, "connection")}`,
    ...trouble.filter(([many]) => many > 0).map(([many, what]) => `${count(many)} ${what}`),
    ...requests.map((answered) => `${plural(answered.count, "answer")} ${answered.status}`),
    `${size(http.servedBytes)} served`,
    `${plural(http.retransmittedSegments, "segment")} sent again`,
  ].join("; ");
}

function uplinkSection({ uplinks }: RunSummary, style: Style): Lines {
  if (uplinks.length === 0) return [];
  const columns = [
    left("uplink"),
    left("to"),
    left("state"),
    right("out"),
    right("bytes"),
    right("in"),
    right("bytes"),
    right("connections"),
  ];
  const row = (uplink: UplinkSummary): readonly string[] => [
    uplink.name,
    uplink.to,
    uplink.state,
    count(uplink.outFrames),
    size(uplink.outBytes),
    count(uplink.inFrames),
    size(uplink.inBytes),
    count(uplink.connections),
  ];
  return [
    style.bold("Uplinks"),
    ...tableLines(columns, uplinks.map(row), style),
    ...uplinks.flatMap(uplinkTrouble),
  ];
}

function uplinkTrouble({ name, dropped, malformed, refused, problem }: UplinkSummary): Lines {
  return [
    ...(dropped.length > 0 ? [`${name} dropped ${listCounts(dropped)}`] : []),
    ...(malformed > 0 ? [`${name} hung up ${plural(malformed, "time")}: what came was no frames`] : []),
    ...(refused > 0 ? [`${name} sent away ${plural(refused, "other")} that wanted in`] : []),
    ...(problem === undefined ? [] : [`${name}: ${problem}`]),
  ];
}

/** The sequence check: only of receivers that probes arrived at. */
function arrivalSection({ guests, peers }: RunSummary, style: Style): Lines {
  const receivers = [...guests, ...peers].filter(({ flows }) => flows.flows > 0);
  if (receivers.length === 0) return [];
  const columns = [
    left("at"),
    right("flows"),
    right("probes"),
    right("missing"),
    right("late"),
    right("twice"),
    right("damaged"),
  ];
  const row = (name: string, flows: FlowSummary): readonly string[] => [
    name,
    ...[flows.flows, flows.received, flows.gaps, flows.late, flows.duplicates, flows.corrupted].map(count),
  ];
  const rows = receivers.map(({ name, flows }) => row(name, flows));
  return [style.bold("Sequence numbers of what arrived"), ...tableLines(columns, rows, style)];
}

const GOT: Readonly<Record<FailureAction, string>> = {
  silent: "nothing",
  "device-interrupt": "a device error",
  "machine-check": "a machine check",
};

function violationSection({ guests }: RunSummary, style: Style): Lines {
  const rows = guests.flatMap(({ name, violations }) =>
    violations.map(({ kind, register, count: many, action, reason }) => [
      name,
      kind,
      register,
      count(many),
      GOT[action],
      reason,
    ]),
  );
  if (rows.length === 0) return [];
  const columns = [
    left("guest"),
    left("what"),
    left("register"),
    right("times"),
    left("it got"),
    left("the first one"),
  ];
  return [style.bold("Violations stopped"), ...tableLines(columns, rows, style)];
}

function memorySection({ guests }: RunSummary, style: Style): Lines {
  const lines = guests.flatMap(({ name, memory, memoryIsGuarded }) => {
    if (memory === undefined) return [];
    const { comparedBytes, changedBytes, firstChanged } = memory;
    const first = firstChanged === undefined ? "" : `, first at ${hex(firstChanged)}`;
    const own = memoryIsGuarded || changedBytes === 0 ? "" : " (its own program may have)";
    const line = `memory of ${name}: ${plural(comparedBytes, "byte")} compared, ${count(changedBytes)} changed${first}${own}`;
    return [memoryIsGuarded && changedBytes > 0 ? style.bad(line) : line];
  });
  return lines.length === 0 ? [] : [style.bold("Memory that nobody should have touched"), ...lines];
}

function faultSection({ faults }: RunReport, style: Style): Lines {
  if (faults.counts.length === 0) return [];
  const columns = [left("fault"), left("what"), right("struck"), right("at most")];
  const rows = faults.counts.map(({ kind, struck, budget }) => [
    kind,
    FAULTS[kind].what,
    count(struck),
    count(budget),
  ]);
  return [style.bold("Faults"), ...tableLines(columns, rows, style)];
}

function remarkSection({ guests }: RunSummary, style: Style): Lines {
  const lines = guests.flatMap(({ name, state, notes }) => [
    ...("reason" in state ? [`${name} ${ENDED[state.kind]}: ${state.reason}`] : []),
    ...notes.map((note) => `${name}: ${note}`),
  ]);
  return lines.length === 0 ? [] : [style.bold("Remarks"), ...lines];
}

const ENDED = { crashed: "crashed", refused: "was refused" } as const;

function verdict(report: RunReport, scenario: Scenario, style: Style): Lines {
  const failures = failuresOf(report).map((failure) => style.bad(`A worker of vpio failed: ${failure}`));
  const findings = findingsOf(report, scenario);
  if (findings.length === 0) {
    return [...failures, ...(failures.length > 0 ? [] : [style.good("All checked properties hold.")])];
  }
  const heading =
    report.mode === "passthrough"
      ? "CORRUPTED. Passthrough protects nobody from the guest that has the card:"
      : "VIOLATED. What must always hold did not:";
  const lines = findings.map(({ property, where, message }) => `  ${property} of ${where}: ${message}`);
  return [...failures, style.bad(heading), ...lines];
}
