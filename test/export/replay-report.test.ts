/** What `vpio replay` says of a recorded run, made up. */
import { describe, expect, it } from "vitest";
import { EXIT } from "../../src/base/errors.ts";
import { jsonReplay, replayExitCode, replayReport } from "../../src/export/replay-report.ts";
import type { Violation } from "../../src/stress/oracles/oracle.ts";
import type { JudgedReplay } from "../../src/stress/recorded.ts";
import { noSightings } from "../../src/stress/sightings.ts";
import { madeUpScenario } from "./made-up.ts";

const at = (what: string, atNs: number, move: number) => ({ what, atNs, move });
const FIRST: Violation = {
  property: 3,
  oracle: "dma",
  incident: at("rtl0 writes where it should not", 2_000_000, 1234),
  because: at("rtl0 was granted, bob", 1_000_000, 1200),
};
const SECOND: Violation = {
  property: 4,
  oracle: "twin",
  incident: at("alice reads 1", 3_000_000, 2000),
  because: undefined,
};

function outcome(violations: readonly Violation[], recordedHash = "ab") {
  const replay: JudgedReplay = {
    finalHash: "ab",
    frames: [],
    moves: 12_345,
    verdicts: [
      { property: 3, oracles: ["dma"], violations: violations.filter(({ property }) => property === 3) },
      { property: 4, oracles: [], violations: violations.filter(({ property }) => property === 4) },
    ],
    violations,
    sightings: noSightings(),
  };
  const recording = { capture: false, logs: new Map(), finalHash: recordedHash };
  return { scenario: madeUpScenario(), recording, replay };
}

describe("the replay of a recorded run", () => {
  it("holds where nothing was found, and says what was not judged", () => {
    expect(replayExitCode(outcome([]))).toBe(EXIT.ok);
    expect(replayReport(outcome([])).split("\n").slice(3)).toEqual([
      "",
      "property  verdict     oracles  what",
      "       3  holds       dma      DMA touches only the owner's memory, or the VMM's",
      "       4  not judged           a guest reads what a private card could have given it",
      "",
      "All judged properties hold in 12,345 moves.",
      "",
    ]);
  });

  it("says what was violated, at which move, and after what", () => {
    const violated = outcome([FIRST, SECOND]);
    expect(replayExitCode(violated)).toBe(EXIT.violated);
    expect(replayReport(violated).split("\n").slice(-7)).toEqual([
      "VIOLATED:",
      `property 3 (DMA touches only the owner's memory, or the VMM's), by the oracle "dma":`,
      "rtl0 writes where it should not (2.00 ms, move 1,234)",
      "after rtl0 was granted, bob (1.00 ms, move 1,200)",
      `then property 4 (a guest reads what a private card could have given it), by the oracle "twin":`,
      "alice reads 1 (3.00 ms, move 2,000)",
      "",
    ]);
    expect(jsonReplay(violated)).toMatchObject({
      version: 1,
      same: true,
      moves: 12_345,
      properties: [
        { property: 3, oracles: ["dma"], verdict: "violated", violations: [FIRST] },
        { property: 4, oracles: [], verdict: "violated", violations: [SECOND] },
      ],
    });
  });

  it("has no verdict where it went another way: that goes first", () => {
    const diverged = outcome([FIRST], "cd");
    expect(replayExitCode(diverged)).toBe(EXIT.diverged);
    expect(replayReport(diverged)).toBe(
      "made-up: THE REPLAY ENDS IN ANOTHER STATE\nrecorded cd\nreplayed ab\n",
    );
    expect(jsonReplay(diverged)).not.toHaveProperty("properties");
  });
});
