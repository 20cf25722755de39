/** Programs for the NE2000 as a driver would write them, in any order of its routines. */
import type { Prng } from "../../base/prng.ts";
import {
  CR,
  DATA_PORT,
  DCR,
  ISR,
  OFFSET,
  PAGE_BYTES,
  PROM,
  RCR,
  RESET_PULSE,
  type RegisterName,
} from "../../devices/ne2000/registers.ts";
import { MAX_FRAME_BYTES } from "../../ethernet/ethernet.ts";
import type { Width } from "../../hardware/cpu.ts";
import type { Author } from "../author.ts";
import { randomFrame } from "../frames.ts";
import { bytesOf } from "../step.ts";

const TRANSMIT_PAGE = 0x40;
const TRANSMIT_PAGES = 12;
const PAGES_END = 0x80;
const HEADER_BYTES = 4;
const RUN = CR.STA | CR.ABORT;
const STOP = CR.STP | CR.ABORT;

/** Writes about `steps` steps. */
export function driverLike(author: Author, prng: Prng, steps: number): void {
  const end = author.steps.length + steps;
  const session = new Session(author, prng);
  session.open();
  while (author.steps.length < end) session.something();
}

class Session {
  readonly #author: Author;
  readonly #prng: Prng;
  readonly #routines: readonly (readonly [weight: number, () => void])[];
  #start = 0;
  #stop = 0;
  /** The page of the next frame to read. */
  #next = 0;
  #dcr = 0;

