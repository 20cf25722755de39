/** The receive side: the address filter, and the ring in host memory (RTL8139C(L) sections 6.1 and 6.8). */
import { crc32, multicastHash } from "../../ethernet/crc.ts";
import type { ReceiveOutcome } from "../../hardware/silicon.ts";
import type { Core } from "./core.ts";
import {
  CAPR_LAG,
  CR,
  FCS_BYTES,
  ISR,
  RCR,
  RX_HEADER_BYTES,
  RX_MAX_BYTES,
  RX_MIN_BYTES,
  RX_MIN_RUNT_BYTES,
  RX_STATUS,
  ringBytes,
} from "./registers.ts";

const RING_64K = 0x1_0000;
const MPC_MASK = 0x00ff_ffff;

const isBroadcast = (frame: Uint8Array): boolean =>
  frame.length >= 6 && (frame[0] as number) === 0xff && frame.subarray(0, 6).every((byte) => byte === 0xff);

export class Receiver {
  readonly #core: Core;
  /** A ring entry under construction: header, frame, FCS. */
  readonly #entry = new Uint8Array(RX_HEADER_BYTES + RX_MAX_BYTES);

  constructor(core: Core) {
    this.#core = core;
  }

  /** CR.RE has gone from 0 to 1: the ring is empty, and both ends of it are at its start. */
  enable(): void {
    this.#core.registers.CBR = 0;
    this.#core.registers.CAPR = 0x1_0000 - CAPR_LAG;
  }

  /** RCR has been written: nothing moves, but an offset beyond a ring made smaller falls back into it. */
  reconfigure(): void {
    const { registers } = this.#core;
    registers.CBR &= ringBytes(registers.RCR) - 1;
  }

  /** CR.BUFE. A ring filled to the last byte would look empty too, so the receiver never fills it. */
  get empty(): boolean {
    return this.#core.registers.CBR === this.#readOffset();
  }

  /**
   * Filters `frame` (without FCS) and stores it. The caller has seen to loopback and to EEPROM programming.
   */
  receive(frame: Uint8Array): ReceiveOutcome {
    const { registers } = this.#core;
    if ((registers.CR & CR.RE) === 0) return "off";
    const wireBytes = frame.length + FCS_BYTES;
    if (!this.#admitsLength(wireBytes)) return "refused";
    const address = this.#matchAddress(frame);
    if (address === undefined) return "filtered";
    const length = Math.min(wireBytes, RX_MAX_BYTES);
    if (Math.ceil((RX_HEADER_BYTES + length) / 4) * 4 >= this.#freeBytes()) {
      registers.MPC = (registers.MPC + 1) & MPC_MASK;
      this.#core.raise(ISR.RXOVW);
      return "overflow";
    }
    const long = wireBytes > RX_MAX_BYTES;
    const runt = wireBytes < RX_MIN_BYTES ? RX_STATUS.RUNT : 0;
    this.#store(frame, length, address | (long ? RX_STATUS.LONG | RX_STATUS.CRC : RX_STATUS.ROK | runt));
    this.#core.raise(long ? ISR.RER : ISR.ROK);
    return "stored";
  }

  #admitsLength(wireBytes: number): boolean {
    const rcr = this.#core.registers.RCR;
    if (wireBytes < RX_MIN_BYTES) return (rcr & RCR.AR) !== 0 && wireBytes >= RX_MIN_RUNT_BYTES;
    return wireBytes <= RX_MAX_BYTES || (rcr & RCR.AER) !== 0;
  }

  /** The address bits of the header's status, or undefined when the frame is not for this card. */
  #matchAddress(frame: Uint8Array): number | undefined {
    const { RCR: rcr } = this.#core.registers;
    if (isBroadcast(frame)) return rcr & RCR.AB ? RX_STATUS.BAR : undefined;
    if ((frame[0] as number) & 1) return rcr & RCR.AM && this.#hashMatches(frame) ? RX_STATUS.MAR : undefined;
    if (this.#isMine(frame)) return rcr & (RCR.APM | RCR.AAP) ? RX_STATUS.PAM : undefined;
    return rcr & RCR.AAP ? 0 : undefined;
  }

  #hashMatches(frame: Uint8Array): boolean {
    const { MAR0, MAR4 } = this.#core.registers;
    const hash = multicastHash(frame.subarray(0, 6));
    return (((hash < 32 ? MAR0 : MAR4) >>> (hash & 31)) & 1) === 1;
  }

  #isMine(frame: Uint8Array): boolean {
    const { IDR0, IDR4 } = this.#core.registers;
    for (let i = 0; i < 6; i++) {
      const own = i < 4 ? IDR0 >>> (8 * i) : IDR4 >>> (8 * (i - 4));
      if (frame[i] !== (own & 0xff)) return false;
    }
    return true;
  }

  /** Where the driver reads next: CAPR is 16 behind it. Nothing obliges the driver to keep it aligned. */
  #readOffset(): number {
    const { CAPR, RCR: rcr } = this.#core.registers;
    return (CAPR + CAPR_LAG) & (ringBytes(rcr) - 1);
  }

  #freeBytes(): number {
    const { CBR, RCR: rcr } = this.#core.registers;
    const ring = ringBytes(rcr);
    const free = (this.#readOffset() - CBR) & (ring - 1);
    return free === 0 ? ring : free;
  }

  /**
   * Writes header, frame and FCS at CBR; a frame longer than `length` is cut there. The padding stays
   * unwritten.
   */
  #store(frame: Uint8Array, length: number, status: number): void {
    const entry = this.#entry;
    entry[0] = status;
    entry[1] = status >>> 8;
    entry[2] = length;
    entry[3] = length >>> 8;
    const cut = frame.length + FCS_BYTES > length;
    const data = cut ? frame.subarray(0, length) : frame;
    entry.set(data, RX_HEADER_BYTES);
    if (!cut) {
      const fcs = crc32(frame);
      const at = RX_HEADER_BYTES + frame.length;
      for (let i = 0; i < FCS_BYTES; i++) entry[at + i] = fcs >>> (8 * i);
    }
    this.#moveToRing(entry.subarray(0, RX_HEADER_BYTES + length));
  }

  #moveToRing(bytes: Uint8Array): void {
    const { registers, slot } = this.#core;
    const ring = ringBytes(registers.RCR);
    const start = registers.CBR;
    const room = ring - start;
    const runsOn = (registers.RCR & RCR.WRAP) !== 0 && ring < RING_64K;
    registers.CBR = (start + Math.ceil(bytes.length / 4) * 4) & (ring - 1);
    if (bytes.length <= room || runsOn) {
      slot.dmaWrite((registers.RBSTART + start) >>> 0, bytes);
      return;
    }
    const base = registers.RBSTART >>> 0;
    slot.dmaWrite((base + start) >>> 0, bytes.subarray(0, room));
    slot.dmaWrite(base, bytes.subarray(room));
  }
}
