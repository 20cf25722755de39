/** What each card did, and who had it for how long. */
import { count, duration, orNone, percent, plural, size } from "../numbers.ts";
import type { CardSummary, GuestSummary, RunSummary } from "../summary.ts";
import { left, right, type Style, tableLines } from "../table.ts";
import { type Lines, spreadCells } from "./cells.ts";

export function cardSection(card: CardSummary, { guests, mode }: RunSummary, style: Style): Lines {
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
