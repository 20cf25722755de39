/**
 * A statechart as W3C SCXML, in the null data model: its only conditions are In(state), the only ones we have. The body
 * that carries out effects is not part of it, so an effect stands as a <log> with its name.
 */
import { type Chart, type ChartEdge, type ChartState, statesOf } from "./chart.ts";
import { element } from "./xml.ts";

const NAMESPACE = "http://www.w3.org/2005/07/scxml";

/** SCXML's root takes no transitions: ours is the one state in it. */
export function scxmlChart({ root, edges }: Chart): string {
  const document = element(
    "scxml",
    { xmlns: NAMESPACE, version: "1.0", datamodel: "null", name: root.id, initial: root.id },
    [stateElement(root, edges)],
  );
  return ['<?xml version="1.0" encoding="UTF-8"?>', ...document, ""].join("\n");
}

function stateElement(state: ChartState, edges: readonly ChartEdge[]): readonly string[] {
  const { id, shape, initial, entry, exit, children } = state;
  return element(shape === "parallel" ? "parallel" : "state", { id, initial }, [
    ...(entry.length === 0 ? [] : [element("onentry", {}, entry.map(effectElement))]),
    ...(exit.length === 0 ? [] : [element("onexit", {}, exit.map(effectElement))]),
    ...edges.filter(({ source }) => source === id).map((edge) => transitionElement(edge, state)),
    ...children.map((child) => stateElement(child, edges)),
  ]);
}

/** An `internal` one does not leave its source, which holds the target; the others have nothing to leave it for. */
function transitionElement(edge: ChartEdge, source: ChartState): readonly string[] {
  const { event, guard, target, reenters, effects } = edge;
  const cond = guard === undefined ? undefined : `In(${guard.inState})`;
  const holdsTarget = statesOf(source).some(({ id }) => id === target && id !== source.id);
  const type = holdsTarget && !reenters ? "internal" : undefined;
  return element("transition", { event, cond, target, type }, effects.map(effectElement));
}

const effectElement = (name: string): readonly string[] => element("log", { label: name });
