/**
 * A statechart as plain data, read out of the XState machine that runs: what every format of `vpio export` is written
 * from. Our machines have no context, no delays and no invoked actors; one that has is refused, not half drawn.
 */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition, StateValue } from "xstate";
import { invariant } from "../../base/errors.ts";
import { stateName } from "../../machine/automaton.ts";

export type StateShape = "atomic" | "compound" | "parallel";

export interface ChartState {
  /** Its path from the root, joined by dots; of the root the machine's own id. */
  readonly id: string;
  readonly name: string;
  readonly shape: StateShape;
  /** Of a compound state: the id of the child that it begins with. */
  readonly initial: string | undefined;
  /** Names of the effects of entering and leaving it. */
  readonly entry: readonly string[];
  readonly exit: readonly string[];
  readonly tags: readonly string[];
  readonly children: readonly ChartState[];
}

export interface ChartGuard {
  readonly name: string;
  /** The state that must be active: our guards ask for nothing else. */
  readonly inState: string;
}

export interface ChartEdge {
  readonly source: string;
  /** Undefined: the event has effects and no state is left. */
  readonly target: string | undefined;
  readonly event: string;
  readonly guard: ChartGuard | undefined;
  readonly effects: readonly string[];
  /** True when the source is left and entered again, even where it holds the target. */
  readonly reenters: boolean;
}

export interface Chart {
  readonly root: ChartState;
  /** In document order; of one source and event, the first whose guard holds is taken. */
  readonly edges: readonly ChartEdge[];
}

export function chartOf(machine: AnyStateMachine): Chart {
  const nodes = [...nodesBelow(machine.root)];
  return { root: stateOf(machine.root), edges: nodes.flatMap((node) => edgesOf(node, machine)) };
}

/** Every state of a chart, parents before their children. */
export const statesOf = (state: ChartState): readonly ChartState[] => [
  state,
  ...state.children.flatMap(statesOf),
];

function* nodesBelow(node: AnyStateNode): Generator<AnyStateNode> {
  yield node;
  for (const child of childrenOf(node)) yield* nodesBelow(child);
}

const childrenOf = (node: AnyStateNode): readonly AnyStateNode[] =>
  Object.values<AnyStateNode>(node.states).sort((a, b) => a.order - b.order);

const idOf = (node: AnyStateNode): string => (node.path.length === 0 ? node.machine.id : node.path.join("."));

function stateOf(node: AnyStateNode): ChartState {
  const { entry, exit, tags, initial, always, after, invoke } = node;
  invariant(
    (always ?? []).length + after.length + invoke.length === 0,
    `state ${idOf(node)} waits for nothing but events`,
  );
  return {
    id: idOf(node),
    name: node.path.at(-1) ?? node.machine.id,
    shape: shapeOf(node),
    initial: node.type === "compound" ? initial.target.map(idOf)[0] : undefined,
    entry: entry.map(nameOf),
    exit: exit.map(nameOf),
    tags: [...tags],
    children: childrenOf(node).map(stateOf),
  };
}

function shapeOf({ type, id }: AnyStateNode): StateShape {
  invariant(type === "atomic" || type === "compound" || type === "parallel", `${id} is no ${type} state`);
  return type;
}

const edgesOf = (node: AnyStateNode, machine: AnyStateMachine): readonly ChartEdge[] =>
  [...node.transitions.values()].flat().map((transition) => edgeOf(node, transition, machine));

function edgeOf(
  node: AnyStateNode,
  transition: AnyTransitionDefinition,
  machine: AnyStateMachine,
): ChartEdge {
  const { target, eventType, guard, actions, reenter } = transition;
  invariant((target ?? []).length <= 1, `${idOf(node)} goes to one state on ${eventType}`);
  return {
    source: idOf(node),
    target: target?.map(idOf)[0],
    event: eventType,
    guard: guard === undefined ? undefined : guardOf(nameOf(guard), machine),
    effects: actions.map(nameOf),
    reenters: reenter,
  };
}

/** Actions and guards stand in our machines by their names; in XState's own terms they might be functions too. */
function nameOf(named: unknown): string {
  const name = typeof named === "string" ? named : (named as { readonly type?: unknown } | undefined)?.type;
  invariant(typeof name === "string", "actions and guards have names");
  return name;
}

/** XState keeps the argument of `stateIn` at the guard itself. */
function guardOf(name: string, { implementations }: AnyStateMachine): ChartGuard {
  const guard = implementations.guards[name] as { readonly stateValue?: StateValue } | undefined;
  invariant(guard?.stateValue !== undefined, `guard ${name} asks for a state`);
  return { name, inState: stateName(guard.stateValue) };
}
