/**
 * The three modes on both cards: frames per second at full load; exits per packet at an easy pace beside the paper's
 * figures 7 and 8, and the share of port I/O that is hooked beside its figure 9. Rates are of this machine at this moment;
 * exits and shares travel.
 */

import { NS_PER_S } from "../src/base/units.ts";
import type { RunReport } from "../src/engine/report.ts";
import { runOnThreads } from "../src/engine/threads.ts";
import { type PaperCard, paperExits } from "../src/export/paper.ts";
import { readScenario } from "../src/scenario/read.ts";
import type { Mode } from "../src/scenario/scenario.ts";

export type TrafficDirection = "send" | "receive";

export interface ModeRow {
  readonly card: PaperCard;
  readonly direction: TrafficDirection;
  readonly mode: Mode;
  readonly framesPerS: number;
  readonly exitsPerPacket: number;
  readonly paperExitsPerPacket: number;
  /** Of the guest's port operations, a string operation counted once; and of its units. In percent. */
  readonly hookedOperations: number;
  readonly hookedUnits: number;
}

const MODES: readonly Mode[] = ["passthrough", "vpio", "vnic"];
const RUN_S = 1.5;
/** Frames per second that no mode has trouble with, and that every mode has. */
const EASY_RATE = 200;
const FULL_RATE = 20_000;

function scenarioText(card: PaperCard, direction: TrafficDirection, framesPerS: number): string {
  const sends = direction === "send";
  const workload = sends
    ? `{ kind: stream, to: sink, size: 1400, rate: ${framesPerS} }`
    : "{ kind: receive }";
  const peer = sends
    ? "{ kind: sink, name: sink }"
    : `{ kind: source, name: feed, to: [alice], rate: ${framesPerS}, size: 1400, start: 100ms }`;
  return `
name: bench-${card}-${direction}
duration: ${RUN_S}s
wire: { rate: 100Mbit/s, peers: [${peer}] }
cards: [{ name: card0, kind: ${card}, rate: 100Mbit/s }]
guests: [{ name: alice, workload: ${workload} }]
`;
}

/** Runs every card, direction and mode: about half a minute. `onRow` is called as each is done. */
export async function modesBench(
  onRow: (row: ModeRow) => void = () => undefined,
): Promise<readonly ModeRow[]> {
  const rows: ModeRow[] = [];
  for (const card of ["rtl8139", "ne2000"] as const) {
    for (const direction of ["send", "receive"] as const) {
      for (const mode of MODES) {
        const row = await measure(card, direction, mode);
        onRow(row);
        rows.push(row);
      }
    }
  }
  return rows;
}

async function measure(card: PaperCard, direction: TrafficDirection, mode: Mode): Promise<ModeRow> {
  const full = await run(card, direction, mode, FULL_RATE);
  const easy = await run(card, direction, mode, EASY_RATE);
  const { io, packets } = countsOf(easy);
  return {
    card,
    direction,
    mode,
    framesPerS: countsOf(full).packets / (full.elapsedNs / NS_PER_S),
    exitsPerPacket: (easy.guests[0]?.vmm.exits ?? 0) / Math.max(1, packets),
    paperExitsPerPacket: paperExits(card, mode)[direction],
    hookedOperations: (100 * io.exits) / Math.max(1, io.operations),
    hookedUnits: (100 * io.exitUnits) / Math.max(1, io.units),
  };
}

async function run(
  card: PaperCard,
  direction: TrafficDirection,
  mode: Mode,
  framesPerS: number,
): Promise<RunReport> {
  const files = { locate: (file: string) => file, read: () => undefined };
  const text = scenarioText(card, direction, framesPerS);
  return (await runOnThreads(readScenario(text, `bench-${card}`, files, { mode }))).report;
}

function countsOf(report: RunReport) {
  const guest = report.guests[0];
  const driver = guest?.software?.driver;
  const packets = (driver?.sentFrames ?? 0) + (driver?.receivedFrames ?? 0);
  return { io: guest?.io ?? { exits: 0, operations: 0, exitUnits: 0, units: 0 }, packets };
}

/** Rows as lines of aligned columns. */
export function modesTable(rows: readonly ModeRow[]): string {
  const head = ["card", "traffic", "mode", "frames/s", "exits/packet", "paper", "hooked ops", "hooked units"];
  const cells = rows.map((row) => [
    row.card,
    row.direction,
    row.mode,
    row.framesPerS.toFixed(0),
    row.exitsPerPacket.toFixed(2),
    row.paperExitsPerPacket.toFixed(1),
    `${row.hookedOperations.toFixed(1)}%`,
    `${row.hookedUnits.toFixed(2)}%`,
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...cells].map((line) => line[i]?.length ?? 0)));
  return [head, ...cells]
    .map((line) =>
      line.map((cell, i) => (i < 3 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  "),
    )
    .join("\n");
}
