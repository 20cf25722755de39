/** What guests sent and received, and what it took the VMM. */
import { count, NONE, orNone, percent, significant, size } from "../numbers.ts";
import type { CardSummary, RunSummary, Share } from "../summary.ts";
import { left, right, type Style, tableLines } from "../table.ts";
import { type Lines, listCounts, spreadCells } from "./cells.ts";

/** Causes of exits that are named; the others are in the JSON report. */
const CAUSES = 4;

export function trafficSection({ guests }: RunSummary, style: Style): Lines {
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

export function exitSection({ guests, cards }: RunSummary, style: Style): Lines {
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
  if (paper === undefined) return [`${ours}; the paper has no ${kind}`];
  return [`${ours}; the paper's ${kind} has ${paper.send} sending, ${paper.receive} receiving`];
}
