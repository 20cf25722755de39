/** The shells of the guests that run Linux. */
import { NS_PER_MS, NS_PER_S } from "../../base/units.ts";
import type { LinuxFetch } from "../../engine/linux-report.ts";
import { duration, NONE, size } from "../numbers.ts";
import type { RunSummary } from "../summary.ts";
import { left, right, type Style, tableLines } from "../table.ts";
import type { Lines } from "./cells.ts";

/** What the shells of the guests that run Linux were told, and what their downloads came to. */
export function linuxSection({ guests }: RunSummary, style: Style): Lines {
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
