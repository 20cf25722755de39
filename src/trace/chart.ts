/**
 * A statechart as plain data: what is drawn is read from the machine that runs, and reaches a browser without XState.
 * Nodes have paths such as "owned.watching"; the root's is "". Our machines wait for events only: one with delays,
 * automatic transitions or invoked actors is refused, and not drawn by halves.
 */
import type { AnyStateMachine, AnyStateNode, StateValue } from "xstate";
import { invariant } from "../base/errors.ts";
import { stateName } from "../machine/automaton.ts";

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
  /** And when it is left. */
  readonly exit: readonly string[];
  readonly children: readonly ChartNode[];
}

export interface ChartEdge {
  readonly source: string;
  readonly event: string;
  /** Undefined: the state stays. */
  readonly target: string | undefined;
  readonly guard: string | undefined;
  /** The state that the guard wants to be active; undefined when it asks for something else. */
  readonly guardState: string | undefined;
  readonly actions: readonly string[];
  /** True when the source is left and entered again, even where it holds the target. */
  readonly reenters: boolean;
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
  const { always = [], after, invoke, machine } = node;
  invariant(
    always.length + after.length + invoke.length === 0,
    `state ${node.id} waits for nothing but events`,
  );
  for (const transitions of node.transitions.values()) {
    for (const { eventType, target, guard, actions, reenter } of transitions) {
      const to = target?.[0] as AnyStateNode | undefined;
      edges.push({
        source: pathOf(node),
        event: eventType,
        target: to === undefined ? undefined : pathOf(to),
        guard: guard === undefined ? undefined : nameOf(guard),
        guardState: guard === undefined ? undefined : stateAskedBy(nameOf(guard), machine),
        actions: actions.map(nameOf),
        reenters: reenter,
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
    exit: node.exit.map(nameOf),
    children: Object.values(node.states).map((child) => nodeOf(child, edges)),
  };
}

/** An action or a guard by its name; what is written in place has none. */
function nameOf(what: unknown): string {
  if (typeof what === "string") return what;
  if (typeof what === "object" && what !== null && "type" in what) return String(what.type);
  return typeof what === "function" && what.name !== "" ? what.name : "…";
}

/** XState keeps the argument of `stateIn` at the guard itself. */
function stateAskedBy(guard: string, { implementations }: AnyStateMachine): string | undefined {
  const { stateValue } = (implementations.guards[guard] ?? {}) as { readonly stateValue?: StateValue };
  return stateValue === undefined ? undefined : stateName(stateValue);
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
