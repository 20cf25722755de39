/** The drawn statecharts: well-formed, complete, and nothing covers anything. */
import { describe, expect, it } from "vitest";
import { MACHINE_NAMES, MACHINES } from "../../../src/export/machines/catalogue.ts";
import { exportMachine } from "../../../src/export/machines/formats.ts";
import { elementsOf, parseXml, type XmlElement } from "../../support/xml.ts";
import { statesOf, transitionsOf } from "./states.ts";

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const numberOf = ({ attributes }: XmlElement, key: string): number => Number(attributes.get(key));
function boxOf({ children }: XmlElement): Box {
  const rect = children.find(({ name }) => name === "rect");
  if (rect === undefined) throw new Error("found no rect");
  const [x, y, width, height] = ["x", "y", "width", "height"].map((key) => numberOf(rect, key));
  return { x: x ?? 0, y: y ?? 0, width: width ?? 0, height: height ?? 0 };
}

/** Coordinates are written to one decimal. */
const SLACK = 0.2;
const overlap = (a: Box, b: Box): boolean =>
  a.x + SLACK < b.x + b.width &&
  b.x + SLACK < a.x + a.width &&
  a.y + SLACK < b.y + b.height &&
  b.y + SLACK < a.y + a.height;
const isIn = (inner: Box, outer: Box): boolean =>
  inner.x > outer.x &&
  inner.y > outer.y &&
  inner.x + inner.width < outer.x + outer.width &&
  inner.y + inner.height < outer.y + outer.height;

/** First and last point of a path. */
function endsOf({ attributes }: XmlElement): readonly (readonly [number, number])[] {
  const points = [...(attributes.get("d") ?? "").matchAll(/(-?[\d.]+),(-?[\d.]+)/g)].map(
    ([, x, y]) => [Number(x), Number(y)] as const,
  );
  return [points[0] ?? [Number.NaN, 0], points.at(-1) ?? [Number.NaN, 0]];
}

describe.each(MACHINE_NAMES)("svg of %s", (name) => {
  const root = parseXml(exportMachine(name, "svg"));
  const all = elementsOf(root);
  const { machine } = MACHINES[name];
  const boxes = new Map(
    all.flatMap((element) => {
      const id = element.attributes.get("data-state");
      return id === undefined ? [] : [[id, boxOf(element)] as const];
    }),
  );
  const states = statesOf(machine);

  it("has a box for each state within that of its parent, and siblings do not overlap", () => {
    expect([...boxes.keys()].toSorted()).toEqual(states.map(({ id }) => id).toSorted());
    for (const { id, parent } of states) {
      const box = boxes.get(id);
      const outer = parent === undefined ? undefined : boxes.get(parent);
      if (box !== undefined && outer !== undefined) expect(isIn(box, outer), `${id} in ${parent}`).toBe(true);
    }
    const pairs = states.flatMap((a) => states.map((b) => [a, b] as const));
    const clashes = pairs.filter(([a, b]) => {
      const [one, other] = [boxes.get(a.id), boxes.get(b.id)];
      return (
        a.id < b.id &&
        a.parent === b.parent &&
        one !== undefined &&
        other !== undefined &&
        overlap(one, other)
      );
    });
    expect(clashes.map(([a, b]) => `${a.id} and ${b.id}`)).toEqual([]);
  });

  it("holds its texts: every line fits into its box", () => {
    for (const element of all.filter(({ name: tag }) => tag === "g")) {
      const box = boxOf(element);
      for (const text of element.children.filter(({ name: tag }) => tag === "text")) {
        const px = text.attributes.get("class") === "name" ? 13 : 11;
        const width = text.text.length * px * 0.6;
        const x = numberOf(text, "x") - (text.attributes.get("text-anchor") === "middle" ? width / 2 : 0);
        expect(x, text.text).toBeGreaterThanOrEqual(box.x);
        expect(x + width, text.text).toBeLessThanOrEqual(box.x + box.width);
        expect(numberOf(text, "y"), text.text).toBeLessThanOrEqual(box.y + box.height);
      }
    }
  });

  it("draws each arrow from border to border, and into the picture", () => {
    const [left = 0, top = 0, width = 0, height = 0] = (root.attributes.get("viewBox") ?? "")
      .split(" ")
      .map(Number);
    const paths = all.filter(({ attributes }) => attributes.has("marker-end"));
    const targets = new Set(transitionsOf(machine).flatMap(({ target }) => target ?? []));
    const reached = new Set<string>();
    for (const path of paths) {
      for (const [x, y] of endsOf(path)) {
        expect(x >= left && x <= left + width && y >= top && y <= top + height).toBe(true);
      }
      const [, [x, y] = [0, 0]] = endsOf(path);
      const touched = [...boxes].filter(([, box]) => isOnBorder(box, x, y)).map(([id]) => id);
      expect(touched.length, `something is at ${x},${y}`).toBeGreaterThan(0);
      for (const id of touched) reached.add(id);
    }
    expect([...targets].filter((id) => !reached.has(id))).toEqual([]);
  });

  it("says in words what it shows, and takes its colours from the reader", () => {
    const [title, desc] = root.children;
    expect(title?.text).toBe(`Statechart ${machine.id}`);
    const labelled = root.attributes.get("aria-labelledby")?.split(" ");
    expect(labelled).toEqual([title?.attributes.get("id"), desc?.attributes.get("id")]);
    for (const { event, target } of transitionsOf(machine))
      if (target !== undefined) expect(desc?.text).toContain(event);
    const style = all.find(({ name: tag }) => tag === "style")?.text ?? "";
    expect(style).toContain("prefers-color-scheme: dark");
    expect(style).toContain("stroke: currentColor");
  });
});

function isOnBorder({ x, y, width, height }: Box, px: number, py: number): boolean {
  const near = (a: number, b: number): boolean => Math.abs(a - b) < 1;
  const across = px > x - 1 && px < x + width + 1;
  const along = py > y - 1 && py < y + height + 1;
  return (across && (near(py, y) || near(py, y + height))) || (along && (near(px, x) || near(px, x + width)));
}