  constructor(author: Author, prng: Prng) {
    this.#author = author;
    this.#prng = prng;
    this.#routines = [
      [20, () => this.#transmit()],
      [40, () => this.#receive()],
      [10, () => this.#acknowledge()],
      [8, () => this.#look()],
      [8, () => this.#changeFilter()],
      [4, () => this.#maskInterrupts()],
      [4, () => this.#pause()],
      [3, () => this.#readProm()],
      [3, () => this.#abandonTransfer()],
      [2, () => this.#switchUnit()],
      [2, () => this.#emptyTransfer()],
      [2, () => this.#crossRingEnd()],
      [2, () => this.open()],
      [2, () => this.#reset()],
    ];
  }

  something(): void {
    this.#prng.draw(this.#routines)();
  }

  /** Initialises the card, with a ring of any size behind the transmit buffers. */
  open(): void {
    const prng = this.#prng;
    this.#start = TRANSMIT_PAGE + TRANSMIT_PAGES + prng.below(8);
    this.#stop = prng.chance(1, 2) ? PAGES_END : prng.between(this.#start + 10, PAGES_END);
    this.#next = this.#start + 1;
    this.#set("CR", STOP);
    this.#switchUnit();
    this.#set("RBCR0", 0);
    this.#set("RBCR1", 0);
    this.#set("RCR", RCR.MON);
    this.#set("TCR", 0x02);
    this.#set("IMR", 0);
    this.#set("ISR", 0xff);
    this.#set("PSTART", this.#start);
    this.#set("PSTOP", this.#stop);
    this.#set("BNRY", this.#start);
    this.#set("CR", STOP | CR.PAGE_1);
    for (const [i, byte] of this.#author.card.mac.entries()) this.#author.out(OFFSET.PAR0 + i, 1, byte);
    for (let i = 0; i < 8; i++)
      this.#author.out(OFFSET.MAR0 + i, 1, prng.chance(1, 3) ? 0xff : prng.below(256));
    this.#set("CURR", this.#next);
    this.#get("CURR");
    this.#set("CR", RUN);
    this.#set("TCR", 0);
    this.#set("RCR", prng.below(32));
    this.#maskInterrupts();
  }

  /** By the reset port, from which only CR has to be written again. */
  #reset(): void {
    this.#set("IMR", 0);
    this.#author.in(RESET_PULSE, 1);
    this.#get("ISR");
    this.#author.out(RESET_PULSE, 1, 0);
    this.#get("CR");
    this.#get("BNRY");
    this.open();
  }

  #get(name: RegisterName): number {
    return this.#author.in(OFFSET[name], 1);
  }
  #set(name: RegisterName, value: number): void {
    this.#author.out(OFFSET[name], 1, value);
  }

  #begin(address: number, bytes: number, command: number): void {
    this.#set("RBCR0", bytes & 0xff);
    this.#set("RBCR1", bytes >>> 8);
    this.#set("RSAR0", address & 0xff);
    this.#set("RSAR1", address >>> 8);
    this.#set("CR", CR.STA | command);
  }

  #end(): void {
    this.#get("ISR");
    this.#set("CR", RUN);
    this.#set("ISR", ISR.RDC);
  }

  /** Mostly in the unit of DCR.WTS, double words in between. */
  #width(left: number): Width {
    if ((this.#dcr & DCR.WTS) === 0) return 1;
    return left >= 4 && this.#prng.chance(1, 3) ? 4 : 2;
  }

  #readBlock(address: number, bytes: number): Uint8Array {
    const evenBytes = bytes + (bytes & 1);
    const block = new Uint8Array(evenBytes);
    this.#begin(address, evenBytes, CR.READ);
    for (let done = 0; done < evenBytes; ) {
      const width = this.#width(evenBytes - done);
      const before = this.#author.steps.length;
      const value = this.#author.in(DATA_PORT, width);
      if (this.#author.steps.length === before) break;
      for (let i = 0; i < width; i++) block[done + i] = value >>> (8 * i);
      done += width;
      if (this.#prng.chance(1, 40)) this.#get("CRDA0");
    }
    this.#end();
    return block;
  }

  #writeBlock(address: number, bytes: Uint8Array): void {
    const evenBytes = bytes.length + (bytes.length & 1);
    this.#begin(address, evenBytes, CR.WRITE);
    for (let done = 0; done < evenBytes; ) {
      const width = this.#width(evenBytes - done);
      let value = 0;
      for (let i = 0; i < width; i++) value |= (bytes[done + i] ?? 0) << (8 * i);
      this.#author.out(DATA_PORT, width, value >>> 0);
      done += width;
      if (this.#prng.chance(1, 40)) this.#get("CRDA1");
    }
    this.#end();
  }

  #transmit(): void {
    const prng = this.#prng;
    const least = prng.chance(3, 4) ? 60 : 14;
    const payload = randomFrame(
      prng,
      this.#author.card.mac,
      least,
      prng.chance(1, 4) ? MAX_FRAME_BYTES : 120,
    );
    const page = TRANSMIT_PAGE + prng.below(TRANSMIT_PAGES - 5);
    this.#writeBlock(page * PAGE_BYTES, bytesOf(payload));
    this.#set("TPSR", page);
    this.#set("TBCR0", payload.bytes & 0xff);
    this.#set("TBCR1", payload.bytes >>> 8);
    this.#set("CR", RUN | CR.TXP);
    this.#get("CR");
    this.#get("ISR");
    this.#get("TSR");
    if (prng.chance(1, 4)) this.#set("CR", RUN | CR.TXP);
  }

  #receive(): void {
    const prng = this.#prng;
    for (let count = prng.between(1, 4); count > 0; count--) {
      this.#author.frame(
        randomFrame(prng, this.#author.card.mac, 60, prng.chance(1, 4) ? MAX_FRAME_BYTES : 200),
      );
    }
    this.#get("ISR");
    this.#get("RSR");
    if (prng.chance(5, 6)) this.#empty();
  }

  /** Reads the frames from BNRY + 1 to CURR, some of them whole, and gives their pages back. */
  #empty(): void {
    for (let frames = 0; frames < 64; frames++) {
      this.#set("CR", RUN | CR.PAGE_1);
      const current = this.#get("CURR");
      this.#set("CR", RUN);
      if (current === this.#next) break;
      const header = this.#readBlock(this.#next * PAGE_BYTES, HEADER_BYTES);
      const [, page = 0, low = 0, high = 0] = header;
      const bytes = low | (high << 8);
      const sensible = page >= this.#start && page < this.#stop && bytes <= MAX_FRAME_BYTES + 4;
      const wraps = page < this.#next;
      if (sensible && this.#prng.chance(wraps ? 5 : 1, 6))
        this.#readBlock(this.#next * PAGE_BYTES + HEADER_BYTES, bytes);
      this.#next = sensible ? page : current;
      this.#set("BNRY", this.#next === this.#start ? this.#stop - 1 : this.#next - 1);
      this.#get("BNRY");
    }
    this.#set("ISR", ISR.PRX);
    this.#get("ISR");
  }

  #acknowledge(): void {
    const status = this.#get("ISR");
    this.#set("ISR", this.#prng.chance(3, 4) ? status : this.#prng.below(256));
    this.#get("ISR");
  }

  #maskInterrupts(): void {
    this.#set("IMR", this.#prng.chance(1, 2) ? 0x3f : this.#prng.below(256));
  }

  /** Every register of some page. */
  #look(): void {
    const page = this.#prng.pick([CR.PAGE_0, CR.PAGE_1, CR.PAGE_2, CR.PAGE_3]);
    this.#set("CR", RUN | page);
    for (let offset = 0; offset < DATA_PORT; offset++) this.#author.in(offset, 1);
    this.#set("CR", RUN);
  }

  #changeFilter(): void {
    this.#set("RCR", this.#prng.below(32));
    if (this.#prng.chance(1, 2)) return;
    this.#set("CR", RUN | CR.PAGE_1);
    this.#author.out(OFFSET.MAR0 + this.#prng.below(8), 1, this.#prng.below(256));
    this.#set("CR", RUN);
  }

  /** Stopped, with frames that find nobody, and started again. */
  #pause(): void {
    this.#set("CR", STOP);
    this.#get("ISR");
    this.#author.frame(randomFrame(this.#prng, this.#author.card.mac, 60, 200));
    this.#get("ISR");
    this.#set("CR", RUN);
    this.#get("ISR");
  }

  #readProm(): void {
    this.#readBlock(PROM.start, PROM.bytes);
  }

  /** A transfer that is aborted half-way. */
  #abandonTransfer(): void {
    this.#begin(TRANSMIT_PAGE * PAGE_BYTES, 2 * this.#prng.between(8, 40), CR.WRITE);
    const width = (this.#dcr & DCR.WTS) === 0 ? 1 : 2;
    for (let i = this.#prng.below(8); i > 0; i--) this.#author.out(DATA_PORT, width, this.#prng.below(256));
    this.#get("CRDA0");
    this.#get("CRDA1");
    this.#end();
  }

  #emptyTransfer(): void {
    this.#begin(TRANSMIT_PAGE * PAGE_BYTES, 0, this.#prng.pick([CR.READ, CR.WRITE]));
    this.#end();
  }

  /** Remote DMA follows the ring, whatever lies in it. */
  #crossRingEnd(): void {
    const bytes = new Uint8Array(32);
    this.#prng.fill(bytes);
    const start = this.#stop * PAGE_BYTES - 2 * this.#prng.between(1, 15);
    this.#writeBlock(start, bytes);
    this.#readBlock(start, bytes.length);
    this.#readBlock(this.#start * PAGE_BYTES, 16);
  }

  #switchUnit(): void {
    this.#dcr = DCR.LS | DCR.FT_8_BYTES | (this.#prng.chance(3, 4) ? DCR.WTS : 0);
    this.#set("DCR", this.#dcr);
  }
}
