/** Which parts of a statechart a state name means, and which of its edges lead from one state to another. */
import { ancestryOf, type Chart, type ChartEdge, nodesOf } from "./chart.ts";

/** The innermost states of `stateName`, as Automaton.name writes it: "cpu.running card.away". */
export function leavesOf(chart: Chart, stateName: string): readonly string[] {
  const known = new Set(nodesOf(chart.root).map(({ path }) => path));
  const leaves: string[] = [];
  for (const word of stateName.split(" ")) {
    // A region beside the one before it is named from where the two part.
    const around = ancestryOf(leaves.at(-1) ?? "");
    const paths = [word, ...around.map((outer) => (outer === "" ? word : `${outer}.${word}`))];
    const path = paths.find((one) => known.has(one));
    if (path !== undefined) leaves.push(path);
  }
  return leaves;
}

/** All that is active: the innermost states, and what is around them. */
export const activeIn = (chart: Chart, stateName: string): ReadonlySet<string> =>
  new Set(leavesOf(chart, stateName).flatMap(ancestryOf));

/**
 * Indices into `chart.edges` of the transitions that a step has taken. The innermost state that knows the event has the
 * say in its region; between guarded transitions the state that was reached tells which it was. `event` "": not known.
 */
export function edgesTaken(chart: Chart, from: string, event: string, to: string): readonly number[] {
  const after = activeIn(chart, to);
  const before = leavesOf(chart, from);
  const taken = new Set<number>();
  for (const leaf of before) {
    if (event === "" && after.has(leaf)) continue;
    for (const path of ancestryOf(leaf)) {
      const candidates = chart.edges.flatMap((edge, index) =>
        edge.source === path && (event === "" || edge.event === event) ? [{ edge, index }] : [],
      );
      const found = candidates.find(({ edge }) => explains(edge, event, after));
      if (found !== undefined) taken.add(found.index);
      if (candidates.length > 0 && (event !== "" || found !== undefined)) break;
    }
  }
  return [...taken];
}

/** Of a step without a name only a change can be told. */
const explains = ({ target }: ChartEdge, event: string, after: ReadonlySet<string>): boolean =>
  target === undefined ? event !== "" : after.has(target);
