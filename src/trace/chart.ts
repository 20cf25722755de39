/**
 * A statechart as plain data: what is drawn is read from the machine that runs, and reaches a browser without XState.
 * Nodes have paths such as "owned.watching"; the root's is "".
 */
import type { AnyStateMachine, AnyStateNode } from "xstate";

export type NodeKind = "atomic" | "compound" | "parallel" | "final";

export interface ChartNode {
  readonly path: string;
  readonly name: string;
  readonly kind: NodeKind;
  /** Path of the child that is entered first; undefined where there is none. */
  readonly initial: string | undefined;
  readonly tags: readonly string[];
  /** Names of the actions taken at entry. */
  readonly entry: readonly string[];
  readonly children: readonly ChartNode[];
}

export interface ChartEdge {
  readonly source: string;
  readonly event: string;
  /** Undefined: the state stays. */
  readonly target: string | undefined;
  readonly guard: string | undefined;
  readonly actions: readonly string[];
}

export interface Chart {
  readonly id: string;
  readonly root: ChartNode;
  readonly edges: readonly ChartEdge[];
}

export function chartOf(machine: AnyStateMachine): Chart {
  const edges: ChartEdge[] = [];
  const root = nodeOf(machine.root, edges);
  return { id: machine.id, root, edges };
}

const pathOf = (node: AnyStateNode): string => node.path.join(".");

function nodeOf(node: AnyStateNode, edges: ChartEdge[]): ChartNode {
  for (const transitions of node.transitions.values()) {
    for (const { eventType, target, guard, actions } of transitions) {
      const to = target?.[0] as AnyStateNode | undefined;
      edges.push({
        source: pathOf(node),
        event: eventType,
        target: to === undefined ? undefined : pathOf(to),
        guard: guard === undefined ? undefined : nameOf(guard),
        actions: actions.map(nameOf),
      });
    }
  }
  const initial = node.type === "compound" ? (node.initial.target[0] as AnyStateNode | undefined) : undefined;
  return {
    path: pathOf(node),
    name: node.parent === undefined ? node.machine.id : node.key,
    kind: node.type === "history" ? "atomic" : node.type,
    initial: initial === undefined ? undefined : pathOf(initial),
    tags: node.tags,
    entry: node.entry.map(nameOf),
    children: Object.values(node.states).map((child) => nodeOf(child, edges)),
  };
}

/** An action or a guard by its name; what is written in place has none. */
function nameOf(what: unknown): string {
  if (typeof what === "string") return what;
  if (typeof what === "object" && what !== null && "type" in what) return String(what.type);
  return typeof what === "function" && what.name !== "" ? what.name : "…";
}

/** Every node, parents first. */
export function nodesOf(node: ChartNode): readonly ChartNode[] {
  return [node, ...node.children.flatMap(nodesOf)];
}

/** The path of the node around `path`; undefined of the root. */
export function parentOf(path: string): string | undefined {
  if (path === "") return undefined;
  const dot = path.lastIndexOf(".");
  return dot < 0 ? "" : path.slice(0, dot);
}

/** `path` and all that is around it, from the inside out. */
export function ancestryOf(path: string): readonly string[] {
  const around = parentOf(path);
  return around === undefined ? [path] : [path, ...ancestryOf(around)];
}
