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
