/** What Mermaid makes of the exported diagrams: it must find every state in its place, and every arrow. */
import { beforeAll, describe, expect, it } from "vitest";
import { MACHINE_NAMES, MACHINES } from "../../../src/export/machines/catalogue.ts";
import { exportMachine } from "../../../src/export/machines/formats.ts";
import { loadMermaid, type Mermaid } from "../../support/mermaid.ts";
import { statesOf, transitionsOf } from "./states.ts";

/** What Mermaid is going to draw of a state diagram. */
interface StateDb {
  getData(): { readonly nodes: readonly Node[]; readonly edges: readonly Edge[] };
}
interface Node {
  readonly id: string;
  readonly parentId?: string;
  readonly label: string;
  readonly description?: readonly string[];
}
interface Edge {
  readonly start: string;
  readonly end: string;
  readonly label: string;
}

let mermaid: Mermaid;
beforeAll(async () => {
  mermaid = await loadMermaid();
});

const keyOf = (id: string): string => `s_${id.replaceAll(".", "_")}`;

describe.each(MACHINE_NAMES)("mermaid of %s", (name) => {
  const text = exportMachine(name, "mermaid");
  const { machine } = MACHINES[name];
  const states = statesOf(machine);
  const drawn = async () => {
    const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
    return (db as StateDb).getData();
  };

  it("is a state diagram", async () => {
    expect((await mermaid.parse(text)).diagramType).toBe("stateDiagram");
  });

  it("has every state in that of its parent, with its name and its effects", async () => {
    const { nodes } = await drawn();
    const byId = new Map(nodes.map((node) => [node.id, node]));
    /** The nearest state around a node: the root is no node, unless its regions are drawn in it. */
    const around = ({ parentId }: Node): string | undefined => {
      const parent = byId.get(parentId ?? "");
      return parent === undefined || parent.id.startsWith("s_") ? parent?.id : around(parent);
    };
    for (const { id, parent, kind, entry } of states) {
      const node = byId.get(keyOf(id));
      if (parent === undefined && kind === "compound") continue;
      expect(node?.label).toMatch(new RegExp(`^${id.split(".").at(-1)}\\b`));
      // The diagram itself is the root, and its children are in nothing.
      const expected = parent !== undefined && byId.has(keyOf(parent)) ? keyOf(parent) : undefined;
      expect(node && around(node), id).toBe(expected);
      for (const effect of entry)
        expect([node?.label, ...(node?.description ?? [])].join(), id).toContain(effect);
    }
    const known = new Set(states.map(({ id }) => keyOf(id)));
    const unknown = nodes.filter(
      ({ id }) => /^s_/.test(id) && !known.has(id) && !/(_start|divider-)/.test(id),
    );
    expect(unknown).toEqual([]);
  });

  it("has every transition as an arrow", async () => {
    const { edges } = await drawn();
    for (const { source, target, event } of transitionsOf(machine)) {
      if (target === undefined) continue;
      const labels = edges
        .filter(({ start, end }) => end === keyOf(target) && mayBegin(start, source, machine.id))
        .map(({ label }) => label);
      expect(labels.join(), `${source} to ${target}`).toMatch(new RegExp(`\\b${event}\\b`));
    }
  });
});

it("Mermaid refuses what is no diagram", async () => {
  await expect(mermaid.parse(`${exportMachine("arbiter", "mermaid")}  state {`)).rejects.toThrow();
});

/** From the state itself, or from the mark for any state of one around it. */
function mayBegin(key: string, source: string, root: string): boolean {
  const around = source.split(".").map((_, i, parts) => parts.slice(0, i + 1).join("."));
  return key === keyOf(source) || [root, ...around].some((id) => key === `any_${id.replaceAll(".", "_")}`);
}
