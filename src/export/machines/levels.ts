/**
 * Every level of a drawing by itself, innermost first: a composite state is one box in the level around it. It is done
 * twice, because at which border an arrow leaves a state depends on how the rows around it come out.
 */

import type { ChartNode } from "../../trace/chart.ts";
import { type Arranged, arrange, type Link, type Size } from "./arrange.ts";
import { type Arrow, type Drawing, hasAny, textsIn } from "./drawing.ts";
import { labelBox, textBox } from "./lettering.ts";
import { ANY, type Piece, type Pieces, START } from "./pieces.ts";

/** What stands where something may begin in any state. */
export const ANY_STATE = "any state";

const PORT_SIZE: Size = { width: 1, height: 1 };
const START_SIZE: Size = { width: 12, height: 12 };
const NO_LABEL: Size = { width: 0, height: 0 };

/** By the path of the state that each is the inside of. */
type Levels = ReadonlyMap<string, Arranged>;

export interface Arrangement {
  readonly levels: Levels;
  /** Of the whole drawing. */
  readonly size: Size;
  /** True when a piece ends at the lower border of its level's state, and not at the upper one. */
  readonly atBottom: (piece: Piece) => boolean;
}

export function arrangementOf(drawing: Drawing, pieces: Pieces): Arrangement {
  const whole = new Map([...pieces].map(([id, own]) => [id, own.filter(({ part }) => part === "whole")]));
  const { levels: survey } = arrangeAll(drawing, whole, (piece) => linkOf(piece, 1));
  const down = downward(pieces, survey);
  const atBottom = ({ arrow, part }: Piece): boolean => (part === "out") === down.has(arrow);
  const all = arrangeAll(drawing, pieces, (piece, level) =>
    piece.part === "whole" ? linkOf(piece, 1) : portLink(piece, survey.get(level.path), atBottom(piece)),
  );
  return { ...all, atBottom };
}

function arrangeAll(
  drawing: Drawing,
  pieces: Pieces,
  link: (piece: Piece, level: ChartNode) => Link,
): Pick<Arrangement, "levels" | "size"> {
  const levels = new Map<string, Arranged>();
  const sizeOf = (state: ChartNode): Size => {
    const { path, name, initial, children } = state;
    const header = textBox(name, textsIn(drawing, state));
    if (children.length === 0) return header;
    const own = pieces.get(path) ?? [];
    const sizes = new Map<string, Size>([
      ...(initial === undefined ? [] : [[START, START_SIZE] as const]),
      ...(hasAny(drawing, state) ? [[ANY, textBox(ANY_STATE, [])] as const] : []),
      ...children.map((child) => [child.path, sizeOf(child)] as const),
      ...own.flatMap((piece) => (piece.part === "whole" ? [] : [[portOf(piece), PORT_SIZE] as const])),
    ]);
    const level = arrange(
      sizes,
      own.map((piece) => link(piece, state)),
    );
    levels.set(path, level);
    return { width: Math.max(header.width, level.width), height: header.height + level.height };
  };
  return { size: sizeOf(drawing.chart.root), levels };
}

/** The arrows that go down in the level that they belong to. */
function downward(pieces: Pieces, levels: Levels): ReadonlySet<Arrow | undefined> {
  const isDown = ({ rows }: Arranged, { part, from, to }: Piece): boolean =>
    part === "whole" && (rows.get(from) ?? 0) <= (rows.get(to) ?? 0);
  return new Set(
    [...levels].flatMap(([id, level]) =>
      (pieces.get(id) ?? []).filter((piece) => isDown(level, piece)).map(({ arrow }) => arrow),
    ),
  );
}

const portOf = ({ part, from, to }: Piece): string => (part === "out" ? to : from);
const childOf = ({ part, from, to }: Piece): string => (part === "out" ? from : to);

const linkOf = ({ arrow, from, to }: Piece, rows: number): Link => ({
  ...{ from, to, rows },
  label: arrow === undefined ? NO_LABEL : labelBox(arrow.lines),
});

/** Down to the last row, or from above the first one. */
function portLink(piece: Piece, survey: Arranged | undefined, isAtBottom: boolean): Link {
  const [child, port] = [childOf(piece), portOf(piece)];
  const row = survey?.rows.get(child) ?? 0;
  const last = Math.max(0, ...(survey?.rows.values() ?? []));
  return isAtBottom
    ? { from: child, to: port, label: NO_LABEL, rows: last - row + 1 }
    : { from: port, to: child, label: NO_LABEL, rows: row + 1 };
}
