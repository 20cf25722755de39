/** A card's hooked list: what each hook is for, by what breaks without it. */
import type { HookedListFindings, HookFinding } from "../check/soundness/necessity.ts";
import type { Specimen } from "../check/soundness/specimen.ts";
import { plural } from "./numbers.ts";
import { brokenText } from "./soundness-report.ts";
import { left, right, type Style, tableLines } from "./table.ts";

const COLUMNS = [
  left("register"),
  left("direction"),
  left("in place"),
  left("without it breaks"),
  right("steps"),
  left("for example"),
];

export function hooksText(specimen: Specimen, findings: HookedListFindings, style: Style): string {
  const { hooks, left: notLooked, broken, stopped } = findings;
  if (broken !== undefined)
    return `the model is broken with all its hooks in place\n${brokenText(broken, style)}\n`;
  const unfinished = `inconclusive: stopped with ${plural(notLooked, "hook")} still to be looked at`;
  return [
    ...tableLines(COLUMNS, hookRows(specimen, hooks), style),
    "",
    ...summary(findings, style),
    ...(stopped ? [style.bad(unfinished)] : []),
    "",
  ].join("\n");
}

function summary(
  { hooks, states, stopped, withoutAll }: HookedListFindings,
  style: Style,
): readonly string[] {
  const needless = hooks.filter(({ without }) => without === undefined).length;
  const needed = hooks.length - needless;
  const all = stopped
    ? `${needed} of the first ${plural(hooks.length, "hook")} are needed`
    : `${needed} of ${plural(hooks.length, "hook")} are needed: that is the minimal hooked list`;
  const lines = [`${all}; what is hooked when was seen in ${plural(states, "state")}`];
  if (withoutAll !== undefined)
    lines.push(
      style.bad(`without the ${needless} others together: ${withoutAll.property}: ${withoutAll.what}`),
    );
  else if (needless > 1 && !stopped)
    lines.push(`without the ${needless} others together nothing breaks either`);
  return lines;
}

interface HookRow {
  readonly names: readonly string[];
  readonly cells: readonly string[];
}

/** Hooks of which the same is to be said share a row. */
function hookRows(specimen: Specimen, hooks: readonly HookFinding[]): readonly (readonly string[])[] {
  const rows = new Map<string, HookRow>();
  for (const finding of hooks) {
    const cells = cellsOf(specimen, finding);
    const key = cells.slice(0, 4).join("|");
    const known = rows.get(key);
    rows.set(key, { names: [...(known?.names ?? []), finding.hook.name], cells: known?.cells ?? cells });
  }
  return [...rows.values()].map(({ names, cells }) => [names.join(", "), ...cells]);
}

function cellsOf({ excuse }: Specimen, { hook, when, without }: HookFinding): readonly string[] {
  if (without === undefined)
    return [hook.direction, when, "nothing", "", excuse(hook) ?? "nothing says why it is there"];
  const { property, steps, what } = without.counterexample;
  return [hook.direction, when, property, String(steps.length), what];
}

export function jsonHooks(model: string, specimen: Specimen, findings: HookedListFindings): unknown {
  const hooks = findings.hooks.map(({ hook, when, without }) => ({
    ...hook,
    when,
    needed: without !== undefined,
    ...(without === undefined
      ? { because: specimen.excuse(hook) }
      : { world: without.world, ...without.counterexample }),
  }));
  return { model, ...findings, hooks };
}
