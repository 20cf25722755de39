/** What Mermaid makes of the exported diagrams: its own parser must find every state and every arrow in them. */
import { Window } from "happy-dom";
import type { MermaidConfig } from "mermaid";
import { beforeAll, describe, expect, it } from "vitest";
import { MACHINE_NAMES, MACHINES } from "../../../src/export/machines/catalogue.ts";
import { exportMachine } from "../../../src/export/machines/formats.ts";
import { statesOf, transitionsOf } from "./states.ts";

interface Mermaid {
  initialize(config: MermaidConfig): void;
  parse(text: string): Promise<{ readonly diagramType: string }>;
  readonly mermaidAPI: {
    getDiagramFromText(text: string): Promise<{ readonly db: StateDb }>;
  };
}
interface StateDb {
  getStates(): ReadonlyMap<string, { readonly descriptions?: readonly string[] }>;
  getRelations(): readonly { readonly id1: string; readonly id2: string; readonly relationTitle?: string }[];
}

let mermaid: Mermaid;
beforeAll(async () => {
  const window = new Window();
  Object.assign(globalThis, { window, document: window.document });
  mermaid = (await import("mermaid")).default as unknown as Mermaid;
  mermaid.initialize({ startOnLoad: false });
});

const keyOf = (id: string): string => `s_${id.replaceAll(".", "_")}`;

describe("mermaid", () => {
  it.each(MACHINE_NAMES)("draws %s", async (name) => {
    const text = exportMachine(name, "mermaid");
    expect((await mermaid.parse(text)).diagramType).toBe("stateDiagram");
    const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);
    const { machine } = MACHINES[name];
    const drawn = db.getRelations().map(({ id1, id2, relationTitle = "" }) => ({ id1, id2, relationTitle }));
    for (const { source, target, event } of transitionsOf(machine)) {
      if (target === undefined) continue;
      const arrow = drawn.filter(
        ({ id1, id2 }) => id2 === keyOf(target) && mayBegin(id1, source, machine.id),
      );
      expect(
        arrow.map(({ relationTitle }) => relationTitle).join(),
        `${source} to ${target} on ${event}`,
      ).toMatch(new RegExp(`\\b${event}\\b`));
    }
    const shown = (id: string): string => db.getStates().get(keyOf(id))?.descriptions?.join() ?? "";
    for (const { id, kind, entry } of statesOf(machine))
      if (kind === "atomic") for (const effect of entry) expect(shown(id)).toContain(effect);
    const keys = new Set(drawn.flatMap(({ id1, id2 }) => [id1, id2]));
    const known = new Set(statesOf(machine).map(({ id }) => keyOf(id)));
    expect([...keys].filter((key) => key.startsWith("s_") && !known.has(key))).toEqual([]);
  });

  it("refuses what is no diagram", async () => {
    await expect(mermaid.parse(`${exportMachine("arbiter", "mermaid")}  state {`)).rejects.toThrow();
  });
});

/** From the state itself, or from the mark for any state of one around it. */
function mayBegin(key: string, source: string, root: string): boolean {
  const around = source.split(".").map((_, i, parts) => parts.slice(0, i + 1).join("."));
  return key === keyOf(source) || [root, ...around].some((id) => key === `any_${id.replaceAll(".", "_")}`);
}
