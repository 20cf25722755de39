/** What is out of the ordinary: sections that a run has only when it happened. */
import type { RunReport } from "../../engine/report.ts";
import { FAULTS } from "../../transport/fault-plan.ts";
import type { FailureAction } from "../../vpio/failure.ts";
import { count, hex, plural } from "../numbers.ts";
import type { RunSummary } from "../summary.ts";
import { left, right, type Style, tableLines } from "../table.ts";
import type { Lines } from "./cells.ts";

const GOT: Readonly<Record<FailureAction, string>> = {
  silent: "nothing",
  "device-interrupt": "a device error",
  "machine-check": "a machine check",
};

export function violationSection({ guests }: RunSummary, style: Style): Lines {
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

export function memorySection({ guests }: RunSummary, style: Style): Lines {
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

export function faultSection({ faults }: RunReport, style: Style): Lines {
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

export function remarkSection({ guests }: RunSummary, style: Style): Lines {
  const lines = guests.flatMap(({ name, state, notes }) => [
    ...("reason" in state ? [`${name} ${ENDED[state.kind]}: ${state.reason}`] : []),
    ...notes.map((note) => `${name}: ${note}`),
  ]);
  return lines.length === 0 ? [] : [style.bold("Remarks"), ...lines];
}

const ENDED = { crashed: "crashed", refused: "was refused" } as const;
