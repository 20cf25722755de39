/**
 * Sets an NE2000 up over and over, as drivers do: moves BNRY about, writes the multicast filter, and reads
 * both back.
 */
import type { UserMachine } from "../../../../src/workloads/program.ts";

const ROUNDS = 6;
const CR = 0x00;
const BNRY = 0x03;
const MAR0 = 0x08;
const MAR_BYTES = 4;
const STOPPED = 0x21;
const PAGE_1 = 0x40;
const RING_START = 0x4c;

export default function* ({ ioBase, ...machine }: UserMachine): Generator<unknown, void, number> {
  yield machine.outb(ioBase + CR, STOPPED);
  for (let round = 1; round <= ROUNDS; round++) {
    yield machine.outb(ioBase + BNRY, RING_START);
    yield machine.outb(ioBase + BNRY, RING_START + round);
    yield machine.inb(ioBase + BNRY);
    yield machine.outb(ioBase + CR, STOPPED | PAGE_1);
    for (let i = 0; i < MAR_BYTES; i++) yield machine.outb(ioBase + MAR0 + i, round + i);
    for (let i = 0; i < MAR_BYTES; i++) yield machine.inb(ioBase + MAR0 + i);
    yield machine.outb(ioBase + CR, STOPPED);
    yield machine.inb(ioBase + BNRY);
  }
}
