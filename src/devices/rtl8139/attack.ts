/**
 * Attacks with an RTL8139, which masters the bus: it reads and writes whatever address it was programmed
 * with.
 */

import { inb, inl, outb, outl, outw, type Program } from "../../hardware/cpu.ts";
import type { Attack, AttackMachine, CardAttack } from "../attack.ts";
import { hostileFrame } from "../hostile-frame.ts";
import { CAPR_LAG, CR, RCR, REGISTERS, TCR, TSD, TX_DESCRIPTORS } from "./registers.ts";

/** CAPR of an empty ring whose next frame lands at its start. */
const CAPR_AT_START = 0x1_0000 - CAPR_LAG;
const FRAME_BYTES = 1514;
/** Polls of a status before the attack goes on without it. */
const POLLS = 256;

/** From the end of the guest's memory to where dma-outside has the card write. */
export const OUTSIDE_BYTES = 0x1000;
/** From the start of dma-over-end's ring to the end of the guest's memory; the ring has 8 KiB. */
export const RING_INSIDE_BYTES = 0x1000;
const BUFFER_INSIDE_BYTES = 256;

/** Registers of transmit descriptor n: `TSD0 + 4 * n`, `TSAD0 + 4 * n`. */
const TSD0 = REGISTERS.TSD0.offset;
const TSAD0 = REGISTERS.TSAD0.offset;

export function rtl8139Attack(kind: CardAttack, machine: AttackMachine): Attack {
  const end = machine.memory.base + machine.memory.sizeBytes;
  switch (kind) {
    case "dma-outside":
      return reach(machine, end + OUTSIDE_BYTES, end + OUTSIDE_BYTES, 1);
    case "dma-over-end":
      return reach(machine, end - RING_INSIDE_BYTES, end - BUFFER_INSIDE_BYTES, 4);
    case "never-idle":
      return neverIdle(machine);
  }
}

function* reset(ioBase: number): Program<void> {
  yield outb(ioBase + REGISTERS.CR.offset, CR.RST);
  for (let polls = 0; polls < POLLS && ((yield inb(ioBase + REGISTERS.CR.offset)) & CR.RST) !== 0; polls++);
  yield outb(ioBase + REGISTERS.CR.offset, CR.RE | CR.TE);
}

/** Puts the frame into the guest's memory; answers where. */
function placeFrame({ memory, mac }: AttackMachine): number {
  const address = memory.allocate(FRAME_BYTES, 4);
  memory.write(address, hostileFrame(mac, FRAME_BYTES));
  return address;
}

/** Queues `FRAME_BYTES` at `address` in a descriptor, and waits until the card has sent them. */
function* transmit(ioBase: number, descriptor: number, address: number): Program<void> {
  const tsd = ioBase + TSD0 + 4 * descriptor;
  yield outl(ioBase + TSAD0 + 4 * descriptor, address);
  yield outl(tsd, FRAME_BYTES);
  for (let polls = 0; polls < POLLS && ((yield inl(tsd)) & TSD.OWN) === 0; polls++);
}

/**
 * Writes: with its receive ring at `ring` the card sends `frames` of the guest's frames to itself. Reads: it
 * then sends what lies at `stolen` onto the wire.
 */
function reach(machine: AttackMachine, ring: number, stolen: number, frames: number): Attack {
  const { ioBase } = machine;
  const address = placeFrame(machine);
  function* round(): Program<number> {
    yield* reset(ioBase);
    yield outl(ioBase + REGISTERS.RBSTART.offset, ring);
    yield outw(ioBase + REGISTERS.CAPR.offset, CAPR_AT_START);
    yield outl(ioBase + REGISTERS.RCR.offset, RCR.AAP);
    yield outl(ioBase + REGISTERS.TCR.offset, TCR.LBK);
    for (let n = 0; n < frames; n++) yield* transmit(ioBase, n % TX_DESCRIPTORS, address);
    yield* reset(ioBase);
    yield outl(ioBase + REGISTERS.TCR.offset, 0);
    yield* transmit(ioBase, 0, stolen);
    return frames + 1;
  }
  return { setUp: function* () {}, round };
}

/**
 * Queues all transmit descriptors but the one whose turn it is: the card sends them in turn, so it has frames queued for
 * ever and sends none. The rounds keep the guest at the card.
 */
function neverIdle(machine: AttackMachine): Attack {
  const { ioBase } = machine;
  const address = placeFrame(machine);
  function* setUp(): Program<void> {
    yield* reset(ioBase);
    yield outl(ioBase + REGISTERS.TCR.offset, 0);
    for (let n = 1; n < TX_DESCRIPTORS; n++) {
      yield outl(ioBase + TSAD0 + 4 * n, address);
      yield outl(ioBase + TSD0 + 4 * n, FRAME_BYTES);
    }
  }
  function* round(): Program<number> {
    let queued = 0;
    for (let n = 1; n < TX_DESCRIPTORS; n++) {
      if (((yield inl(ioBase + TSD0 + 4 * n)) & TSD.OWN) === 0) queued++;
    }
    return queued;
  }
  return { setUp, round };
}
