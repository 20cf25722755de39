/**
 * An owner that is asked to go while its transmits are under way gets the card back when they leave something behind that
 * only it can finish. One that sees to it that there always is such a thing must not have the card for ever: between the
 * first revoke and the end of its ownership there is the watchdog.
 */
import { expect, it } from "vitest";
import { CR, REGISTERS, TSD } from "../../src/devices/rtl8139/registers.ts";
import type { Program } from "../../src/hardware/cpu.ts";
import type { UserMachine } from "../../src/workloads/program.ts";
import { scenarioOf, sceneOf } from "../support/seeded.ts";

const SCENARIO = `
name: unfinished
duration: 2s
wire: { peers: [{ kind: sink, name: sink }] }
cards: [{ name: card0, kind: rtl8139, rate: 10Mbit/s, policy: { kind: round-robin, quantum: 1ms }, watchdog: 50ms }]
guests:
  - { name: mallory, memory: 256KiB, workload: { kind: receive } }
  - { name: bob, memory: 256KiB, start: 10ms, workload: { kind: stream, to: sink, size: 100, count: 3 } }
`;
const FRAME_BYTES = 1514;

/**
 * Sends two descriptors at a time, and queues a third one behind a gap: descriptors are sent in turn, so the card will
 * stop there until the guest has filled the gap.
 */
function* leavesGaps({ ioBase, memory, outb, outl, inl }: UserMachine): Program<void> {
  const frame = memory.allocate(FRAME_BYTES, 4);
  const tsd = (descriptor: number): number => ioBase + REGISTERS.TSD0.offset + 4 * (descriptor % 4);
  yield outb(ioBase + REGISTERS.CR.offset, CR.TE);
  for (let i = 0; i < 4; i++) yield outl(ioBase + REGISTERS.TSAD0.offset + 4 * i, frame);
  for (let turn = 0; ; turn += 2) {
    if (turn === 0) yield outl(tsd(1), FRAME_BYTES);
    yield outl(tsd(turn), FRAME_BYTES);
    yield outl(tsd(turn + 3), FRAME_BYTES);
    while (((yield inl(tsd(turn + 1))) & TSD.OWN) === 0);
  }
}

it("an owner that always leaves something unfinished meets the watchdog", () => {
  const scenario = scenarioOf(SCENARIO);
  const [, bob] = scenario.guests;
  const { run } = sceneOf(scenario, 1, undefined, [
    { kind: "program", program: leavesGaps as never },
    bob?.workload as never,
  ]);
  const bobDone = (): boolean => run.guests[1]?.snapshot().software?.workload.finished === true;
  run.run(2_000_000, bobDone);
  expect(bobDone()).toBe(true);
  expect(run.report(false).cards[0]?.watchdogs).toBe(1);
});
