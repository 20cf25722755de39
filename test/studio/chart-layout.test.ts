/** Every statechart that vpio runs, as the studio lays it out. */
import { describe, expect, it } from "vitest";
import { arbiterMachine } from "../../actors/arbiter.ts";
import { guestMachine } from "../../actors/guest.ts";
import { nicMachine } from "../../actors/nic.ts";
import { passthroughMachine } from "../../actors/passthrough.ts";
import { vnicMachine } from "../../actors/vnic.ts";
import { lineMachine } from "../../actors/wire.ts";
import { DEVICES } from "../../src/devices/catalogue.ts";
import { type Box, type ChartLayout, layoutChart, type NodeBox } from "../../src/studio/chart-layout.ts";
import { chartOf, nodesOf, parentOf } from "../../src/trace/chart.ts";

const CHARTS = [
  ...[guestMachine, nicMachine, arbiterMachine, passthroughMachine, vnicMachine, lineMachine],
  ...Object.values(DEVICES).map(({ model }) => model.automaton.machine),
].map(chartOf);

const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

const boxOf = ({ nodes }: ChartLayout, path: string): NodeBox => {
  const found = nodes.find(({ node }) => node.path === path);
  if (found === undefined) throw new Error(`${path} is not drawn`);
  return found;
};

describe.each(CHARTS.map((chart) => [chart.id, chart] as const))("the drawing of %s", (_id, chart) => {
  const drawn = layoutChart(chart);

  it("has every state once, inside of the one around it", () => {
    const paths = nodesOf(chart.root).map(({ path }) => path);
    expect(drawn.nodes.map(({ node }) => node.path).sort()).toEqual([...paths].sort());
    for (const box of drawn.nodes) {
      const around = parentOf(box.node.path);
      const outer = around === undefined ? { x: 0, y: 0, ...drawn } : boxOf(drawn, around);
      expect(box.x).toBeGreaterThanOrEqual(outer.x);
      expect(box.y).toBeGreaterThanOrEqual(outer.y);
      expect(box.x + box.width).toBeLessThanOrEqual(outer.x + outer.width);
      expect(box.y + box.height).toBeLessThanOrEqual(outer.y + outer.height);
    }
  });

  it("puts no state over its neighbours, nor over the words of the one around it", () => {
    for (const { children, path } of nodesOf(chart.root)) {
      const boxes = children.map((child) => boxOf(drawn, child.path));
      for (const [i, box] of boxes.entries())
        for (const other of boxes.slice(i + 1)) expect(overlap(box, other)).toBe(false);
      const outer = boxOf(drawn, path);
      const words = { ...outer, height: 20 + outer.lines.length * 14 };
      for (const box of boxes) expect(overlap(box, words)).toBe(false);
    }
  });

  it("says each transition once: at an edge, or in the box of a state that stays", () => {
    const inBoxes = drawn.nodes.flatMap(({ lines }) => lines.flatMap(({ edge }) => edge ?? []));
    const atEdges = drawn.edges.flatMap(({ lines }) => lines.map(({ edge }) => edge));
    expect([...inBoxes, ...atEdges].sort((a, b) => a - b)).toEqual(chart.edges.map((_, index) => index));
  });

  it("draws each edge from its state, or what is around it, to its target", () => {
    for (const { source, target, points } of drawn.edges) {
      expect(points.length).toBeGreaterThan(1);
      for (const [end, path] of [
        [points[0], source],
        [points.at(-1), target],
      ] as const) {
        const near = drawn.nodes.filter(({ node }) => path === node.path || path.startsWith(`${node.path}.`));
        const touches = ({ x, y, width, height }: Box): boolean =>
          end !== undefined &&
          end.x > x - 2 &&
          end.x < x + width + 2 &&
          end.y > y - 2 &&
          end.y < y + height + 2;
        expect(near.some(touches), `${source} to ${target}`).toBe(true);
      }
    }
  });
});
