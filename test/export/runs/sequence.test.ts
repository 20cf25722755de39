/** The sequence diagram of a run: Mermaid takes it, and it says how the card has changed hands. */
import { beforeAll, describe, expect, it } from "vitest";
import { sequenceOfRun } from "../../../src/export/runs/sequence.ts";
import type { Trace } from "../../../src/trace/trace.ts";
import { loadMermaid, type Mermaid } from "../../support/mermaid.ts";
import { playDuel, playTalk } from "./scenes.ts";

const WHOLE = { first: 1, last: Number.POSITIVE_INFINITY };

let mermaid: Mermaid;
beforeAll(async () => {
  mermaid = await loadMermaid();
});

/** Types of what arrives in a run, in order, up to a move. */
const arrivals = (trace: Trace, last: number): readonly string[] =>
  Array.from({ length: last }, (_, i) => trace.moveOf(i + 1)?.type ?? "");
const arrowsOf = (text: string): readonly string[] =>
  text.split("\n").flatMap((line) => /->>\w+: (\w+)/.exec(line)?.[1] ?? []);
const SHOWN = /^(grant|revoke|revoked|fence|drained|fenced|frameWaiting|machineCheck|ended|cardLost)$/;

describe("the sequence diagram of a run", () => {
  it("is one for Mermaid", async () => {
    for (const { trace, goesOn } of [await playDuel(), await playTalk()]) {
      const { diagramType } = await mermaid.parse(sequenceOfRun(trace, WHOLE, goesOn));
      expect(diagramType).toBe("sequence");
    }
  });

  it("has every message of the handoff protocol, in order, and says how many others there were", async () => {
    const { trace, goesOn } = await playDuel(3_000);
    const text = sequenceOfRun(trace, WHOLE, goesOn);
    const all = arrivals(trace, trace.length);
    expect(arrowsOf(text).filter((type) => type !== "exit")).toEqual(all.filter((type) => SHOWN.test(type)));
    const others = all.filter((type) => type !== "").length - arrowsOf(text).length;
    expect(text).toContain(`${others.toLocaleString("en-US")} other messages left out`);
    expect(text).toContain(`the run goes on after move ${trace.length.toLocaleString("en-US")}`);
  });

  it("shows a guest's operation only where it is blocked: its next answer comes with a grant between", async () => {
    const { trace, goesOn } = await playDuel(3_000);
    const lines = sequenceOfRun(trace, WHOLE, goesOn).split("\n");
    for (const [i, line] of lines.entries()) {
      const [, guest] = /(\w+)->>\w+: exit/.exec(line) ?? [];
      if (guest === undefined) continue;
      const next = lines
        .slice(i + 1)
        .find((later) => later.includes(`->>${guest}:`) || later.includes(`${guest}->>`));
      expect(next ?? ": grant").toMatch(/: (grant|fenced)/);
    }
    expect(lines.filter((line) => line.includes(": exit")).length).toBeGreaterThan(1);
  });

  it("tells what the VMM did with the card between owners", async () => {
    const { trace, goesOn } = await playDuel();
    const text = sequenceOfRun(trace, WHOLE, goesOn);
    expect(text).toMatch(/Note over \w+: saving: \d+ port operations/);
    expect(text).toMatch(/Note over \w+: restoring: \d+ port operations/);
  });

  it("says that it begins later, and that the run ends", async () => {
    const { trace, goesOn } = await playDuel();
    expect(goesOn).toBe(false);
    const text = sequenceOfRun(trace, { first: trace.length - 500, last: trace.length }, goesOn);
    expect(text).toContain(`${(trace.length - 501).toLocaleString("en-US")} moves before this`);
    expect(text).toContain("the run ends after move");
  });

  it("stops at as many lines as can be looked at, and says so", async () => {
    const { trace, goesOn } = await playDuel();
    const text = sequenceOfRun(trace, WHOLE, goesOn);
    const lines = text.split("\n").filter((line) => /->>|Note over/.test(line));
    expect(lines.length).toBeGreaterThan(300);
    expect(lines.length).toBeLessThan(305);
    expect(text).toContain("the run goes on after move");
  });

  it("is nothing but a note where nothing is handed over", async () => {
    const { trace, goesOn } = await playDuel(20);
    const text = sequenceOfRun(trace, WHOLE, goesOn);
    expect(arrowsOf(text)).toEqual([]);
    await expect(mermaid.parse(text)).resolves.toBeDefined();
  });
});
