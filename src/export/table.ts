/** Aligned columns of text, and how texts are set off from each other. */
import { stripVTControlCharacters } from "node:util";
import { createColors } from "picocolors";

/** Ways to set a text off; each is the identity where there are no colours. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
}

export function makeStyle(colours: boolean): Style {
  const { bold, dim, green, red } = createColors(colours);
  return { bold, dim, good: green, bad: (text) => bold(red(text)) };
}

export const PLAIN: Style = makeStyle(false);

export interface Column {
  readonly title: string;
  /** Text stands at the left of its column, numbers at the right. */
  readonly align: "left" | "right";
}

export const left = (title: string): Column => ({ title, align: "left" });
export const right = (title: string): Column => ({ title, align: "right" });

const widthOf = (text: string): number => stripVTControlCharacters(text).length;

function pad(text: string, width: number, align: Column["align"]): string {
  const blank = " ".repeat(Math.max(0, width - widthOf(text)));
  return align === "left" ? text + blank : blank + text;
}

/** One line of titles, then one line for each row; a row's missing cells are empty. */
export function tableLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  style: Style = PLAIN,
): readonly string[] {
  const titles = columns.map(({ title }) => style.dim(title));
  const all = [titles, ...rows];
  const widths = columns.map((_, i) => Math.max(...all.map((row) => widthOf(row[i] ?? ""))));
  return all.map((row) =>
    columns
      .map(({ align }, i) => pad(row[i] ?? "", widths[i] ?? 0, align))
      .join("  ")
      .trimEnd(),
  );
}
