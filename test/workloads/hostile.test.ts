/** Each attack against a bare card, with no VMM between: what it is for must really happen there. */
import { describe, expect, test } from "vitest";
import { DEVICES } from "../../src/devices/catalogue.ts";
import { HOSTILE_PATTERN, hostileFrame } from "../../src/devices/hostile-frame.ts";
import { Ne2000 } from "../../src/devices/ne2000/silicon.ts";
import { OUTSIDE_BYTES, RING_INSIDE_BYTES } from "../../src/devices/rtl8139/attack.ts";
import { Rtl8139 } from "../../src/devices/rtl8139/silicon.ts";
import type { PortOp } from "../../src/hardware/cpu.ts";
import { GuestMemory, layOut } from "../../src/hardware/memory.ts";
import type { Silicon, Slot } from "../../src/hardware/silicon.ts";
import { type AttackKind, hostileSoftware } from "../../src/workloads/hostile.ts";
import { Bench } from "../support/bench-slot.ts";
import { GUEST_MAC } from "../support/station-rig.ts";

const SLAB_BYTES = 65_536;
const RX_HEADER_BYTES = 4;

const MAKE = {
  rtl8139: (slot: Slot): Silicon => new Rtl8139(slot, { mac: GUEST_MAC }),
  ne2000: (slot: Slot): Silicon => new Ne2000(slot, { mac: GUEST_MAC }),
} as const;

const attackRtl8139 = (attack: AttackKind, roundCount: number, otherPorts: readonly number[] = []) =>
  runAttack("rtl8139", attack, roundCount, otherPorts);

/** `roundCount` rounds by an attacker in the first of two slabs; the second is full of 0x55. */
function runAttack(
  card: keyof typeof MAKE,
  attack: AttackKind,
  roundCount: number,
  otherPorts: readonly number[] = [],
) {
  const bench = new Bench(MAKE[card], 0xc000, 2 * SLAB_BYTES);
  const [mine, theirs] = layOut([SLAB_BYTES, SLAB_BYTES], false);
  if (mine === undefined || theirs === undefined) throw new Error("two slabs were asked for");
  const victim = bench.slot.host.slab(theirs).fill(0x55);
  const memory = new GuestMemory(bench.slot.buffer, mine);
  const software = hostileSoftware(
    { attack, intervalNs: 1000 },
    { makeAttack: DEVICES[card].makeAttack, ioBase: bench.ioBase, memory, mac: GUEST_MAC, otherPorts },
  );
  const ops: PortOp[] = [];
  const main = software.main();
  let rounds = 0;
  for (let step = main.next(0); !step.done && rounds < roundCount; ) {
    if ("port" in step.value) ops.push(step.value);
    else if (step.value.kind === "hlt") rounds++;
    step = main.next(bench.execute(step.value));
  }
  return { bench, memory, victim, ops, report: software.report().workload };
}

/** True when `bytes` hold the hostile pattern eight times over. */
function hasHostileBytes(bytes: Uint8Array): boolean {
  return String.fromCharCode(...bytes).includes(String.fromCharCode(...HOSTILE_PATTERN).repeat(8));
}

describe("an RTL8139 without a VMM", () => {
  test("dma-outside writes a frame into the neighbour's memory, and sends what it finds there", () => {
    const { bench, victim } = attackRtl8139("dma-outside", 1);
    const frame = hostileFrame(GUEST_MAC, 1514);
    const at = OUTSIDE_BYTES + RX_HEADER_BYTES;
    expect(victim.subarray(at, at + frame.length)).toEqual(frame);
    expect(victim.subarray(0, OUTSIDE_BYTES).every((byte) => byte === 0x55)).toBe(true);
    // The loopback frame stays inside; what leaves begins with the receive header that the card wrote there.
    expect(bench.slot.sent).toHaveLength(1);
    expect(bench.slot.sent[0]).toEqual(victim.subarray(OUTSIDE_BYTES, OUTSIDE_BYTES + 1514));
  });

  test("dma-over-end runs from its own memory into the neighbour's", () => {
    const { bench, memory, victim } = attackRtl8139("dma-over-end", 1);
    expect(hasHostileBytes(memory.bytes(SLAB_BYTES - RING_INSIDE_BYTES, RING_INSIDE_BYTES))).toBe(true);
    expect(hasHostileBytes(victim.subarray(0, 1024))).toBe(true);
    expect(victim[8192] ?? 0).toBe(0x55);
    expect(bench.slot.sent[0]?.subarray(256)).toEqual(victim.subarray(0, 1514 - 256));
  });

  test("never-idle keeps frames queued that are never sent", () => {
    const { bench, report } = attackRtl8139("never-idle", 10);
    expect(bench.slot.sent).toEqual([]);
    expect(report.attempts).toBe(30);
    const statusOfAll = bench.silicon.readPort(0x60, 2);
    expect(statusOfAll & 0x000f).toBe(0x0001);
  });

  test("attacks are repeated at the interval, and counted", () => {
    const { bench, report } = attackRtl8139("dma-outside", 3);
    expect(report).toMatchObject({ attempts: 6, finished: false });
    expect(bench.slot.sent).toHaveLength(3);
  });
});

describe("an NE2000 without a VMM", () => {
  const REMOTE_DMA_COMPLETE = 0x40;
  const readIsr = (bench: Bench<Silicon>): number => bench.silicon.readPort(0x07, 1);

  test.each(["dma-outside", "dma-over-end"] as const)(
    "%s harms nobody: the card is no bus master",
    (attack) => {
      const { bench, victim, report } = runAttack("ne2000", attack, 5);
      for (const length of [60, 300, 1514]) bench.receive(hostileFrame(GUEST_MAC, length));
      expect(report.attempts).toBeGreaterThan(0);
      expect(victim.every((byte) => byte === 0x55)).toBe(true);
    },
  );

  test("dma-over-end reads its bytes back up to the end of the packet RAM", () => {
    const { bench, memory } = runAttack("ne2000", "dma-over-end", 1);
    const frame = hostileFrame(GUEST_MAC, 1024);
    // The buffer for reading follows the one for writing; its last use was the target at 0x7ffe: one word.
    expect(memory.bytes(1024, 2)).toEqual(frame.subarray(0, 2));
    expect(bench.slot.sent[0]?.length).toBe(1514);
  });

  test("never-idle leaves a remote write open at all times", () => {
    const { bench, report } = runAttack("ne2000", "never-idle", 20);
    expect(report.attempts).toBe(20);
    expect(readIsr(bench) & REMOTE_DMA_COMPLETE).toBe(0);
  });
});

test("touch-unheld without another card does nothing, but lets time pass", () => {
  const { bench, ops, report } = attackRtl8139("touch-unheld", 10);
  expect(ops).toEqual([]);
  expect(report.attempts).toBe(0);
  expect(bench.slot.clockNs).toBe(10_000);
});

test("touch-unheld reads and overwrites each port of the others", () => {
  const { ops, report } = attackRtl8139("touch-unheld", 1, [0xd037, 0xd03e]);
  expect(ops).toEqual([
    { kind: "in", port: 0xd037, width: 1 },
    { kind: "out", port: 0xd037, width: 1, value: 0xff },
    { kind: "in", port: 0xd03e, width: 1 },
    { kind: "out", port: 0xd03e, width: 1, value: 0xff },
  ]);
  expect(report.attempts).toBe(4);
});
