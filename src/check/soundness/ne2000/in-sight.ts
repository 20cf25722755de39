/**
 * What a checker can see of an NE2000: it looks into the silicon for what the ports do not tell, or not
 * without a change.
 */
import type { Access } from "../../../devices/model.ts";
import { listens } from "../../../devices/ne2000/programmed.ts";
import {
  CR,
  DATA_PORT,
  DCR,
  OFFSET,
  PAGE_BYTES,
  pageOf,
  RAM,
  RESET_PORT,
  type RegisterName,
  registerAt,
  TCR,
  WINDOW_BYTES,
} from "../../../devices/ne2000/registers.ts";
import { staysInProm, staysInRam } from "../../../devices/ne2000/remote-range.ts";
import { Ne2000 } from "../../../devices/ne2000/silicon.ts";
import type { Slot } from "../../../hardware/silicon.ts";
import type { CardInSight, Register } from "../specimen.ts";

export const PAGES = [0, 1, 2, 3] as const;
/** Reading these changes them, on page 0. */
const CHANGED_BY_READING: readonly RegisterName[] = ["FIFO", "CNTR0", "CNTR1", "CNTR2"];
const SIZES: readonly number[] = [OFFSET.TBCR0, OFFSET.TBCR1];
const TRANSFER: readonly number[] = [OFFSET.RSAR0, OFFSET.RSAR1, OFFSET.RBCR0, OFFSET.RBCR1];

const nameAt = (page: number, port: number): string =>
  registerAt(page, port, "read")?.name ?? `port 0x${port.toString(16)} of page ${page}`;

const VIEWS: readonly (readonly Register[])[] = PAGES.map((page) =>
  Array.from({ length: DATA_PORT }, (_, port) => ({ name: nameAt(page, port), page, port, bytes: 1 })).filter(
    ({ name }) => page !== 0 || !(CHANGED_BY_READING as readonly string[]).includes(name),
  ),
);

/** Silicon with what its guest has begun to program. */
export class Ne2000InSight implements CardInSight {
  readonly silicon: Ne2000;
  departed = false;
  #remoteProgrammed = false;
  #transmitProgrammed = false;
  #underWay = false;

  constructor(slot: Slot, mac: Uint8Array) {
    this.silicon = new Ne2000(slot, { mac });
  }

