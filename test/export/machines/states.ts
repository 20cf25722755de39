/** The states and transitions of a machine, read off its configuration, not off what the exporters are made from. */
import type { AnyStateMachine, AnyStateNode } from "xstate";

export interface PlainState {
  readonly id: string;
  readonly parent: string | undefined;
  readonly kind: string;
  readonly entry: readonly string[];
}

export interface PlainTransition {
  readonly source: string;
  readonly event: string;
  readonly target: string | undefined;
  readonly effects: readonly string[];
}

const nodesOf = ({ root }: AnyStateMachine): readonly AnyStateNode[] => [root, ...nodesIn(root)];
const nodesIn = ({ states }: AnyStateNode): readonly AnyStateNode[] =>
  Object.values<AnyStateNode>(states).flatMap((node) => [node, ...nodesIn(node)]);
const idOf = ({ path, machine }: AnyStateNode): string => (path.length === 0 ? machine.id : path.join("."));

export const statesOf = (machine: AnyStateMachine): readonly PlainState[] =>
  nodesOf(machine).map((node) => ({
    id: idOf(node),
    parent: node.parent === undefined ? undefined : idOf(node.parent),
    kind: node.type,
    entry: listOf(node.config.entry),
  }));

interface Written {
  readonly target?: string;
  readonly actions?: string | readonly string[];
}

export const transitionsOf = (machine: AnyStateMachine): readonly PlainTransition[] =>
  nodesOf(machine).flatMap((node) =>
    Object.entries(node.config.on ?? {}).flatMap(([event, written]) =>
      [written].flat().map((one): PlainTransition => {
        const { target, actions }: Written = typeof one === "string" ? { target: one } : (one as Written);
        const goal = target === undefined ? undefined : idOf(named(node, target));
        return { source: idOf(node), event, target: goal, effects: listOf(actions) };
      }),
    ),
  );

const listOf = (given: unknown): readonly string[] =>
  given === undefined ? [] : ([given].flat() as string[]);

/** "#id", "#id.child", ".child", or a sibling with a path below it. */
function named(node: AnyStateNode, target: string): AnyStateNode {
  if (target.startsWith("#")) {
    const [id = "", ...rest] = target.slice(1).split(".");
    const start = nodesOf(node.machine).find((one) => one.id === id);
    if (start === undefined) throw new Error(`found no ${target}`);
    return below(start, rest);
  }
  if (target.startsWith(".")) return below(node, target.slice(1).split("."));
  return below(node.parent ?? node, target.split("."));
}

function below(node: AnyStateNode, path: readonly string[]): AnyStateNode {
  return path.reduce((at, name) => {
    const next = (at.states as Readonly<Record<string, AnyStateNode>>)[name];
    if (next === undefined) throw new Error(`found no ${name} in ${at.id}`);
    return next;
  }, node);
}
