/** What was found about a device model: for people, and as data. */
import type { ModelWorldFinding } from "../check/soundness/check-model.ts";
import type { Counterexample, Searched } from "../check/soundness/search.ts";
import type { Specimen } from "../check/soundness/specimen.ts";
import { PROPERTIES, type PropertyName } from "../check/soundness/subject.ts";
import type { Walked } from "../check/soundness/walk.ts";
import { count, plural } from "./numbers.ts";
import { left, right, type Style, tableLines } from "./table.ts";

const RAN_OUT = { memory: "out of memory", time: "out of time", patience: "stopped" } as const;

/** The steps of a way, and what the model took the card for after each. */
function stepsText({ steps }: Counterexample, style: Style): string {
  const rows = steps.map(({ what, state }, i) => [String(i + 1), what, state]);
  return tableLines([right("step"), left("what happens"), left("model")], rows, style).join("\n");
}

/** What is broken, and the way to it. */
export const brokenText = (found: Counterexample, style: Style): string =>
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

/** `bounded`: nothing breaks it on the ways that were searched, and there are longer ones. */
type PropertyVerdict = "holds" | "bounded" | "broken" | "unknown";

const VERDICTS: Readonly<Record<PropertyVerdict, string>> = {
  holds: "holds",
  bounded: "holds within the bounds",
  broken: "broken",
  unknown: "unknown",
};

/** A broken property says nothing of the others, nor does a search that was not finished. */
function verdictsOf(
  findings: readonly ModelWorldFinding[],
  worlds: number,
): ReadonlyMap<PropertyName, PropertyVerdict> {
  const broken = findings.flatMap(({ result }) => result.counterexamples.map(({ property }) => property));
  const verdicts = new Set(findings.map(({ result }) => result.verdict));
  const whole = findings.length === worlds && !verdicts.has("broken") && !verdicts.has("inconclusive");
  const other = !whole ? "unknown" : verdicts.has("bounded") ? "bounded" : "holds";
  const names = Object.keys(PROPERTIES) as PropertyName[];
  return new Map(names.map((name) => [name, broken.includes(name) ? "broken" : other]));
}

export function modelText(specimen: Specimen, findings: readonly ModelWorldFinding[], style: Style): string {
  const paint = { holds: style.good, bounded: style.good, broken: style.bad, unknown: style.dim };
  const verdicts = [...verdictsOf(findings, specimen.worlds.length)].map(([name, verdict]) => [
    name,
    paint[verdict](VERDICTS[verdict]),
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
  const bounded = findings.some(({ result }) => result.verdict === "bounded");
  return [
    ...(missing.length > 0 ? [`the worlds ${missing.join(", ")}`] : []),
    ...(bounded ? ["longer ways than those"] : []),
    "register values and frames that no world has",
    "two things in the middle of one of the VMM's programs",
    "what a refused access shows the guest",
    "what is read of a card after its guest has done what the card's README declares to differ",
  ];
}

export function paperText(
  model: string,
  { counterexamples, states, transitions, verdict, depth, ranOut }: Searched,
  style: Style,
): string {
  const extent = `ways of up to ${plural(depth, "step")}`;
  const size = `${count(states)} states, ${count(transitions)} transitions, ${extent}`;
  const early = ranOut === undefined ? "" : style.bad(`: ${RAN_OUT[ranOut]} before the end`);
  const head = `${style.bold(model)}: ${size}${early}`;
  if (verdict === "inconclusive") return `${head}\n`;
  const holes = counterexamples.map(
    (found, i) => `\n${style.bold(`hole ${i + 1}`)}  ${brokenText(found, style)}\n`,
  );
  return [
    head,
    `${plural(counterexamples.length, "hole")}, each on a shortest way on which all was well before`,
    ...holes,
  ].join("\n");
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
