/** The receiver: address recognition, the receive ring, tally counters (DP8390D sections 7.0 and 10.3). */
import { crc32, multicastHash } from "../../ethernet/crc.ts";
import { isMulticast, MAC_BYTES } from "../../ethernet/mac.ts";
import type { Inspectable } from "../../hardware/inspection.ts";
import type { ReceiveOutcome } from "../../hardware/silicon.ts";
import type { Core } from "./core.ts";
import type { CardMemory } from "./memory.ts";
import { ISR, MAR, PAGE_BYTES, PAR, RCR, RSR } from "./registers.ts";

export const CRC_BYTES = 4;
/** In front of each frame in the ring: status, next page, byte count low and high. */
export const HEADER_BYTES = 4;
/** A shorter frame, CRC included, is a runt. */
const MIN_FRAME_BYTES = 64;
/** At this count a tally counter has its highest bit set, which ISR.CNT tells. */
const TALLY_HALF = 0x80;
/** Where a tally counter stops. */
const TALLY_MAX = 0xc0;

type Tally = "CNTR0" | "CNTR1" | "CNTR2";

export class Receiver implements Inspectable {
  readonly #core: Core;
  readonly #memory: CardMemory;
  /** The ring was full: nothing is received until the card has been stopped and started. */
  #overflowed = false;

  constructor(core: Core, memory: CardMemory) {
    this.#core = core;
    this.#memory = memory;
  }

  inspect() {
    return { overflowed: this.#overflowed };
  }

  /** The card enters the reset state. */
  stop(): void {
    this.#overflowed = false;
  }

  receive(frame: Uint8Array): ReceiveOutcome {
    const { registers } = this.#core;
    if (this.#core.stopped || this.#core.loopback !== 0) return "off";
    if (!this.#isWhole(frame)) return "refused";
    if (!this.recognises(frame)) return "filtered";
    if ((registers.RCR & RCR.MON) !== 0) {
      this.#miss(0);
      return "refused";
    }
    const next = this.#overflowed ? undefined : this.#pageBehind(HEADER_BYTES + frame.length + CRC_BYTES);
    if (next === undefined) {
      this.#overflowed = true;
      this.#miss(ISR.OVW | ISR.RST);
      return "overflow";
    }
    registers.RSR = isMulticast(frame) ? RSR.PRX | RSR.PHY : RSR.PRX;
    this.#store(withCrc(frame), next);
    registers.CURR = next;
    this.#core.raise(ISR.PRX);
    return "stored";
  }

  /**
   * Address recognition: by the first six bytes of `frame`. Broadcast goes by RCR.AB alone, PRO does not open
   * it.
   */
  recognises(frame: Uint8Array): boolean {
    const { registers } = this.#core;
    if (frame.length < MAC_BYTES) return false;
    if (isBroadcast(frame)) return (registers.RCR & RCR.AB) !== 0;
    if (isMulticast(frame)) {
      if ((registers.RCR & RCR.AM) === 0) return false;
      const hash = multicastHash(frame.subarray(0, MAC_BYTES));
      return ((registers[MAR[hash >>> 3] ?? "MAR0"] >>> (hash & 7)) & 1) === 1;
    }
    return (registers.RCR & RCR.PRO) !== 0 || PAR.every((name, i) => registers[name] === frame[i]);
  }

  /** One more of what a tally counter counts. */
  tally(counter: Tally): void {
    const { registers } = this.#core;
    if (registers[counter] === TALLY_MAX) return;
    registers[counter]++;
    if (registers[counter] === TALLY_HALF) this.#core.raise(ISR.CNT);
  }

  /** A frame without destination address is noise even to a receiver that accepts runts. */
  #isWhole(frame: Uint8Array): boolean {
    if (frame.length + CRC_BYTES >= MIN_FRAME_BYTES) return true;
    return (this.#core.registers.RCR & RCR.AR) !== 0 && frame.length >= MAC_BYTES;
  }

  #miss(events: number): void {
    this.#core.registers.RSR = RSR.MPA;
    this.tally("CNTR2");
    this.#core.raise(events | ISR.RXE);
  }

  /**
   * The page behind an entry of `bytes` at CURR; undefined when BNRY is reached on the way. CURR equal to
   * BNRY is an empty ring (section 7.0, note 1), so CURR never catches up with BNRY.
   */
  #pageBehind(bytes: number): number | undefined {
    const { CURR, BNRY } = this.#core.registers;
    let page = CURR;
    for (let left = bytes; left > 0; left -= PAGE_BYTES) {
      page = this.#pageAfter(page);
      if (page === BNRY) return undefined;
    }
    return page;
  }

  /** Page numbers are 8-bit counters that go from PSTOP to PSTART, however these are set. */
  #pageAfter(page: number): number {
    const { PSTART, PSTOP } = this.#core.registers;
    const next = (page + 1) & 0xff;
    return next === PSTOP ? PSTART : next;
  }

  /** Writes the frame, then the header in front of it: RSR, `next` and the 16-bit count of frame and CRC. */
  #store(frame: Uint8Array, next: number): void {
    const { registers } = this.#core;
    let page = registers.CURR;
    let offset = HEADER_BYTES;
    for (let done = 0; done < frame.length; ) {
      const chunk = frame.subarray(done, done + PAGE_BYTES - offset);
      this.#memory.writeInPage(page * PAGE_BYTES + offset, chunk);
      done += chunk.length;
      offset += chunk.length;
      if (offset === PAGE_BYTES) {
        page = this.#pageAfter(page);
        offset = 0;
      }
    }
    registers.CLDA0 = offset;
    registers.CLDA1 = page;
    const header = Uint8Array.of(registers.RSR, next, frame.length, frame.length >>> 8);
    this.#memory.writeInPage(registers.CURR * PAGE_BYTES, header);
  }
}

/** `frame` and its CRC, low byte first. */
export function withCrc(frame: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(frame.length + CRC_BYTES);
  bytes.set(frame);
  new DataView(bytes.buffer).setUint32(frame.length, crc32(frame), true);
  return bytes;
}

function isBroadcast(frame: Uint8Array): boolean {
  for (let i = 0; i < MAC_BYTES; i++) if (frame[i] !== 0xff) return false;
  return true;
}
