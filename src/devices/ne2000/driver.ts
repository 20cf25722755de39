/**
 * A kernel's driver for an NE2000 on PCI, after the DP8390D datasheet: sections 7.0 (ring, overflow), 9.0
 * (remote DMA) and 11.0 (initialisation). All data passes through the data port; two transmit buffers take
 * turns.
 */
import { VpioError } from "../../base/errors.ts";
import { MAX_FRAME_BYTES, MIN_FRAME_BYTES } from "../../ethernet/ethernet.ts";
import { MAC_BYTES } from "../../ethernet/mac.ts";
import { critical, inb, outb, type PortOp, type Program } from "../../hardware/cpu.ts";
import { type DriverCounters, type DriverEnvironment, type NetDriver, newCounters } from "../driver.ts";
import { NE2000_SIGNATURE } from "./memory.ts";
import { CRC_BYTES, HEADER_BYTES } from "./receiver.ts";
import {
  CR,
  DCR,
  ISR,
  MAR,
  OFFSET,
  PAGE_BYTES,
  PAR,
  PROM,
  RCR,
  RESET_PULSE,
  type RegisterName,
  RSR,
  TCR,
  TSR,
} from "./registers.ts";
import { RemoteAccess } from "./remote-access.ts";

/** The packet RAM: two transmit buffers of 1,536 bytes, the rest is the ring. */
const TRANSMIT_PAGES = [0x40, 0x46] as const;
const RING_START = 0x4c;
const RING_STOP = 0x80;
const RING_PAGES = RING_STOP - RING_START;

const STOP = CR.STP | CR.ABORT;
const RUN = CR.STA | CR.ABORT;
const SERVICED = ISR.PRX | ISR.PTX | ISR.RXE | ISR.TXE | ISR.OVW | ISR.CNT;
const DCR_WORDS = DCR.FT_8_BYTES | DCR.LS | DCR.WTS;
const ID = { P: 0x50, C: 0x43 } as const;

/**
 * How often a register is looked at: at a microsecond a look, longer than the longest frame takes (1.6 ms).
 */
const WAIT_TRIES = 2000;
/** Rounds of one interrupt handler; what comes later raises the next interrupt. */
const ROUNDS = 12;
const STAGING_BYTES = 1536;

interface Buffer {
  readonly page: number;
  /** Length of the frame in it. */
  bytes: number;
}

export class Ne2000Driver implements NetDriver {
  readonly counters: DriverCounters = newCounters();
  readonly mac = new Uint8Array(MAC_BYTES);
  readonly #environment: DriverEnvironment;
  readonly #remote: RemoteAccess;
  readonly #buffers: readonly Buffer[] = TRANSMIT_PAGES.map((page) => ({ page, bytes: 0 }));
  #sending: Buffer | undefined;
  #waiting: Buffer | undefined;
  /** The page of the next frame to read; BNRY is kept one behind it. */
  #next = RING_START + 1;

  constructor(environment: DriverEnvironment) {
    this.#environment = environment;
    this.#remote = new RemoteAccess(environment.ioBase, environment.memory, STAGING_BYTES);
  }

  get transmitIdle(): boolean {
    return this.#sending === undefined;
  }

