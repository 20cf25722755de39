/**
 * A driver of one's own: no kernel below it, only ports. It resets the RTL8139, reads the station address that the card
 * shows, and sends a broadcast frame every ten milliseconds by polling, without interrupts.
 */
import type { UserMachine } from "../../src/workloads/program.ts";

const IDR0 = 0x00;
const TSD0 = 0x10;
const TSAD0 = 0x20;
const CR = 0x37;
const CR_RST = 0x10;
const CR_TE = 0x04;
const TSD_OWN = 0x2000;
const FRAMES = 100;
const FRAME_BYTES = 60;
const PERIOD_NS = 10_000_000;

export default function* (machine: UserMachine): Generator<unknown, void, number> {
  const { ioBase, memory } = machine;
  yield machine.outb(ioBase + CR, CR_RST);
  while (((yield machine.inb(ioBase + CR)) & CR_RST) !== 0);
  const mac = new Uint8Array(6);
  for (let i = 0; i < 6; i++) mac[i] = yield machine.inb(ioBase + IDR0 + i);
  machine.log(
    `the card says that I am ${[...mac].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`,
  );
  yield machine.outb(ioBase + CR, CR_TE);
  const buffer = memory.allocate(FRAME_BYTES, 4);
  for (let n = 0; n < FRAMES; n++) {
    const frame = new Uint8Array(FRAME_BYTES);
    frame.fill(0xff, 0, 6);
    frame.set(mac, 6);
    frame.set([0x88, 0xb5, n], 12); // EtherType for local experiments
    memory.write(buffer, frame);
    const descriptor = n % 4;
    yield machine.outl(ioBase + TSAD0 + 4 * descriptor, buffer);
    yield machine.outl(ioBase + TSD0 + 4 * descriptor, FRAME_BYTES);
    while (((yield machine.inl(ioBase + TSD0 + 4 * descriptor)) & TSD_OWN) === 0);
    yield machine.hlt((yield machine.clock) + PERIOD_NS);
  }
  machine.log(`${FRAMES} frames sent`);
}
