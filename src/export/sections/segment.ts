/** The other ends of the segment: peers and uplinks, and in which order what was sent arrived. */
import type { HttpReport } from "../../peers/http/report.ts";
import { count, plural, size } from "../numbers.ts";
import type { FlowSummary, PeerSummary, RunSummary, UplinkSummary } from "../summary.ts";
import { left, right, type Style, tableLines } from "../table.ts";
import { type Lines, listCounts, spreadCells } from "./cells.ts";

export function peerSection({ peers }: RunSummary, style: Style): Lines {
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

export function uplinkSection({ uplinks }: RunSummary, style: Style): Lines {
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
export function arrivalSection({ guests, peers }: RunSummary, style: Style): Lines {
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
