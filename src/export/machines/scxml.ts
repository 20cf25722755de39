/**
 * A statechart as W3C SCXML, in the null data model: its only conditions are In(state), the only ones we have. The body
 * that carries out effects is not part of it, so an effect stands as a <log> with its name.
 */
import type { Chart, ChartEdge, ChartState } from "./chart.ts";
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
    ...edges.filter(({ source }) => source === id).map(transitionElement),
    ...children.map((child) => stateElement(child, edges)),
  ]);
}

function transitionElement({ event, guard, target, reenters, effects }: ChartEdge): readonly string[] {
  const cond = guard === undefined ? undefined : `In(${guard.inState ?? guard.name})`;
  const type = target === undefined || reenters ? undefined : "internal";
  return element("transition", { event, cond, target, type }, effects.map(effectElement));
}

const effectElement = (name: string): readonly string[] => element("log", { label: name });
