/**
 * A statechart as W3C SCXML, in the null data model: its only conditions are In(state), the only ones we have. The body
 * that carries out effects is not part of it, so an effect stands as a <log> with its name.
 */
import { invariant } from "../../base/errors.ts";
import { type Chart, type ChartEdge, type ChartNode, nodesOf } from "../../trace/chart.ts";
import { idIn } from "./drawing.ts";
import { element } from "./xml.ts";

const NAMESPACE = "http://www.w3.org/2005/07/scxml";
const TAGS = { atomic: "state", compound: "state", parallel: "parallel", final: "final" } as const;

/** SCXML's root takes no transitions: ours is the one state in it. */
export function scxmlChart(chart: Chart): string {
  const { id, root } = chart;
  const document = element(
    "scxml",
    { xmlns: NAMESPACE, version: "1.0", datamodel: "null", name: id, initial: id },
    [stateElement(root, chart)],
  );
  return ['<?xml version="1.0" encoding="UTF-8"?>', ...document, ""].join("\n");
}

function stateElement(node: ChartNode, chart: Chart): readonly string[] {
  const { path, kind, initial, entry, exit, children } = node;
  const own = chart.edges.filter(({ source }) => source === path);
  return element(TAGS[kind], { id: idIn(chart, path), initial }, [
    ...(entry.length === 0 ? [] : [element("onentry", {}, entry.map(effectElement))]),
    ...(exit.length === 0 ? [] : [element("onexit", {}, exit.map(effectElement))]),
    ...own.map((edge) => transitionElement(edge, node, chart)),
    ...children.map((child) => stateElement(child, chart)),
  ]);
}

/** An `internal` one does not leave its source, which holds the target; the others have nothing to leave it for. */
function transitionElement(edge: ChartEdge, source: ChartNode, chart: Chart): readonly string[] {
  const { event, guard, guardState, target, reenters, actions } = edge;
  const holdsTarget = nodesOf(source).some(({ path }) => path === target && path !== source.path);
  return element(
    "transition",
    {
      event,
      cond: guard === undefined ? undefined : conditionOf(guard, guardState),
      target: target === undefined ? undefined : idIn(chart, target),
      type: holdsTarget && !reenters ? "internal" : undefined,
    },
    actions.map(effectElement),
  );
}

function conditionOf(guard: string, state: string | undefined): string {
  invariant(state !== undefined, `${guard} asks for a state`);
  return `In(${state})`;
}

const effectElement = (name: string): readonly string[] => element("log", { label: name });
