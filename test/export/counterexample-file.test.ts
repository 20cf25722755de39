import { describe, expect, it } from "vitest";
import { formatOf, readCounterexample, writeCounterexample } from "../../src/export/counterexample-file.ts";
import type { SavedCounterexample } from "../../src/stress/saved.ts";

const FOUND: SavedCounterexample = {
  source: { file: "/somewhere/a.yaml", text: "name: a\n", overrides: { mode: "vpio" } },
  seed: 17,
  scheduler: "pct",
  violation: {
    property: 3,
    oracle: "dma",
    incident: { what: "card0 writes to bob", atNs: 1500, move: 4 },
    because: { what: "card0 was granted, alice", atNs: 12, move: 2 },
  },
  schedule: {
    decisions: ["guest 0 steps", "nic 0 receives io from guest 0", "guest 0 steps", "guest 1 steps"],
    strikes: [{ kind: "irq-late", at: 3, forNs: 512 }],
    ending: "cut",
  },
  from: { guests: 3, moves: 900, switches: 80 },
  to: { guests: 2, moves: 4, switches: 3 },
};
const TEXT = writeCounterexample(FOUND, "0.1.0");

describe("a counterexample as a file", () => {
  it("comes back as it was written, with the version that wrote it", () => {
    expect(readCounterexample(TEXT, "a.vpio")).toEqual({ found: FOUND, vpio: "0.1.0" });
    expect(formatOf(TEXT)).toBe("vpio counterexample");
  });

  it("names each kind of move once", () => {
    expect(JSON.parse(TEXT)).toMatchObject({ moves: [0, 1, 0, 2] });
  });

  it.each([
    ["cut", TEXT.slice(0, TEXT.length / 2)],
    ["something else", "{}"],
    ["no JSON", "not JSON"],
    ["of another version", TEXT.replace('"version":1', '"version":2')],
    ["about a property that there is none of", TEXT.replace('"property":3', '"property":9')],
    ["a move without a name", TEXT.replace("[0,1,0,2]", "[0,1,0,3]")],
  ])("is refused when it is %s", (_, text) => {
    expect(() => readCounterexample(text, "a.vpio")).toThrow(
      expect.objectContaining({ code: "USAGE", message: expect.stringContaining("a.vpio") }),
    );
  });
});
