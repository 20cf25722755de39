import { describe, expect, it } from "vitest";
import { formatOf, readCounterexample, writeCounterexample } from "../../src/export/counterexample-file.ts";
import { originalOf, type SavedCounterexample } from "../../src/stress/saved.ts";

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

const WITH_ORIGINAL: SavedCounterexample = {
  ...FOUND,
  original: {
    text: "name: a\nduration: 1s\n",
    violation: { ...FOUND.violation, incident: { what: "card0 writes to bob", atNs: 99_000, move: 5 } },
    schedule: {
      decisions: [...FOUND.schedule.decisions, "guest 2 steps"],
      strikes: [...FOUND.schedule.strikes, { kind: "slow-guest", at: 5, forNs: 64 }],
      ending: "quiet",
    },
  },
};
const TEXT_WITH_ORIGINAL = writeCounterexample(WITH_ORIGINAL, "0.1.0");

describe("a counterexample as a file", () => {
  it("comes back as it was written, with the version that wrote it", () => {
    expect(readCounterexample(TEXT, "a.vpio")).toEqual({ found: FOUND, vpio: "0.1.0" });
    expect(formatOf(TEXT)).toBe("vpio counterexample");
  });

  it("names each kind of move once", () => {
    expect(JSON.parse(TEXT)).toMatchObject({ moves: [0, 1, 0, 2] });
    const { names, moves, original } = JSON.parse(TEXT_WITH_ORIGINAL);
    expect(names).toEqual([...new Set(WITH_ORIGINAL.original?.schedule.decisions)]);
    expect([moves, original.moves]).toEqual([
      [0, 1, 0, 2],
      [0, 1, 0, 2, 3],
    ]);
  });

  it("brings the run before it was shrunk along, which can be had as a counterexample of its own", () => {
    const { found } = readCounterexample(TEXT_WITH_ORIGINAL, "a.vpio");
    expect(found).toEqual(WITH_ORIGINAL);
    expect(originalOf(found)).toEqual({
      ...FOUND,
      source: { ...FOUND.source, text: "name: a\nduration: 1s\n" },
      violation: WITH_ORIGINAL.original?.violation,
      schedule: WITH_ORIGINAL.original?.schedule,
      to: FOUND.from,
    });
  });

  it("has no original where a version that kept none has written it", () => {
    const { original: _original, ...old } = JSON.parse(TEXT_WITH_ORIGINAL);
    const { found } = readCounterexample(JSON.stringify(old), "a.vpio");
    expect(found).toEqual(FOUND);
    expect(originalOf(found)).toBeUndefined();
  });

  it.each([
    ["a move without a name", "[0,1,0,2,3]", "[0,1,0,2,9]", "of the original, move 5 has no name"],
    ["an ending that there is none of", '"quiet"', '"loud"', "original.ending"],
    ["a scenario that is no text", String.raw`"name: a\nduration: 1s\n"`, "7", "original.text"],
  ])("is refused when its original has %s, and says where", (_, whole, damaged, message) => {
    const text = TEXT_WITH_ORIGINAL.replace(whole, damaged);
    expect(text).not.toBe(TEXT_WITH_ORIGINAL);
    expect(() => readCounterexample(text, "a.vpio")).toThrow(
      expect.objectContaining({ code: "USAGE", message: expect.stringMatching(`^a.vpio: .*${message}`) }),
    );
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
