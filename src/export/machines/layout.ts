/** Where everything of a statechart is drawn: its levels set into one another, and the pieces of each arrow joined. */

import type { ChartNode } from "../../trace/chart.ts";
import type { Arranged, Box, Point, Size } from "./arrange.ts";
import type { Arrow, Drawing } from "./drawing.ts";
import { arrangementOf } from "./levels.ts";
import { ANY, type Piece, piecesOf, START } from "./pieces.ts";

export interface PlacedState {
  readonly state: ChartNode;
  readonly box: Box;
}

export interface PlacedMark {
  readonly kind: "start" | "any";
  readonly box: Box;
}

export interface PlacedArrow {
  /** Undefined: from the mark of where a state begins. */
  readonly arrow: Arrow | undefined;
  readonly points: readonly Point[];
  /** The middle of its label. */
  readonly label: Point;
}

export interface Layout extends Size {
  /** Parents before their children. */
  readonly states: readonly PlacedState[];
  readonly marks: readonly PlacedMark[];
  readonly arrows: readonly PlacedArrow[];
}

/** A piece where it is drawn. */
interface Stretch {
  readonly piece: Piece;
  readonly points: readonly Point[];
  readonly label: Point;
}

export function layoutOf(drawing: Drawing): Layout {
  const pieces = piecesOf(drawing);
  const { levels, size, atBottom } = arrangementOf(drawing, pieces);
  const states: PlacedState[] = [];
  const marks: PlacedMark[] = [];
  const stretches: Stretch[] = [];
  const visit = (state: ChartNode, box: Box): void => {
    states.push({ state, box });
    const level = levels.get(state.path);
    if (level === undefined) return;
    // At the bottom, below the name, and in the middle.
    const origin = { x: box.x + (box.width - level.width) / 2, y: box.y + box.height - level.height };
    const inside = (key: string): Box => moved(level.boxes.get(key) ?? box, origin);
    if (level.boxes.has(START)) marks.push({ kind: "start", box: inside(START) });
    if (level.boxes.has(ANY)) marks.push({ kind: "any", box: inside(ANY) });
    (pieces.get(state.path) ?? []).forEach((piece, i) => {
      stretches.push(stretchOf(piece, level.lines[i], origin, atBottom(piece) ? box.y + box.height : box.y));
    });
    for (const child of state.children) visit(child, inside(child.path));
  };
  visit(drawing.chart.root, { x: 0, y: 0, ...size });
  return { ...size, states, marks, arrows: joined(stretches) };
}

const moved = <P extends Point>(what: P, by: Point): P => ({ ...what, x: what.x + by.x, y: what.y + by.y });

/** `borderY`: where the piece comes out of its level, unless it is whole. */
function stretchOf(
  piece: Piece,
  line: Arranged["lines"][number] = { points: [], label: { x: 0, y: 0 } },
  origin: Point,
  borderY: number,
): Stretch {
  const { arrow, part, from, to } = piece;
  const points = line.points.map((point) => moved(point, origin));
  const label = moved(line.label, origin);
  const atPort = (port: Point | undefined): readonly Point[] =>
    port === undefined ? [] : [{ x: port.x, y: borderY }];
  // Where an arrow goes on inside a box, dagre's end at that box's border is not where it crosses it.
  const begin = part !== "in" && arrow !== undefined && from !== arrow.from.path && from !== ANY ? 1 : 0;
  const end = part !== "out" && arrow !== undefined && to !== arrow.to.path ? -1 : points.length;
  switch (part) {
    case "whole":
      return { piece, points: points.slice(begin, end), label };
    case "out": {
      const outward = borderY > (points[0]?.y ?? 0) ? points : points.toReversed();
      return { piece, points: [...outward.slice(begin), ...atPort(outward.at(-1))], label };
    }
    case "in": {
      const inward = borderY < (points[0]?.y ?? 0) ? points : points.toReversed();
      return { piece, points: [...atPort(inward[0]), ...inward.slice(0, end)], label };
    }
  }
}

/** Stretches come outermost first: what leaves a state is joined in the opposite order. */
function joined(stretches: readonly Stretch[]): readonly PlacedArrow[] {
  return stretches.flatMap(({ piece: { arrow, part }, points, label }): readonly PlacedArrow[] => {
    if (part !== "whole") return [];
    if (arrow === undefined) return [{ arrow, points, label }];
    const own = stretches.filter(({ piece }) => piece.arrow === arrow);
    const before = own.filter(({ piece }) => piece.part === "out").toReversed();
    const after = own.filter(({ piece }) => piece.part === "in");
    const all = [...before.flatMap((one) => one.points), ...points, ...after.flatMap((one) => one.points)];
    return [{ arrow, points: all, label }];
  });
}