  get page(): number {
    return pageOf(this.#registers.CR);
  }

  get armed(): boolean {
    return listens(this.#registers.CR, this.#registers);
  }

  get missed(): number {
    return this.#registers.CNTR2;
  }

  get halfProgrammed(): readonly string[] {
    return [
      ...(this.#remoteProgrammed ? ["a remote DMA half-programmed"] : []),
      ...(this.#transmitProgrammed ? ["a transmit half-programmed"] : []),
    ];
  }

  busyWith(): readonly string[] {
    const { transmitter, remote } = this.silicon.inspect();
    return [
      ...(transmitter.state === "idle" ? [] : ["a transmit under way"]),
      ...(remote.bytesLeft > 0 && this.#remote !== CR.ABORT
        ? [`a remote ${this.#remoteName} under way`]
        : []),
    ];
  }

  stray(): string | undefined {
    const { PSTART, PSTOP } = this.#registers;
    // Without a ring, what it stores stays in its own address space, which is all the guest's.
    const hasRing = PSTART !== 0 || PSTOP !== 0;
    const first = RAM.start / PAGE_BYTES;
    const end = (RAM.start + RAM.bytes) / PAGE_BYTES;
    if (this.armed && hasRing && !(PSTART >= first && PSTART < PSTOP && PSTOP <= end))
      return `the card receives into pages 0x${PSTART.toString(16)} to 0x${PSTOP.toString(16)}`;
    const { address, bytesLeft: bytes } = this.silicon.inspect().remote;
    if (bytes === 0 || this.#remote === CR.ABORT) return undefined;
    const geometry = { start: PSTART, stop: PSTOP, words: (this.#registers.DCR & DCR.WTS) !== 0 };
    const stays = staysInRam({ address, bytes }, geometry);
    if (stays || (this.#remote === CR.READ && staysInProm({ address, bytes }, geometry))) return undefined;
    return `a remote ${this.#remoteName} of ${bytes} bytes at 0x${address.toString(16)} is under way`;
  }

  strayFrame(): string | undefined {
    const { TPSR, TBCR0, TBCR1 } = this.#registers;
    const start = TPSR * PAGE_BYTES;
    const bytes = TBCR0 | (TBCR1 << 8);
    if (start >= RAM.start && start + bytes <= RAM.start + RAM.bytes) return undefined;
    return `the card sends ${bytes} bytes from 0x${start.toString(16)}`;
  }

  note(access: Access): void {
    const underWay = this.#remote !== CR.ABORT && this.silicon.inspect().remote.bytesLeft > 0;
    // What was programmed while it was under way has been carried out with it.
    if (this.#underWay && !underWay) this.#remoteProgrammed = false;
    this.#underWay = underWay;
    this.#noteWrite(access);
  }

  #noteWrite({ port, width, direction, value }: Access): void {
    if (direction === "read") {
      if (port >= RESET_PORT && port < WINDOW_BYTES) this.#forget();
      return;
    }
    if (width !== 1 || port >= DATA_PORT) return;
    if (port === OFFSET.CR) {
      this.departed ||= this.#sendsNothing(value);
      this.#remoteProgrammed = false;
      if ((value & (CR.TXP | CR.STP)) !== 0) this.#transmitProgrammed = false;
    } else if (this.page === 0) {
      this.departed ||= this.#departs(port);
      if (TRANSFER.includes(port)) this.#remoteProgrammed = true;
      if (SIZES.includes(port) && (this.#registers.CR & CR.STP) === 0) this.#transmitProgrammed = true;
    } else if (this.page === 1 && port === OFFSET.CURR) {
      // A frame that comes at that very moment finds room.
      this.departed ||= this.silicon.inspect().receiver.overflowed;
    }
  }

  starts({ port, width, direction, value }: Access): boolean {
    if (direction === "read" || port !== OFFSET.CR || width !== 1) return false;
    const transmits = (value & CR.TXP) !== 0 && (value & CR.STP) === 0;
    return transmits || ((value & CR.ABORT) === 0 && (value & CR.RD) !== 0);
  }

  view(): readonly Register[] {
    return VIEWS[this.page] ?? [];
  }

  get #registers() {
    return this.silicon.inspect().core;
  }

  /** CR.RD, if it is a command. */
  get #remote(): number {
    const { CR: command } = this.#registers;
    return (command & CR.ABORT) !== 0 || (command & CR.RD) === 0 ? CR.ABORT : command & CR.RD;
  }

  get #remoteName(): string {
    return this.#remote === CR.READ ? "read" : this.#remote === CR.WRITE ? "write" : "read of a packet";
  }

  /**
   * A frame waits for the PHY, and whether it goes round in loopback is decided anew; or another transfer
   * goes on from the packet that is sent.
   */
  #departs(port: number): boolean {
    const { transmitter, remote } = this.silicon.inspect();
    const waits = transmitter.state === "waiting";
    if (port === OFFSET.TCR) return waits;
    // One of no bytes does not go round.
    if (SIZES.includes(port)) return waits && (this.#registers.TCR & TCR.LB) !== 0;
    return TRANSFER.includes(port) && remote.boundaryAfterSend !== undefined;
  }

  /** There is no packet where one should be sent from. */
  #sendsNothing(command: number): boolean {
    const sends = (command & CR.RD) === CR.SEND && (this.#registers.DCR & DCR.AR) !== 0;
    return sends && this.silicon.inspect().remote.bytesLeft === 0;
  }

  #forget(): void {
    this.#remoteProgrammed = false;
    this.#transmitProgrammed = false;
  }
}
