/** How a run stands, from one look at it to the next: a table for a terminal, a line for a log. */
import { NS_PER_S } from "../base/units.ts";
import type { RunReport } from "../engine/report.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { ratio, sumOf } from "./figures.ts";
import { count, duration, NONE, orNone, percent, plural, significant } from "./numbers.ts";
import { summarize } from "./summarize.ts";
import type { GuestSummary, RunSummary } from "./summary.ts";
import { left, PLAIN, right, type Style, tableLines } from "./table.ts";

/** Two looks at one run; `before` is undefined at the first. */
export interface Look {
  readonly before: RunReport | undefined;
  readonly now: RunReport;
  readonly scenario: Scenario;
}

/** What one guest did between two looks. */
interface Pace {
  readonly guest: GuestSummary;
  readonly stateName: string;
  readonly sentPerS: number;
  readonly receivedPerS: number;
  /** Share of the time that it held its card. */
  readonly held: number;
}

/** One line on the run, then a table of its guests; at most `rows` lines in all. */
export function statusTable(look: Look, rows: number, style: Style = PLAIN): readonly string[] {
  const columns = [
    left("guest"),
    left("workload"),
    left("state"),
    right("sent/s"),
    right("recv/s"),
    right("exits/pkt"),
    right("holds"),
    right("blocked"),
  ];
  const paces = pacesOf(look);
  const cells = paces.map(({ guest, stateName, sentPerS, receivedPerS, held }) => [
    guest.name,
    guest.workload,
    guest.state.kind === "running" ? processorState(stateName) : style.bad(guest.state.kind),
    guest.traffic === undefined ? NONE : count(sentPerS),
    guest.traffic === undefined ? NONE : count(receivedPerS),
    orNone(guest.exitsPerPacket, significant),
    percent(held),
    duration(guest.blocked.sumNs),
  ]);
  const lines = [statusLine(look), ...tableLines(columns, cells, style)];
  if (lines.length <= rows) return lines;
  const shown = Math.max(1, rows - 1);
  return [...lines.slice(0, shown), style.dim(`and ${plural(lines.length - shown, "guest")} more`)];
}

/** "cpu.halted card.held" as "halted": what its processor does. */
const processorState = (stateName: string): string => stateName.split(" ")[0]?.split(".").at(-1) ?? "";

/** "1.25 s of 5.00 s: 2 guests running, 4,871 frames/s sent, ...". */
export function statusLine(look: Look): string {
  const { totals, guests } = summarize(look.now, look.scenario);
  const paces = pacesOf(look);
  const running = guests.filter(({ state }) => state.kind === "running").length;
  const parts = [
    `${plural(running, "guest")} running`,
    `${count(sumOf(paces, ({ sentPerS }) => sentPerS))} sent/s`,
    `${count(sumOf(paces, ({ receivedPerS }) => receivedPerS))} received/s`,
    `${orNone(totals.exitsPerPacket, significant)} exits/packet`,
    plural(totals.handoffs, "handoff"),
    ...(totals.violations > 0 ? [`${plural(totals.violations, "violation")} stopped`] : []),
  ];
  return `${duration(look.now.elapsedNs)} of ${duration(look.scenario.durationNs)}: ${parts.join(", ")}`;
}

function pacesOf({ before, now, scenario }: Look): readonly Pace[] {
  const earlier: RunSummary | undefined = before && summarize(before, scenario);
  const elapsedNs = now.elapsedNs - (before?.elapsedNs ?? 0);
  const perS = (frames: number): number => ratio(frames * NS_PER_S, elapsedNs) ?? 0;
  return summarize(now, scenario).guests.map((guest, i) => {
    const was = earlier?.guests[i]?.traffic;
    const heldNs = (now.guests[i]?.vmm.heldNs ?? 0) - (before?.guests[i]?.vmm.heldNs ?? 0);
    return {
      guest,
      stateName: now.guests[i]?.stateName ?? "",
      sentPerS: perS((guest.traffic?.sentFrames ?? 0) - (was?.sentFrames ?? 0)),
      receivedPerS: perS((guest.traffic?.receivedFrames ?? 0) - (was?.receivedFrames ?? 0)),
      held: Math.min(1, Math.max(0, ratio(heldNs, elapsedNs) ?? 0)),
    };
  });
}
