/** A minute of `npm run fuzz`: both cards, bare and shared, with a seed that stays the same. */
import { describe, expect, it } from "vitest";
import { type Campaign, campaign, type Level, PROFILES } from "../../src/fuzz/campaign.ts";

const SEED = 1;
const LIMIT_MS = 240_000;

function run(card: keyof typeof PROFILES, level: Level, operations: number): Campaign {
  let last: Campaign | undefined;
  for (const now of campaign({ profile: PROFILES[card], level }, SEED, operations)) last = now;
  if (last === undefined) throw new Error("a campaign has at least one round");
  expect(last.failure).toBeUndefined();
  expect(last.operations).toBe(operations);
  return last;
}

describe("nothing breaks, and the card was at work all the time", () => {
  it("a bare RTL8139", { timeout: LIMIT_MS }, () => {
    const { tally } = run("rtl8139", "silicon", 4_500_000);
    expect(tally.received.stored).toBeGreaterThan(50_000);
    expect(tally.received.overflow).toBeGreaterThan(5000);
    expect(tally.sentFrames).toBeGreaterThan(5000);
    expect(tally.dmaReads).toBeGreaterThan(10_000);
    expect(tally.interrupts).toBeGreaterThan(2000);
  });

  it("a shared RTL8139", { timeout: LIMIT_MS }, () => {
    const { tally } = run("rtl8139", "dmm", 3_750_000);
    expect(tally.received.stored).toBeGreaterThan(30_000);
    expect(tally.sentFrames).toBeGreaterThan(5000);
    expect(tally.violations).toBeGreaterThan(50_000);
    expect(tally.handOffs).toBeGreaterThan(1000);
    expect(tally.takenAway).toBeGreaterThan(300);
    expect(tally.handOffs - tally.takenAway).toBeGreaterThan(300);
  });

  it("a bare NE2000", { timeout: LIMIT_MS }, () => {
    const { tally } = run("ne2000", "silicon", 3_750_000);
    expect(tally.received.stored).toBeGreaterThan(10_000);
    expect(tally.received.overflow).toBeGreaterThan(10_000);
    expect(tally.sentFrames).toBeGreaterThan(3000);
    expect(tally.dmaBytes).toBe(0);
    expect(tally.interrupts).toBeGreaterThan(5000);
  });

  it("a shared NE2000", { timeout: LIMIT_MS }, () => {
    const { tally } = run("ne2000", "dmm", 1_200_000);
    expect(tally.received.stored).toBeGreaterThan(3000);
    expect(tally.sentFrames).toBeGreaterThan(1000);
    expect(tally.violations).toBeGreaterThan(10_000);
    expect(tally.handOffs).toBeGreaterThan(300);
    expect(tally.takenAway).toBeGreaterThan(100);
    expect(tally.handOffs - tally.takenAway).toBeGreaterThan(100);
  });
});
