/**
 * Loopback diagnostics (DP8390D section 12.0, National Semiconductor AN-937): a transmitted frame goes
 * through the receiver, which recognises its address and checks its CRC but stores nothing; its end can be
 * read from the FIFO.
 */
import { crc32 } from "../../ethernet/crc.ts";
import type { Innards, Inspectable } from "../../hardware/inspection.ts";
import type { Core } from "./core.ts";
import { type Receiver, withCrc } from "./receiver.ts";
import { DCR, ISR, RSR, TCR, TSR } from "./registers.ts";

/** The half of the FIFO that receives. */
const FIFO_BYTES = 8;
/** What `crc32` gives over a frame and its own, right CRC. */
const CRC_RESIDUE = 0x2144_df1c;

export class Loopback implements Inspectable {
  readonly #core: Core;
  readonly #receiver: Receiver;
  readonly #fifo = new Uint8Array(FIFO_BYTES);
  #next = 0;

  constructor(core: Core, receiver: Receiver) {
    this.#core = core;
    this.#receiver = receiver;
  }

  inspect(): Innards {
    return { fifo: this.#fifo, next: this.#next };
  }

  powerOn(): void {
    this.#fifo.fill(0);
    this.#next = 0;
  }

  /** The next byte of the FIFO, which goes round; 0 outside loopback, where it must not be read. */
  readFifo(): number {
    if (this.#core.loopback === 0) return 0;
    const byte = this.#fifo[this.#next] as number;
    this.#next = (this.#next + 1) % FIFO_BYTES;
    return byte;
  }

  /**
   * Sends the bytes fetched from packet RAM round. The loop is a byte wide: of words only the low bytes take
   * part. Answers the bits of TSR for what the transceiver could not hear in this mode.
   */
  run(data: Uint8Array): number {
    const { registers } = this.#core;
    const words = (registers.DCR & DCR.WTS) !== 0;
    const sent = words ? data.filter((_, i) => i % 2 === 0).subarray(0, data.length >>> 1) : data;
    this.#receive((registers.TCR & TCR.CRC) === 0 ? withCrc(sent) : sent);
    switch (this.#core.loopback) {
      case TCR.LB_NIC:
        return TSR.CRS | TSR.CDH;
      case TCR.LB_ENDEC:
        return TSR.CDH;
      default:
        return 0;
    }
  }

  /**
   * Transmitter and receiver share the CRC logic: when it has generated the CRC it cannot check it, which is
   * a CRC error. Without an address match the CRC is not looked at.
   */
  #receive(bytes: Uint8Array): void {
    const { registers } = this.#core;
    this.#fill(bytes);
    const generated = (registers.TCR & TCR.CRC) === 0;
    const damaged = generated || crc32(bytes) !== CRC_RESIDUE;
    if (!this.#receiver.recognises(bytes) || !damaged) {
      registers.RSR = RSR.PRX;
      return;
    }
    registers.RSR = RSR.CRC;
    this.#receiver.tally("CNTR1");
    this.#core.raise(ISR.RXE);
  }

  /** The bytes go round the FIFO; behind the last one come the count, low, high, and high again. */
  #fill(bytes: Uint8Array): void {
    const { length } = bytes;
    const tail = [length & 0xff, (length >>> 8) & 0xff, (length >>> 8) & 0xff];
    for (let i = Math.max(0, length - FIFO_BYTES); i < length; i++)
      this.#fifo[i % FIFO_BYTES] = bytes[i] as number;
    for (const [i, byte] of tail.entries()) this.#fifo[(length + i) % FIFO_BYTES] = byte;
    this.#next = 0;
  }
}
