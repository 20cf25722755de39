/** How much room texts take: all are set in a fixed-width font, so that it can be known without drawing them. */
import type { Size } from "./arrange.ts";

/** The widest of the usual fixed-width fonts has so much of its height. */
const WIDTH_PER_SIZE = 0.61;
export const NAME_PX = 13;
export const TEXT_PX = 11;
const NAME_LINE = 20;
export const TEXT_LINE = 15;
const PADDING = 10;

const widthOf = (text: string, px: number): number => Math.ceil([...text].length * px * WIDTH_PER_SIZE);

const linesSize = (lines: readonly string[]): Size => ({
  width: Math.max(0, ...lines.map((line) => widthOf(line, TEXT_PX))),
  height: lines.length * TEXT_LINE,
});

/** A name with lines of text below it, and room around them. */
export function textBox(name: string, lines: readonly string[]): Size {
  const text = linesSize(lines);
  return {
    width: Math.max(widthOf(name, NAME_PX), text.width) + 2 * PADDING,
    height: NAME_LINE + text.height + PADDING,
  };
}

/** The label of an arrow. */
export function labelBox(lines: readonly string[]): Size {
  const { width, height } = linesSize(lines);
  return { width: width + PADDING, height };
}

/** Where the lines of a text box stand, from its top: the name, then the others. */
export const nameBaseline = NAME_LINE - 3;
export const lineBaseline = (line: number): number => NAME_LINE + (line + 1) * TEXT_LINE - 3;
