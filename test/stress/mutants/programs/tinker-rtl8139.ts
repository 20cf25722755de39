/**
 * Sets an RTL8139 up over and over, as drivers do: opens the configuration registers, writes some of them and
 * the multicast filter, closes them, and reads back what it has written.
 */
import type { UserMachine } from "../../../../src/workloads/program.ts";

const ROUNDS = 6;
const MAR0 = 0x08;
const CR9346 = 0x50;
const CONFIG1 = 0x52;
const MULINT = 0x5c;
const EEM_CONFIG = 0xc0;
/** The LEDs in CONFIG1, which mean nothing to the card. */
const LEDS = 0xc0;

export default function* ({ ioBase, ...machine }: UserMachine): Generator<unknown, void, number> {
  for (let round = 1; round <= ROUNDS; round++) {
    yield machine.outb(ioBase + CR9346, EEM_CONFIG);
    yield machine.outb(ioBase + CONFIG1, round % 2 === 0 ? LEDS : 0);
    yield machine.outb(ioBase + CR9346, 0);
    yield machine.inb(ioBase + CONFIG1);
    yield machine.outl(ioBase + MAR0, round);
    yield machine.outw(ioBase + MULINT, 0xfff);
    yield machine.outw(ioBase + MULINT, round);
    yield machine.inw(ioBase + MULINT);
    yield machine.inl(ioBase + MAR0);
  }
}
