/**
 * The handoff once more, by hand and in another language: Spin finds exactly as many states and transitions
 * in the Promela model as the explorer does in the statecharts that run. Neither was made from the other.
 */
import { describe, expect, it } from "vitest";
import { missingTools, Pan, type PanFinding } from "../../bench/pan.ts";
import type { Bounds } from "../../src/check/bodies/contract.ts";
import { explore } from "../../src/check/explorer.ts";
import { Handoff, REAL_PARTS } from "../../src/check/handoff.ts";
import { boundsOf } from "../../src/check/worlds.ts";
import { MUTANTS } from "../check/mutants.ts";

const missing = missingTools();
if (missing.length > 0)
  console.warn(`SKIPPED: ${missing.join(" and ")} not installed; our counts are NOT compared with Spin's`);

/** A mutant's error is near the beginning. */
const MUTANT_STATES = 1 << 18;

function spin(bounds: Bounds, states: number, mutant?: string): PanFinding {
  const defect = mutant === undefined ? {} : { mutant };
  const pan = new Pan({ bounds, ...defect, reduce: false, optimize: "-O0" });
  try {
    return pan.search(states);
  } finally {
    pan.remove();
  }
}

it("has its judge in CI", () => {
  if (process.env["CI"]) expect(missing).toEqual([]);
});

describe.runIf(missing.length === 0)("Spin", () => {
  const WORLDS: readonly (readonly [name: string, bounds: Bounds])[] = [
    ["order, two guests", boundsOf("order", 2, "fifo")],
    ["order, two guests in turn", boundsOf("order", 2, "round-robin")],
    ["order, three guests", boundsOf("order", 3, "fifo")],
    ["order, three guests in turn", boundsOf("order", 3, "round-robin")],
    ["order, two guests, fair share", boundsOf("order", 2, "fair-share")],
    ["card, two guests", { ...boundsOf("card", 2, "fifo"), frames: false }],
    [
      "card, two guests of which one transmits",
      { ...boundsOf("card", 2, "fifo"), frames: false, transmitters: 1 },
    ],
    ["failures, two guests", boundsOf("failures", 2, "fifo")],
    ["failures, two guests of which one is frail", { ...boundsOf("failures", 2, "round-robin"), frail: 1 }],
    ["failures, two guests, whoever and whenever", { ...boundsOf("failures", 2, "any"), cardLoss: false }],
    ["exits without a card", { ...boundsOf("order", 2, "fifo"), passed: 0, platform: true }],
    ["receivers, two guests", boundsOf("receivers", 2, "fifo")],
    [
      "receivers, two guests in turn that listen",
      { ...boundsOf("receivers", 2, "round-robin"), receive: "listening" },
    ],
    [
      "frames for one that listens",
      { ...boundsOf("card", 1, "fifo"), frames: true, passed: 2, receive: "listening" },
    ],
  ];

  it.each(WORLDS)("finds as many states and transitions: %s", { timeout: 120_000 }, (_name, bounds) => {
    const ours = explore(new Handoff(bounds), { fixed: bounds.guests });
    const { error, states, transitions } = spin(bounds, ours.states);
    expect([error, ours.verdict]).toEqual([undefined, "holds"]);
    expect([states, transitions]).toEqual([ours.states, ours.transitions]);
  });

  /** Ours, theirs, and what Spin's assertion is about. */
  const DEFECTS: readonly (readonly [what: string, mutant: string, assertion: RegExp])[] = [
    ["a NIC that lets stale epochs through", "LAX_NIC", /arbiter\.owner==.*arbiter\.epoch==/],
    ["a NIC that does not drain", "HASTY_NIC", /arbiter\.forced.*guestToNic/],
    ["an arbiter that does not ask the model again", "TRUSTING_ARBITER", /nic\.transmitter==/],
    ["an arbiter that leaves the receiver armed", "RECKLESS_ARBITER", /nic\.armedFor==/],
    ["an arbiter that keeps a want of the owner", "GREEDY_ARBITER", /arbiter\.stage!=.*wants/],
    ["an arbiter that forgets a blocked exit", "FORGETFUL_ARBITER", /desk\[one\]\.exit.*wants/],
    ["an arbiter that drops a blocked exit", "DROPPING_ARBITER", /violated 0 /],
    ["a guest that knows no revoke while away", "DEAF_GUEST", /\.card==/],
    ["a guest that traps before its writes are done", "IMPATIENT_GUEST", /\.refused>0.*nicToGuest/],
  ];

  it.each(DEFECTS)("finds %s, as the explorer does", { timeout: 60_000 }, (what, mutant, assertion) => {
    const [, bounds, parts] = MUTANTS.find(([name]) => name === what) ?? [];
    expect(bounds).toBeDefined();
    if (bounds === undefined) return;
    expect(explore(new Handoff(bounds, { ...REAL_PARTS, ...parts })).verdict).toBe("violated");
    expect(spin(bounds, MUTANT_STATES, mutant).error).toMatch(assertion);
  });
});
