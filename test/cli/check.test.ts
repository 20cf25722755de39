/** `vpio check`: what it prints, and its exit codes. */
import { describe, expect, it } from "vitest";
import { say } from "./support.ts";

describe("vpio check", () => {
  it("gives a verdict on each property, with counts", { timeout: 60_000 }, async () => {
    const { code, out } = await say(["check", "--world", "order", "--guests", "3", "--json"]);
    expect(code).toBe(0);
    const { worlds } = JSON.parse(out) as {
      worlds: { states: number; verdict: string; properties: { verdict: string }[] }[];
    };
    expect(worlds.map(({ states, verdict }) => [states, verdict])).toEqual([[113_709, "holds"]]);
    expect(new Set(worlds[0]?.properties.map(({ verdict }) => verdict))).toEqual(new Set(["holds"]));
  });

  it("is inconclusive, with exit code 3, when its memory is used up", { timeout: 60_000 }, async () => {
    const { code, out } = await say(["check", "--world", "order", "--memory", "4"]);
    expect(code).toBe(3);
    expect(out).toMatch(/inconclusive: out of memory with \d+ states still to be looked at/);
  });

  it("shows the hole in the published model of the RTL8139", async () => {
    const { code, out } = await say(["check", "--model", "paper/rtl8139"]);
    expect(code).toBe(1);
    expect(out).toContain("two transmits, one TOK, reusable with a DMA in flight");
    expect(out).toContain("the driver writes TSD1");
  });
});
