/**
 * Arrows cut into the pieces that lie in one level each. An arrow belongs to the innermost composite state that has both
 * its ends; on its way there it leaves the states around its source, and enters those around its target.
 */
import { invariant } from "../../base/errors.ts";
import { type ChartNode, nodesOf } from "../../trace/chart.ts";
import type { Arrow, Drawing } from "./drawing.ts";

/** From key to key: paths of children, or one of those below. */
export interface Piece {
  /** Undefined: the arrow from the mark of where a state begins. */
  readonly arrow: Arrow | undefined;
  /** `out`: from a child to a port at the border of the level's state; `in`: from a port to a child. */
  readonly part: "whole" | "out" | "in";
  readonly from: string;
  readonly to: string;
}

/** By the path of the state that they are the inside of. */
export type Pieces = ReadonlyMap<string, readonly Piece[]>;

/** What is in a level beside the states: no path of a state begins like that. */
export const START = "*start";
export const ANY = "*any";
const portOf = (arrow: number): string => `*port ${arrow}`;

export function piecesOf({ chart: { root }, arrows }: Drawing): Pieces {
  const pieces = new Map<string, Piece[]>(nodesOf(root).map(({ path }) => [path, []]));
  const add = ({ path }: ChartNode, piece: Piece): void => void pieces.get(path)?.push(piece);
  for (const state of nodesOf(root)) {
    if (state.initial !== undefined)
      add(state, { arrow: undefined, part: "whole", from: START, to: state.initial });
  }
  arrows.forEach((arrow, i) => {
    const [from, to] = [wayTo(root, arrow.from), wayTo(root, arrow.to)];
    const common = from.filter((state, depth) => state === to[depth]).length;
    const depth = arrow.fromAny ? common : Math.min(common, from.length - 1, to.length - 1);
    const [level, source = arrow.from, target = arrow.to] = [from[depth - 1], from[depth], to[depth]];
    invariant(level !== undefined, "two states are both in a third");
    add(level, { arrow, part: "whole", from: arrow.fromAny ? ANY : source.path, to: target.path });
    for (const [outer, inner] of steps(from.slice(depth)))
      add(outer, { arrow, part: "out", from: inner.path, to: portOf(i) });
    for (const [outer, inner] of steps(to.slice(depth)))
      add(outer, { arrow, part: "in", from: portOf(i), to: inner.path });
  });
  return pieces;
}

/** From `state` down to the one that is looked for; empty when it does not hold it. */
function wayTo(state: ChartNode, wanted: ChartNode): readonly ChartNode[] {
  if (state === wanted) return [state];
  const rest = state.children.map((child) => wayTo(child, wanted)).find((way) => way.length > 0);
  return rest === undefined ? [] : [state, ...rest];
}

const steps = (way: readonly ChartNode[]): readonly (readonly [ChartNode, ChartNode])[] =>
  way.slice(1).map((inner, i) => [way[i] ?? inner, inner]);
