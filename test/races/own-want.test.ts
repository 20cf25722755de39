/**
 * A guest that is given the card because a frame waits for it may trap while the card is still being restored for it. That exit is
 * served once it has the card; it is no reason to take the card away from it for its own sake.
 */
import { describe, expect, it } from "vitest";
import { scenarioOf, sceneOf } from "../support/seeded.ts";

const SEEDS = Array.from({ length: 20 }, (_, seed) => seed);

const SCENARIO = `
name: own-want
duration: 60ms
wire:
  peers:
    - { kind: sink, name: sink }
    - { kind: source, name: feed, to: [alice, bob], rate: 3000, size: 64, count: 200 }
cards: [{ name: card0, kind: rtl8139, policy: fifo, receive: arrival }]
guests:
  - { name: alice, memory: 256KiB, workload: { kind: stream, to: sink, size: 100, count: 40, rate: 1500 } }
  - { name: bob, memory: 256KiB, workload: { kind: stream, to: sink, size: 100, count: 40, rate: 1500 } }
`;

describe("an owner whose exit arrived before its grant", () => {
  it("is not queued for the card that it has", () => {
    let handoffs = 0;
    for (const seed of SEEDS) {
      const { run } = sceneOf(scenarioOf(SCENARIO), seed);
      run.run(400_000);
      const { guests, cards } = run.report(false);
      const grants = guests.reduce((sum, guest) => sum + guest.vmm.grants, 0);
      handoffs += cards[0]?.handoffs ?? 0;
      expect(grants, `seed ${seed}`).toBe((cards[0]?.handoffs ?? 0) + 1);
    }
    expect(handoffs).toBeGreaterThan(SEEDS.length);
  });
});
