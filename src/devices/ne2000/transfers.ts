/** What the VMM does on the card's page 0 to follow the remote DMA of a guest (DP8390D section 9.0). */
import { inb, inw, type PortOp, readAll, type Sequence } from "../../hardware/cpu.ts";
import type { Access } from "../model.ts";
import { programRemote, readNames, writeRegister } from "./context.ts";
import type { Programmed } from "./programmed.ts";
import { HEADER_BYTES } from "./receiver.ts";
import { CR, DATA_PORT, ISR, PAGE_BYTES } from "./registers.ts";
import { bytesLeft, staysInRam, type Transfer } from "./remote-range.ts";

/** An access as the card itself gets it. */
export const straight = (ioBase: number, { port, width, direction, value }: Access): PortOp =>
  direction === "read"
    ? { kind: "in", port: ioBase + port, width }
    : { kind: "out", port: ioBase + port, width, value };

/** What RSAR and RBCR have become in a transfer that was ended. */
export function* readTransfer(ioBase: number, { transfer, geometry }: Programmed): Sequence<Transfer> {
  const [low = 0, high = 0] = yield* readNames(ioBase, ["CRDA0", "CRDA1"]);
  const address = low | (high << 8);
  return { address, bytes: bytesLeft(transfer, geometry, address) };
}

export interface Packet {
  readonly transfer: Transfer;
  /** Where BNRY goes when it has been read. */
  readonly next: number;
}

/**
 * Finds the packet of a send-packet command, which begins on page `boundary`, and programs a remote read of
 * it: that is all the command does, but a read can be written again, and it can be reckoned how far it has
 * come. Undefined when there is no packet in packet RAM.
 */
export function* findPacket(
  ioBase: number,
  programmed: Programmed,
  boundary: number,
): Sequence<Packet | undefined> {
  const address = boundary * PAGE_BYTES;
  const header = { address, bytes: HEADER_BYTES };
  if (!staysInRam(header, programmed.geometry)) return undefined;
  const state = programmed.command & (CR.STP | CR.STA);
  yield* programRemote(ioBase, header);
  yield writeRegister(ioBase, "CR", state | CR.READ);
  const data = ioBase + DATA_PORT;
  const reads = programmed.words ? [inw(data), inw(data)] : [inb(data), inb(data), inb(data), inb(data)];
  const units = yield* readAll(reads);
  const [, next = 0, low = 0, high = 0] = programmed.words
    ? units.flatMap((word) => [word & 0xff, word >>> 8])
    : units;
  yield writeRegister(ioBase, "CR", state | CR.ABORT);
  yield writeRegister(ioBase, "ISR", ISR.RDC);
  const transfer = { address, bytes: low | (high << 8) };
  yield* programRemote(ioBase, transfer);
  if (!staysInRam(transfer, programmed.geometry)) return undefined;
  return { transfer, next };
}
