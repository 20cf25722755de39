/** What a machine does, by XState's own word: from every state that can be reached, every event. */
import { type AnyMachineSnapshot, type AnyStateMachine, initialTransition, transition } from "xstate";

/** One row for each state and event: "state, event -> state / effects"; and one for the beginning. */
export function behaviourOf(machine: AnyStateMachine): readonly string[] {
  const [initial, effects] = initialTransition(machine);
  const rows = [`-> ${keyOf(initial)} / ${namesOf(effects)}`];
  const seen = new Map([[keyOf(initial), initial]]);
  for (const snapshot of seen.values()) {
    for (const type of [...machine.events].sort()) {
      const [next, actions] = transition(machine, snapshot, { type });
      rows.push(`${keyOf(snapshot)}, ${type} -> ${keyOf(next)} / ${namesOf(actions)}`);
      if (!seen.has(keyOf(next))) seen.set(keyOf(next), next);
    }
  }
  return rows;
}

const keyOf = ({ value, tags }: AnyMachineSnapshot): string =>
  `${JSON.stringify(value)} ${[...tags].sort().join(" ")}`;
const namesOf = (actions: readonly { readonly type: string }[]): string =>
  actions.map(({ type }) => type).join(", ");
