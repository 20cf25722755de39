/**
 * The part of SCXML's algorithm (W3C, appendix D) that statecharts without data, delays and history need: what an
 * interpreter makes of an exported file.
 */
import type { XmlElement } from "../../support/xml.ts";

interface Transition {
  readonly source: Node;
  readonly event: string;
  readonly cond: string | undefined;
  readonly target: string | undefined;
  readonly isInternal: boolean;
  readonly effects: readonly string[];
}

interface Node {
  readonly id: string;
  readonly parent: Node | undefined;
  readonly isParallel: boolean;
  readonly initial: string | undefined;
  readonly entry: readonly string[];
  readonly exit: readonly string[];
  readonly children: readonly Node[];
  readonly transitions: readonly Transition[];
}

/** Active states, by id. */
export type Configuration = ReadonlySet<string>;

export interface Taken {
  readonly next: Configuration;
  readonly effects: readonly string[];
}

const effectsIn = (content: XmlElement | undefined): readonly string[] =>
  (content?.children ?? []).map(({ attributes }) => attributes.get("label") ?? "");

function nodeOf(element: XmlElement, parent: Node | undefined): Node {
  const [children, transitions]: [Node[], Transition[]] = [[], []];
  const part = (name: string): XmlElement | undefined =>
    element.children.find((child) => child.name === name);
  const node: Node = {
    id: element.attributes.get("id") ?? "",
    parent,
    isParallel: element.name === "parallel",
    initial: element.attributes.get("initial"),
    entry: effectsIn(part("onentry")),
    exit: effectsIn(part("onexit")),
    children,
    transitions,
  };
  for (const child of element.children) {
    if (child.name === "state" || child.name === "parallel") children.push(nodeOf(child, node));
    if (child.name !== "transition") continue;
    transitions.push({
      source: node,
      event: child.attributes.get("event") ?? "",
      cond: child.attributes.get("cond"),
      target: child.attributes.get("target"),
      isInternal: child.attributes.get("type") === "internal",
      effects: effectsIn(child),
    });
  }
  return node;
}

const ancestorsOf = ({ parent }: Node): readonly Node[] =>
  parent === undefined ? [] : [parent, ...ancestorsOf(parent)];
const allOf = (node: Node): readonly Node[] => [node, ...node.children.flatMap(allOf)];
const isBelow = (node: Node, ancestor: Node | undefined): boolean =>
  ancestor === undefined || ancestorsOf(node).includes(ancestor);

export class Scxml {
  readonly #root: Node;
  /** In document order. */
  readonly #nodes: readonly Node[];

  constructor(document: XmlElement) {
    const [element] = document.children;
    if (element === undefined) throw new Error("found no state");
    this.#root = nodeOf(element, undefined);
    this.#nodes = allOf(this.#root);
  }

  get events(): readonly string[] {
    return [...new Set(this.#nodes.flatMap(({ transitions }) => transitions.map(({ event }) => event)))];
  }

  begin(): Taken {
    return this.#enter(new Set(), [this.#root], undefined);
  }

  take(configuration: Configuration, event: string): Taken {
    const transitions = this.#withoutConflicts(this.#enabled(configuration, event), configuration);
    const exits = new Set(transitions.flatMap((transition) => this.#exitSet(transition, configuration)));
    const left = this.#nodes.filter((node) => exits.has(node)).toReversed();
    let next: Configuration = new Set(
      [...configuration].filter((id) => !left.some((node) => node.id === id)),
    );
    const effects = [
      ...left.flatMap(({ exit }) => exit),
      ...transitions.flatMap((transition) => transition.effects),
    ];
    for (const transition of transitions) {
      if (transition.target === undefined) continue;
      const entered = this.#enter(next, [this.#node(transition.target)], this.#domain(transition));
      next = entered.next;
      effects.push(...entered.effects);
    }
    return { next, effects };
  }

  #node(id: string): Node {
    const node = this.#nodes.find((one) => one.id === id);
    if (node === undefined) throw new Error(`found no state ${id}`);
    return node;
  }

  /** Of each active atomic state the first that matches, from the inside out. */
  #enabled(configuration: Configuration, event: string): readonly Transition[] {
    const chosen = new Set<Transition>();
    for (const node of this.#nodes) {
      if (!configuration.has(node.id) || node.children.length > 0) continue;
      const found = [node, ...ancestorsOf(node)]
        .flatMap(({ transitions }) => transitions)
        .find((one) => one.event === event && this.#holds(one.cond, configuration));
      if (found !== undefined) chosen.add(found);
    }
    return [...chosen];
  }

  #holds(cond: string | undefined, configuration: Configuration): boolean {
    if (cond === undefined) return true;
    const [, id] = /^In\((.*)\)$/.exec(cond) ?? [];
    if (id === undefined) throw new Error(`cannot read the condition ${cond}`);
    return configuration.has(id);
  }

  /** Of two that leave the same state the inner one is taken, or the first. */
  #withoutConflicts(transitions: readonly Transition[], configuration: Configuration): readonly Transition[] {
    const kept: Transition[] = [];
    for (const one of transitions) {
      const rivals = kept.filter((other) => {
        const exits = this.#exitSet(other, configuration);
        return this.#exitSet(one, configuration).some((node) => exits.includes(node));
      });
      if (!rivals.every((other) => isBelow(one.source, other.source))) continue;
      for (const rival of rivals) kept.splice(kept.indexOf(rival), 1);
      kept.push(one);
    }
    return kept;
  }

  #exitSet(transition: Transition, configuration: Configuration): readonly Node[] {
    if (transition.target === undefined) return [];
    const domain = this.#domain(transition);
    return this.#nodes.filter((node) => configuration.has(node.id) && isBelow(node, domain));
  }

  /** The state that is left by none: undefined is the document. */
  #domain({ source, target, isInternal }: Transition): Node | undefined {
    const goal = this.#node(target ?? "");
    const isCompound = source.children.length > 0 && !source.isParallel;
    if (isInternal && isCompound && isBelow(goal, source)) return source;
    return ancestorsOf(source).find((one) => !one.isParallel && isBelow(goal, one));
  }

  /** Enters states with all that is around them, below `domain`, and all that they begin with. */
  #enter(configuration: Configuration, targets: readonly Node[], domain: Node | undefined): Taken {
    const entered = new Set<Node>();
    const add = (node: Node): void => {
      entered.add(node);
      if (node.isParallel) for (const child of node.children) addUnlessThere(child);
      else if (node.initial !== undefined) addUnlessThere(this.#node(node.initial));
    };
    const addUnlessThere = (node: Node): void => {
      if (![...entered].some((one) => one === node || isBelow(one, node))) add(node);
    };
    for (const target of targets) {
      add(target);
      for (const around of ancestorsOf(target)) {
        if (around === domain || !isBelow(around, domain)) break;
        entered.add(around);
        if (around.isParallel) for (const child of around.children) addUnlessThere(child);
      }
    }
    const fresh = this.#nodes.filter((node) => entered.has(node) && !configuration.has(node.id));
    return {
      next: new Set([...configuration, ...fresh.map(({ id }) => id)]),
      effects: fresh.flatMap(({ entry }) => entry),
    };
  }
}
