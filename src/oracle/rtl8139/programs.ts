/** Programs for the RTL8139 as a driver would write them, in any order of its routines. */
import type { Prng } from "../../base/prng.ts";
import {
  CAPR_LAG,
  CR,
  CR9346,
  ISR,
  RCR,
  REGISTERS,
  type RegisterName,
  RX_HEADER_BYTES,
  RX_MAX_BYTES,
  ringBytes,
  TCR,
  TSD,
  TX_DESCRIPTORS,
} from "../../devices/rtl8139/registers.ts";
import { MAX_FRAME_BYTES } from "../../ethernet/ethernet.ts";
import type { Author } from "../author.ts";
import { randomFrame } from "../frames.ts";
import { BUFFERS_AT, PLACES, RING_AT } from "./layout.ts";

const BUFFER_BYTES = 0x800;
const ALL_ONES = 0xffff_ffff;
const LONG_FRAME_MAX_BYTES = 4092;
const READABLE = PLACES.filter(({ name }) => name !== "TCTR");

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
  #rcr = 0;
  #tcr = 0;
  #ring = RING_AT;
  #readOffset = 0;
  /** Descriptors used since the reset. */
  #queued = 0;

  constructor(author: Author, prng: Prng) {
    this.#author = author;
    this.#prng = prng;
    this.#routines = [
      [24, () => this.#transmit()],
      [30, () => this.#receive()],
      [8, () => this.#acknowledge()],
      [8, () => this.#look()],
      [4, () => this.#overflow()],
      [4, () => this.#changeFilter()],
      [3, () => this.#loopBack()],
      [3, () => this.#transmitOutOfTurn()],
      [2, () => this.#readEeprom()],
      [2, () => this.#configure()],
      [2, () => this.#maskInterrupts()],
      [1, () => this.#transmitterOff()],
      [1, () => this.#autoload()],
      [2, () => this.open()],
    ];
  }

  something(): void {
    this.#prng.draw(this.#routines)();
  }

  /** Resets and initialises the card, with a ring of any size. */
  open(): void {
    this.#set("CR", CR.RST);
    this.#get("CR");
    this.#look();
    this.#initialise();
  }

  #initialise(): void {
    const { mac } = this.#author.card;
    const prng = this.#prng;
    for (const [i, byte] of mac.entries()) this.#author.out(i, 1, byte);
    this.#author.out(8, 4, prng.chance(1, 3) ? ALL_ONES : prng.u32());
    this.#author.out(12, 4, prng.chance(1, 3) ? ALL_ONES : prng.u32());
    this.#ring = RING_AT + 16 * prng.below(16);
    this.#set("RBSTART", this.#ring);
    for (let n = 0; n < TX_DESCRIPTORS; n++) this.#setTsad(n, BUFFERS_AT + n * BUFFER_BYTES);
    this.#set("CR", CR.RE | CR.TE);
    this.#rcr = this.#someRcr();
    this.#set("RCR", this.#rcr);
    this.#tcr = 0x0300_0600;
    this.#set("TCR", this.#tcr);
    this.#readOffset = 0;
    this.#queued = 0;
    this.#set("MPC", 0);
    this.#set("ISR", 0xffff);
    this.#maskInterrupts();
  }

  #someRcr(): number {
    const prng = this.#prng;
    const accepted = prng.chance(1, 6) ? RCR.AAP | RCR.APM | RCR.AB : prng.below(16) & ~RCR.AAP;
    const size = prng.chance(2, 3) ? 0 : prng.below(4) << 11;
    const wrap = prng.chance(1, 2) ? RCR.WRAP : 0;
    return accepted | size | wrap | (prng.below(8) << 8) | (prng.below(8) << 13);
  }

  #get(name: RegisterName): number {
    return this.#author.in(REGISTERS[name].offset, REGISTERS[name].bytes);
  }
  #set(name: RegisterName, value: number): void {
    this.#author.out(REGISTERS[name].offset, REGISTERS[name].bytes, value);
  }
  #setTsad(n: number, address: number): void {
    this.#author.out(REGISTERS.TSAD0.offset + 4 * n, 4, address);
  }
  #setTsd(n: number, bytes: number): void {
    this.#author.out(REGISTERS.TSD0.offset + 4 * n, 4, bytes | (this.#prng.below(64) << 16));
  }

  /** A frame, mostly of the lengths that frames have, at any address. */
  #fill(n: number): number {
    const prng = this.#prng;
    const looped = this.#tcr & TCR.LBK;
    const least = looped || prng.chance(3, 4) ? 60 : 12;
    const payload = randomFrame(
      prng,
      this.#author.card.mac,
      least,
      prng.chance(1, 3) ? MAX_FRAME_BYTES : 200,
    );
    const address = BUFFERS_AT + n * BUFFER_BYTES + prng.below(8);
    this.#author.store(address, payload);
    this.#setTsad(n, address);
    return payload.bytes;
  }

  #transmit(): void {
    const n = this.#queued % TX_DESCRIPTORS;
    const bytes = this.#prng.chance(1, 40) ? 0 : this.#fill(n);
    this.#setTsd(n, bytes);
    this.#queued++;
    this.#author.in(REGISTERS.TSD0.offset + 4 * n, 4);
    if (this.#prng.chance(1, 2)) this.#get("TSAD");
    if (this.#prng.chance(3, 4)) this.#acknowledge();
  }

  /** A descriptor ahead of its turn waits; it is taken back, or forgotten at the next reset. */
  #transmitOutOfTurn(): void {
    const n = (this.#queued + this.#prng.between(1, 3)) % TX_DESCRIPTORS;
    this.#setTsd(n, this.#fill(n));
    this.#get("TSAD");
    if (this.#prng.chance(3, 4)) this.#setTsd(n, TSD.OWN);
    else this.open();
  }

  #receive(): void {
    const prng = this.#prng;
    for (let count = prng.between(1, 4); count > 0; count--) {
      const longest = prng.chance(1, 12) ? LONG_FRAME_MAX_BYTES : prng.chance(1, 3) ? MAX_FRAME_BYTES : 200;
      this.#author.frame(randomFrame(prng, this.#author.card.mac, 60, longest));
    }
    this.#acknowledge();
    if (prng.chance(5, 6)) this.#empty();
  }

  /** Reads all entries of the ring and gives their room back. */
  #empty(): void {
    const author = this.#author;
    for (let entries = 0; entries < 200 && (this.#get("CR") & CR.BUFE) === 0; entries++) {
      const header = author.load(this.#ring + this.#readOffset, RX_HEADER_BYTES);
      const length = (header[2] as number) | ((header[3] as number) << 8);
      if (length < 8 || length > RX_MAX_BYTES) return this.#restartReceiver(this.#rcr);
      if (this.#prng.chance(1, 4)) author.load(this.#ring + this.#readOffset, RX_HEADER_BYTES + length);
      const entry = Math.ceil((RX_HEADER_BYTES + length) / 4) * 4;
      this.#readOffset = (this.#readOffset + entry) % ringBytes(this.#rcr);
      this.#set("CAPR", (this.#readOffset - CAPR_LAG) & 0xffff);
      if (this.#prng.chance(1, 4)) this.#get("CAPR");
    }
    this.#get("CBR");
  }

  #acknowledge(): void {
    const status = this.#get("ISR");
    this.#set("ISR", this.#prng.chance(7, 8) ? status : this.#prng.below(0x1_0000));
    this.#get("ISR");
  }

  #maskInterrupts(): void {
    const events = ISR.ROK | ISR.RER | ISR.TOK | ISR.TER | ISR.RXOVW | ISR.FOVW;
    this.#set("IMR", this.#prng.chance(3, 4) ? events : this.#prng.below(0x1_0000) & ~ISR.PUN);
    this.#get("IMR");
  }

  #look(): void {
    for (let i = this.#prng.between(1, 6); i > 0; i--) {
      const { offset, width } = this.#prng.pick(READABLE);
      this.#author.in(offset, width);
    }
  }

  /** More frames than fit; then the receiver starts anew. */
  #overflow(): void {
    this.#set("IMR", ISR.RXOVW | ISR.ROK);
    this.#restartReceiver(this.#rcr & ~RCR.RBLEN);
    for (let i = 0; i < 30 && (this.#get("ISR") & ISR.RXOVW) === 0; i++) {
      this.#author.frame(randomFrame(this.#prng, this.#author.card.mac, 400, MAX_FRAME_BYTES));
    }
    this.#get("MPC");
    this.#get("CBR");
    this.#acknowledge();
    if (this.#prng.chance(1, 2)) this.#set("MPC", 0);
    this.#restartReceiver(this.#rcr);
  }

  /** Off, the read pointer written, on, and the ring starts anew. */
  #restartReceiver(rcr: number): void {
    this.#set("CR", CR.TE);
    if (this.#prng.chance(1, 4)) this.#author.frame(randomFrame(this.#prng, this.#author.card.mac, 60, 200));
    this.#set("CAPR", 0xfff0);
    this.#set("ISR", ISR.PUN);
    this.#set("CR", CR.RE | CR.TE);
    this.#rcr = rcr;
    this.#set("RCR", rcr);
    this.#readOffset = 0;
    this.#get("RCR");
  }

  #changeFilter(): void {
    this.#restartReceiver(this.#someRcr());
    const { mac } = this.#author.card;
    this.#author.out(8 + this.#prng.below(8), 1, this.#prng.below(256));
    const at = this.#prng.below(6);
    if (this.#prng.chance(1, 4)) this.#author.out(at, 1, (mac[at] as number) ^ (1 << this.#prng.below(8)));
    else for (const [i, byte] of mac.entries()) this.#author.out(i, 1, byte);
  }

  /** A few frames that come back, and the wire again. */
  #loopBack(): void {
    this.#setLoopback(TCR.LBK);
    for (let frames = this.#prng.between(1, 4); frames > 0; frames--) this.#transmit();
    if (this.#prng.chance(1, 2)) this.#empty();
    this.#setLoopback(0);
  }

  #setLoopback(lbk: number): void {
    this.#tcr = (this.#tcr & ~TCR.LBK) | lbk;
    this.#set("TCR", this.#tcr);
    this.#get("TCR");
  }

  /** A read command: start bit, 10, six bits of address; then sixteen bits or some more. */
  #readEeprom(): void {
    const selected = CR9346.EEM_PROGRAM | CR9346.EECS;
    const command = 0b110_000000 | this.#prng.below(64);
    this.#set("CR9346", CR9346.EEM_PROGRAM);
    this.#set("CR9346", selected);
    for (let bit = 8; bit >= 0; bit--) {
      const data = (command >>> bit) & 1 ? CR9346.EEDI : 0;
      this.#set("CR9346", selected | data);
      this.#set("CR9346", selected | data | CR9346.EESK);
    }
    this.#set("CR9346", selected);
    for (let bit = this.#prng.pick([16, 16, 32]); bit > 0; bit--) {
      this.#set("CR9346", selected | CR9346.EESK);
      this.#get("CR9346");
      this.#set("CR9346", selected);
    }
    this.#set("CR9346", CR9346.EEM_PROGRAM);
    this.#set("CR9346", CR9346.EEM_NORMAL);
  }

  /** With and without leave to. */
  #configure(): void {
    if (this.#prng.chance(2, 3)) this.#set("CR9346", CR9346.EEM_CONFIG);
    for (const name of ["CONFIG0", "CONFIG1", "CONFIG3", "CONFIG4", "CONFIG5", "BMCR"] as const) {
      if (this.#prng.chance(1, 2)) this.#set(name, this.#prng.below(0x1_0000));
      this.#get(name);
    }
    this.#set("CR9346", CR9346.EEM_NORMAL);
  }

  #transmitterOff(): void {
    this.#set("CR", CR.RE);
    this.#set("TCR", this.#prng.u32());
    this.#get("TCR");
    this.#set("CR", CR.RE | CR.TE);
    this.#set("TCR", this.#tcr);
  }

  #autoload(): void {
    this.#set("CR9346", CR9346.EEM_AUTOLOAD);
    this.#look();
    this.#initialise();
  }
}