  *open(): Program<void> {
    if (!(yield* this.#reset())) this.#fail("nothing answers");
    if (!(yield* this.#is8390())) this.#fail("what answers is no DP8390");
    yield* this.#readProm();
    yield* critical(this.#initialise());
  }

  *transmit(frame: Uint8Array): Program<boolean> {
    return yield* critical(this.#transmit(frame));
  }

  *interrupt(): Program<void> {
    for (let round = 0; round < ROUNDS; round++) {
      const status = (yield this.#get("ISR")) & SERVICED;
      if (status === 0) return;
      if ((status & ISR.OVW) !== 0) {
        yield* this.#recoverFromOverflow();
        continue;
      }
      yield this.#set("ISR", status);
      if ((status & (ISR.PTX | ISR.TXE)) !== 0) yield* this.#completeTransmit();
      if ((status & (ISR.RXE | ISR.CNT)) !== 0) yield* this.#readTallies();
      if ((status & ISR.PRX) !== 0) yield* this.#receive();
    }
  }

  *close(): Program<void> {
    yield* critical(this.#stop());
  }

  #get(name: RegisterName): PortOp {
    return inb(this.#environment.ioBase + OFFSET[name]);
  }

  #set(name: RegisterName, value: number): PortOp {
    return outb(this.#environment.ioBase + OFFSET[name], value);
  }

  #fail(why: string): never {
    const port = this.#environment.ioBase.toString(16);
    throw new VpioError("PROGRAM", `no NE2000 at I/O port 0x${port}: ${why}`);
  }

  /**
   * Pulses the reset port; false when the card does not report its reset state. An empty slot reads all ones.
   */
  *#reset(): Program<boolean> {
    if ((yield this.#get("CR")) === 0xff) return false;
    const port = this.#environment.ioBase + RESET_PULSE;
    yield outb(port, yield inb(port));
    return yield* this.#awaitReset();
  }

  #awaitReset(): Program<boolean> {
    return this.#await("ISR", ISR.RST, ISR.RST);
  }

  /** Looks at a register until `bits` of it have `value`; false when they never do. */
  *#await(name: RegisterName, bits: number, value: number): Program<boolean> {
    for (let tries = 0; tries < WAIT_TRIES; tries++) {
      if (((yield this.#get(name)) & bits) === value) return true;
    }
    return false;
  }

  /**
   * An RTL8029 says who it is. Of other cards CNTR0 must clear itself when read, whatever was written at its
   * offset.
   */
  *#is8390(): Program<boolean> {
    yield this.#set("CR", STOP);
    if ((yield this.#get("8029ID0")) === ID.P && (yield this.#get("8029ID1")) === ID.C) return true;
    yield this.#set("CR", STOP | CR.PAGE_1);
    yield this.#set("MAR5", 0xff);
    yield this.#set("CR", STOP | CR.PAGE_0);
    yield this.#get("CNTR0");
    return (yield this.#get("CNTR0")) === 0;
  }

  /** The PROM gives each byte twice. */
  *#readProm(): Program<void> {
    yield* this.#detach();
    const prom = yield* this.#remote.read(PROM.start, PROM.bytes);
    if (prom[28] !== NE2000_SIGNATURE || prom[30] !== NE2000_SIGNATURE)
      this.#fail("its PROM has no signature");
    for (let i = 0; i < MAC_BYTES; i++) this.mac[i] = prom[2 * i] as number;
  }

  /** Stopped, masked, and deaf even when remote DMA starts it. */
  *#detach(): Program<void> {
    yield this.#set("CR", STOP);
    yield this.#set("DCR", DCR_WORDS);
    yield this.#set("RBCR0", 0);
    yield this.#set("RBCR1", 0);
    yield this.#set("RCR", RCR.MON);
    yield this.#set("TCR", TCR.LB_NIC);
    yield this.#set("IMR", 0);
    yield this.#set("ISR", 0xff);
  }

  /** Section 11.0, from any state. */
  *#initialise(): Program<void> {
    const { promiscuous } = this.#environment;
    yield* this.#detach();
    yield this.#set("PSTART", RING_START);
    yield this.#set("PSTOP", RING_STOP);
    yield this.#set("BNRY", RING_START);
    yield this.#set("CR", STOP | CR.PAGE_1);
    for (const [i, name] of PAR.entries()) yield this.#set(name, this.mac[i] as number);
    for (const name of MAR) yield this.#set(name, promiscuous ? 0xff : 0);
    yield this.#set("CURR", RING_START + 1);
    this.#next = RING_START + 1;
    yield this.#set("CR", RUN | CR.PAGE_0);
    yield this.#set("TCR", 0);
    yield this.#set("RCR", promiscuous ? RCR.AB | RCR.AM | RCR.PRO : RCR.AB);
    yield this.#set("IMR", SERVICED);
  }

  *#stop(): Program<void> {
    yield this.#set("IMR", 0);
    yield this.#set("CR", STOP);
    yield* this.#awaitReset();
    this.#sending = undefined;
    this.#waiting = undefined;
  }

  *#transmit(frame: Uint8Array): Program<boolean> {
    const buffer = this.#buffers.find((one) => one !== this.#sending && one !== this.#waiting);
    if (buffer === undefined) return false;
    buffer.bytes = Math.max(frame.length, MIN_FRAME_BYTES);
    if (!(yield* this.#remote.write(buffer.page * PAGE_BYTES, frame, buffer.bytes))) {
      yield* this.#restart();
      return true;
    }
    if (this.#sending === undefined) yield* this.#send(buffer);
    else this.#waiting = buffer;
    return true;
  }

  *#send(buffer: Buffer): Program<void> {
    this.#sending = buffer;
    yield this.#set("TPSR", buffer.page);
    yield this.#set("TBCR0", buffer.bytes & 0xff);
    yield this.#set("TBCR1", buffer.bytes >>> 8);
    yield this.#set("CR", RUN | CR.TXP);
  }

  *#completeTransmit(): Program<void> {
    const sent = this.#sending;
    if (sent === undefined) return;
    if (((yield this.#get("TSR")) & TSR.PTX) !== 0) {
      this.counters.sentFrames++;
      this.counters.sentBytes += sent.bytes;
    } else this.counters.transmitErrors++;
    this.#sending = undefined;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting !== undefined) yield* this.#send(waiting);
  }

  /**
   * The card does not finish a remote write: it is set up again. The frames in it, and the one meant for it,
   * are lost.
   */
  *#restart(): Program<void> {
    const lost = [this.#sending, this.#waiting].filter((buffer) => buffer !== undefined).length + 1;
    this.counters.transmitErrors += lost;
    this.#sending = undefined;
    this.#waiting = undefined;
    yield* this.#reset();
    yield* this.#initialise();
  }

  /** Empties the ring: no more frames than it has pages can be in it. */
  *#receive(): Program<void> {
    for (let frames = 0; frames < RING_PAGES; frames++) {
      const current = yield* this.#readCurrent();
      if (current === this.#next) return;
      this.#next = (yield* this.#receiveOne()) ?? current;
      yield this.#set("BNRY", this.#next === RING_START ? RING_STOP - 1 : this.#next - 1);
    }
  }

  *#readCurrent(): Program<number> {
    yield this.#set("CR", RUN | CR.PAGE_1);
    const current = yield this.#get("CURR");
    yield this.#set("CR", RUN | CR.PAGE_0);
    return current;
  }

  /** Hands one frame up and answers the page behind it; undefined when the ring does not make sense. */
  *#receiveOne(): Program<number | undefined> {
    const at = this.#next * PAGE_BYTES;
    const [status = 0, next = 0, low = 0, high = 0] = yield* this.#remote.read(at, HEADER_BYTES);
    const length = (low | (high << 8)) - CRC_BYTES;
    const sensible = next >= RING_START && next < RING_STOP && length >= MIN_FRAME_BYTES;
    if (!sensible || (status & RSR.PRX) === 0 || length > MAX_FRAME_BYTES) {
      this.counters.receiveErrors++;
      return sensible ? next : undefined;
    }
    const frame = (yield* this.#remote.read(at + HEADER_BYTES, length)).slice();
    this.counters.receivedFrames++;
    this.counters.receivedBytes += length;
    this.#environment.onReceive(frame);
    return next;
  }

  /** Damaged and missed frames; reading clears the counters. */
  *#readTallies(): Program<void> {
    for (const name of ["CNTR0", "CNTR1", "CNTR2"] as const) {
      this.counters.receiveErrors += yield this.#get(name);
    }
  }

  /**
   * The routine that section 7.0 prescribes: stop, wait until a frame being sent is out, start in loopback,
   * empty the ring, and send again what the stop has cut off. ISR.RST cannot tell when to go on: the overflow
   * has set it.
   */
  *#recoverFromOverflow(): Program<void> {
    const transmitting = ((yield this.#get("CR")) & CR.TXP) !== 0;
    yield this.#set("CR", STOP);
    const silent = yield* this.#await("CR", CR.TXP, 0);
    yield this.#set("RBCR0", 0);
    yield this.#set("RBCR1", 0);
    const ended = ((yield this.#get("ISR")) & (ISR.PTX | ISR.TXE)) !== 0;
    yield this.#set("TCR", TCR.LB_NIC);
    yield this.#set("CR", RUN);
    yield* this.#receive();
    yield* this.#readTallies();
    yield this.#set("ISR", ISR.OVW | ISR.PRX | ISR.RXE);
    yield this.#set("TCR", 0);
    this.counters.overflows++;
    if (transmitting && silent && !ended) yield this.#set("CR", RUN | CR.TXP);
  }
}
