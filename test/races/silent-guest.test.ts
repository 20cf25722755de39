/**
 * A guest that listens and then reads no more messages must not be granted and revoked for ever: each round would leave
 * messages in its inbox, until the inbox is full and the arbiter stands still for everybody.
 */
import { expect, it } from "vitest";
import { guestId } from "../../src/base/ids.ts";
import { guestAddress } from "../../src/protocol/address.ts";
import { scenarioOf, sceneOf } from "../support/seeded.ts";

const SCENARIO = `
name: silent
duration: 60s
wire: { peers: [{ kind: echo, name: gateway }] }
cards: [{ name: card0, kind: rtl8139, policy: fifo, receive: hold, revoke: 1ms }]
guests:
  - { name: mute, memory: 256KiB, workload: { kind: receive } }
  - { name: busy, memory: 256KiB, workload: { kind: ping, to: gateway, interval: 1ms, count: 400 } }
`;

it("a guest that goes silent gets the card once more at most, and the other has it for good", () => {
  const { run } = sceneOf(scenarioOf(SCENARIO), 1);
  const grantsOfMute = (): number => run.report(false).guests[0]?.vmm.grants ?? 0;
  const busyDone = (): boolean => run.guests[1]?.snapshot().software?.workload.finished === true;
  const opened = (): boolean => run.guests[0]?.snapshot().stateName.includes("halted") === true;
  run.run(400_000, opened);
  expect(opened()).toBe(true);
  // Its worker is stuck: nothing that is sent to it is ever read.
  run.engine.remove(guestAddress(guestId(0)));
  const before = grantsOfMute();
  run.run(3_000_000, busyDone);
  expect(busyDone()).toBe(true);
  expect(grantsOfMute() - before).toBeLessThanOrEqual(1);
});

/** Frames arrive for a guest that is stuck, and no more once it goes on. */
const ARRIVALS = `
name: arrivals
duration: 60s
wire:
  peers:
    - { kind: sink, name: sink }
    - { kind: source, name: feed, to: [mute], rate: 1000, size: 64, count: 3, start: 20ms }
cards: [{ name: card0, kind: rtl8139, policy: fifo, receive: arrival, revoke: 1ms }]
guests:
  - { name: mute, memory: 256KiB, address: registers, workload: { kind: receive } }
  - { name: busy, memory: 256KiB, address: registers, start: 10ms, workload: { kind: stream, to: sink, count: 1 } }
`;

it("a guest that is heard of again gets the frames that were held for it while it was silent", () => {
  const { run } = sceneOf(scenarioOf(ARRIVALS), 1);
  const held = (): number => run.report(false).guests[0]?.missed.held ?? 0;
  const untilNs = (atNs: number): void => void run.run(1_000_000, () => run.engine.nowNs >= atNs);
  untilNs(5_000_000);
  expect(run.report(false).guests[0]?.vmm.grants).toBe(1);
  run.engine.stall(guestAddress(guestId(0)), 40_000_000);
  untilNs(39_000_000);
  // The other's ARP request goes with them.
  expect(held()).toBe(4);
  untilNs(80_000_000);
  expect(held()).toBe(0);
  expect(run.guests[0]?.snapshot().software?.workload.receivedFrames).toBe(3);
});
