/** What was found about a device model: for people, and as data. */
import type { ModelWorldFinding } from "../check/soundness/check-model.ts";
import type { HookedListFindings, HookFinding } from "../check/soundness/necessity.ts";
import type { Counterexample, Searched } from "../check/soundness/search.ts";
import type { Hook, Specimen } from "../check/soundness/specimen.ts";
import { PROPERTIES, type PropertyName } from "../check/soundness/subject.ts";
import type { Walked } from "../check/soundness/walk.ts";
import { count, plural } from "./numbers.ts";
import { left, right, type Style, tableLines } from "./table.ts";

const RAN_OUT = { memory: "out of memory", time: "out of time", patience: "stopped" } as const;

/** The steps of a way, and what the model took the card for after each. */
export function stepsText({ steps }: Counterexample, style: Style): string {
  const rows = steps.map(({ what, state }, i) => [String(i + 1), what, state]);
  return tableLines([right("step"), left("what happens"), left("model")], rows, style).join("\n");
}

const brokenText = (found: Counterexample, style: Style): string =>
  [style.bad(`${found.property}: ${found.what}`), "", stepsText(found, style)].join("\n");

/** "to the end", "up to 7 steps", or what was not looked at. */
function extentOf({ bound, result }: ModelWorldFinding): string {
  switch (result.verdict) {
    case "holds":
      return "to the end";
    case "bounded":
      return `ways of up to ${bound} steps`;
    case "broken":
      return "broken";
    case "inconclusive": {
      const why = RAN_OUT[result.ranOut ?? "patience"];
      return `inconclusive: ${why} at depth ${result.depth}, ${count(result.unexplored)} states not expanded`;
    }
  }
}

export function worldsText(findings: readonly ModelWorldFinding[], style: Style): string {
  const columns = [
    left("world"),
    right("states"),
    right("transitions"),
    right("depth"),
    left("searched"),
    left("has"),
  ];
  const rows = findings.map((finding) => {
    const { states, transitions, depth } = finding.result;
    const { name, what } = finding.world;
    return [style.bold(name), count(states), count(transitions), String(depth), extentOf(finding), what];
  });
  return tableLines(columns, rows, style).join("\n");
}

type PropertyVerdict = "holds" | "broken" | "unknown";

/** A broken property says nothing of the others, nor does a search that was not finished. */
function verdictsOf(
  findings: readonly ModelWorldFinding[],
  worlds: number,
): ReadonlyMap<PropertyName, PropertyVerdict> {
  const broken = findings.flatMap(({ result }) => result.counterexamples.map(({ property }) => property));
  const whole =
    findings.length === worlds && findings.every(({ result }) => /^(holds|bounded)$/.test(result.verdict));
  const names = Object.keys(PROPERTIES) as PropertyName[];
  return new Map(names.map((name) => [name, broken.includes(name) ? "broken" : whole ? "holds" : "unknown"]));
}

export function modelText(specimen: Specimen, findings: readonly ModelWorldFinding[], style: Style): string {
  const verdicts = [...verdictsOf(findings, specimen.worlds.length)].map(([name, verdict]) => [
    name,
    verdict === "broken" ? style.bad(verdict) : verdict,
    PROPERTIES[name],
  ]);
  const counterexamples = findings.flatMap(({ result }) => result.counterexamples);
  return [
    worldsText(findings, style),
    "",
    ...tableLines([left("property"), left("verdict"), left("says")], verdicts, style),
    "",
    `not covered: ${notCovered(specimen, findings).join("; ")}`,
    ...counterexamples.flatMap((found) => ["", brokenText(found, style)]),
    "",
  ].join("\n");
}

function notCovered({ worlds }: Specimen, findings: readonly ModelWorldFinding[]): readonly string[] {
  const missing = worlds.slice(findings.length).map(({ name }) => name);
  return [
    ...(missing.length > 0 ? [`the worlds ${missing.join(", ")}`] : []),
    "longer ways where a bound is given",
    "register values and frames that no world has",
    "two things in the middle of one of the VMM's programs",
    "what a refused access shows the guest",
  ];
}

export function paperText(
  model: string,
  { counterexamples, states, transitions, verdict, depth }: Searched,
  style: Style,
): string {
  const head = `${style.bold(model)}: ${count(states)} states, ${count(transitions)} transitions, depth ${depth}`;
  if (verdict === "inconclusive") return `${head}\n${style.bad("inconclusive: stopped before the end")}\n`;
  const holes = counterexamples.map(
    (found, i) => `\n${style.bold(`hole ${i + 1}`)}  ${brokenText(found, style)}\n`,
  );
  return [
    head,
    `${plural(counterexamples.length, "hole")}, each on a shortest way on which all was well before`,
    ...holes,
  ].join("\n");
}

export function hooksText(specimen: Specimen, findings: HookedListFindings, style: Style): string {
  const { hooks, states, left: notLooked, broken, withoutAll } = findings;
  if (broken !== undefined)
    return `the model is broken with all its hooks in place\n${brokenText(broken, style)}\n`;
  const rows = hookRows(specimen, hooks);
  const needed = hooks.filter(({ without }) => without !== undefined).length;
  return [
    ...tableLines(HOOK_COLUMNS.map(left), rows, style),
    "",
    `${needed} of ${plural(hooks.length, "hook")} are needed: that is the minimal hooked list; it was looked at in ${count(states)} states`,
    ...(notLooked > 0
      ? [style.bad(`inconclusive: stopped with ${plural(notLooked, "hook")} still to be looked at`)]
      : []),
    withoutAll === undefined
      ? "without all of the others together nothing breaks either"
      : style.bad(`without all of the others together: ${withoutAll.property}: ${withoutAll.what}`),
    "",
  ].join("\n");
}

const HOOK_COLUMNS = [
  "register",
  "direction",
  "in place",
  "without it breaks",
  "steps",
  "for example",
] as const;

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

function cellsOf(specimen: Specimen, { hook, when, without }: HookFinding): readonly string[] {
  if (without === undefined) return [hook.direction, when, "not needed", "", excuseOf(specimen, hook)];
  const { property, steps, what } = without.counterexample;
  return [hook.direction, when, property, String(steps.length), what];
}

const excuseOf = ({ excuse }: Specimen, hook: Hook): string => excuse(hook) ?? "nothing says why it is there";

/** As a table of Markdown. */
export function hooksMarkdown(specimen: Specimen, { hooks }: HookedListFindings): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rows = hookRows(specimen, hooks);
  return [line(HOOK_COLUMNS), line(HOOK_COLUMNS.map(() => "---")), ...rows.map(line)].join("\n");
}

export function walkText({ steps, rounds, broken }: Walked, seed: number, style: Style): string {
  const head = `${plural(steps, "step")} at random in ${plural(rounds, "round")}, seed ${seed}`;
  if (broken === undefined) return `${head}: nothing is broken\n`;
  return `${head}\nin world ${broken.world}: ${brokenText(broken.counterexample, style)}\n`;
}

export function jsonModel(
  model: string,
  specimen: Specimen,
  findings: readonly ModelWorldFinding[],
): unknown {
  return {
    model,
    properties: Object.fromEntries(verdictsOf(findings, specimen.worlds.length)),
    notCovered: notCovered(specimen, findings),
    worlds: findings.map(({ world: { name, what }, bound, result, seconds }) => ({
      name,
      what,
      bound,
      seconds,
      ...result,
    })),
  };
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
