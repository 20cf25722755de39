/**
 * The device model of the NE2000: what is virtual, and what becomes of accesses that exit. How the card is
 * followed is in `follower.ts`, what is hooked in `hooks.ts`, what is checked in `checks.ts`.
 *
 * The card is on the guest's register page. To take an interrupt over, the VMM must see page 0: while the
 * guest is on another one all of its register accesses exit, so it cannot notice that the VMM has turned
 * there and back.
 */
import { type Sequence, type Width, widthMask } from "../../hardware/cpu.ts";
import type { Innards } from "../../hardware/inspection.ts";
import type { HookedList } from "../hooked-list.ts";
import {
  type Access,
  APPROVED,
  denied,
  type InspectableModel,
  type ModelDefinition,
  type ModelHost,
  type Phase,
  type RegisterUnit,
  type Verdict,
} from "../model.ts";
import { checkTransfer, checkWrite } from "./checks.ts";
import {
  awaitReset,
  type CardContext,
  cardMode,
  isShadowed,
  NE2000_CONTEXT,
  powerOnContext,
  QUIET,
  readRegister,
  resetCard,
  restoreCard,
  saveCard,
  writeRegister,
} from "./context.ts";
import { Follower } from "./follower.ts";
import { registerName } from "./hooks.ts";
import type { Overflow } from "./overflow.ts";
import { listens, type Programmed, remoteCommand } from "./programmed.ts";
import { Prom } from "./prom.ts";
import { CR, DATA_PORT, ISR, pageOf, RESET_PORT, type RegisterName, TSR, WINDOW_BYTES } from "./registers.ts";
import { staysInRam } from "./remote-range.ts";
import type { Served, Status, Tally } from "./served.ts";
import { ne2000Automaton as automaton, type Ne2000Event } from "./statechart.ts";
import { findPacket, straight } from "./transfers.ts";

const PAGE_EVENTS = ["PAGE_0", "PAGE_1", "PAGE_2", "PAGE_3"] as const satisfies readonly Ne2000Event[];

class Ne2000Model implements InspectableModel {
  readonly #host: ModelHost;
  readonly #prom: Prom;
  readonly #card: Follower;
  readonly #programmed: Programmed;
  readonly #served: Served;
  readonly #overflow: Overflow;
  #saved: CardContext = powerOnContext();

  constructor(host: ModelHost) {
    this.#host = host;
    this.#prom = new Prom(host.mac);
    this.#card = new Follower(host.ioBase);
    this.#programmed = this.#card.programmed;
    this.#served = this.#card.served;
    this.#overflow = this.#card.overflow;
  }

  get stateName(): string {
    return this.#card.stateName;
  }

  get phase(): Phase {
    if (this.#is("programming")) return "programming";
    return this.#is("sending") ? "completing" : "reusable";
  }

  get listening(): boolean {
    return listens(this.#programmed.command, this.#programmed.registers);
  }

  get interrupt(): boolean {
    return (this.#card.isr & this.#programmed.registers.IMR) !== 0;
  }

  get hooks(): HookedList {
    return this.#card.hooks;
  }

  inspect(): Innards {
    return { card: this.#card.inspect(), saved: this.#saved };
  }

  checkModel({ port, width, direction, value }: Access): Verdict {
    if (port >= WINDOW_BYTES) return denied("port", "no register of the NE2000");
    if (direction === "read" || port >= DATA_PORT || width !== 1) return APPROVED;
    const name = this.#programmed.nameAt(port, direction);
    return checkWrite(this.#programmed, name, value, this.#is("sending"));
  }

  *perform(access: Access): Sequence<number> {
    const { port, width, direction, value } = access;
    if (port >= RESET_PORT) return yield* this.#useResetPort(access);
    if (port >= DATA_PORT) return yield* this.#useDataPort(access);
    // Registers answer to bytes only.
    if (width !== 1) return direction === "read" ? widthMask(width) : 0;
    const name = this.#programmed.nameAt(port, direction);
    if (name === undefined) return 0;
    return direction === "read" ? yield* this.#read(name) : yield* this.#write(name, value);
  }

  *updateFromCard(): Sequence<boolean> {
    return (yield* this.#card.onPage0(this.#card.takeStatus())) !== 0;
  }

  injectError(_refused: Access): void {
    this.#card.isr |= ISR.TXE;
    this.#served.serve("TSR", TSR.ALWAYS | TSR.ABT);
    this.#card.rehook();
  }

  /** What the card does until it is stopped is still the guest's. */
  *quiesce(): Sequence<void> {
    const { ioBase } = this.#host;
    const started = this.#is("started");
    yield* this.#card.commandCard(CR.PAGE_0);
    yield* this.#card.writeMask(0);
    yield* this.#card.takeStatus();
    if (started) this.#overflow.serveReset(this.#card.reset);
    yield writeRegister(ioBase, "CR", QUIET);
    yield* awaitReset(ioBase);
    const late = yield* this.#card.takeStatus();
    if (started && (late & ISR.OVW) !== 0) this.#overflow.serveReset(ISR.RST);
  }

  *save(): Sequence<void> {
    const { card, observed, address } = yield* saveCard(this.#host.ioBase, this.#host.scratch);
    this.#saved = card;
    this.#served.keep(observed);
    const { boundary } = this.#overflow;
    if (boundary !== undefined) card.registers.set("BNRY", boundary);
    this.#programmed.transfer = { address, bytes: this.#programmed.transfer.bytes };
    this.#card.rehook();
  }

  *restore(): Sequence<void> {
    const [boundary = 0, current = 0] = [
      this.#saved.registers.get("BNRY"),
      this.#saved.registers.get("CURR"),
    ];
    const mask = this.#card.startOver();
    const context = {
      shadows: this.#programmed.registers,
      command: this.#card.command,
      transfer: this.#programmed.transfer,
      mask,
      boundary: this.#is("overflowed") ? this.#overflow.hold(current, boundary) : boundary,
    };
    yield* restoreCard(this.#host.ioBase, this.#saved, context, this.#host.scratch);
  }

  #is(tag: string): boolean {
    return this.#card.is(tag);
  }

  *#read(name: RegisterName): Sequence<number> {
    const { ioBase } = this.#host;
    const { page, registers } = this.#programmed;
    if (page !== 0 && isShadowed(name)) return registers[name];
    switch (name) {
      case "CR":
        return ((yield readRegister(ioBase, name)) & CR.TXP) | this.#programmed.command;
      case "BNRY":
        if (this.#is("sendingPacket")) yield* this.#card.takeStatus();
        return this.#overflow.boundary ?? (yield readRegister(ioBase, name));
      case "ISR":
        yield* this.#card.takeStatus();
        return this.#card.isr | this.#card.reset | this.#overflow.reset;
      case "TSR":
      case "NCR":
      case "RSR":
      case "CLDA0":
      case "CLDA1":
        return yield* this.#readStatus(name);
      case "CNTR0":
      case "CNTR1":
      case "CNTR2":
        return yield* this.#readTally(name);
      case "FIFO":
        if (!this.#programmed.loopback) return 0;
        yield* this.#card.takeStatus();
        return this.#served.readFifo() ?? (yield readRegister(ioBase, name));
      default:
        return yield readRegister(ioBase, name);
    }
  }

  *#readStatus(name: Status): Sequence<number> {
    yield* this.#card.takeStatus();
    const served = this.#served.status(name, this.#programmed.monitors);
    return served ?? (yield readRegister(this.#host.ioBase, name));
  }

  *#readTally(name: Tally): Sequence<number> {
    const { ioBase } = this.#host;
    const value = this.#served.takeTally(name, yield readRegister(ioBase, name));
    yield* this.#card.updateMask();
    this.#card.rehook();
    return value;
  }

  *#write(name: RegisterName, value: number): Sequence<number> {
    const { ioBase } = this.#host;
    switch (name) {
      case "CR":
        return yield* this.#writeCommand(value);
      case "ISR":
        yield* this.#card.takeAllStatus();
        this.#card.isr &= ~value;
        return 0;
      case "IMR":
        this.#programmed.store(name, value);
        yield* this.#card.updateMask();
        return 0;
      case "BNRY":
        // A packet that has been read has moved it before.
        if (this.#is("sendingPacket")) yield* this.#card.takeStatus();
        yield* this.#card.writeBoundary(value);
        return 0;
      case "TPSR":
      case "TBCR0":
      case "TBCR1":
      case "RCR":
      case "TCR":
        if (name.startsWith("TBCR") && this.#is("started")) this.#card.follow("TRANSMIT_PROGRAMMED");
        this.#programmed.store(name, value);
        return yield writeRegister(ioBase, name, value);
      case "RSAR0":
      case "RSAR1":
      case "RBCR0":
      case "RBCR1":
        return yield* this.#writeOfTransfer(name, value, () => this.#programmed.storeTransfer(name, value));
      case "PSTART":
      case "PSTOP":
      case "DCR":
        return yield* this.#writeOfTransfer(name, value, () => this.#programmed.store(name, value));
      case "CURR":
        yield writeRegister(ioBase, name, value);
        if (this.#overflow.boundary !== undefined) yield* this.#card.onPage0(this.#card.followRing(value));
        return 0;
      case "9346CR":
        this.#programmed.store(name, value);
        return yield writeRegister(ioBase, name, cardMode(value));
      case "HLTCLK":
        return 0;
      default:
        return yield writeRegister(ioBase, name, value);
    }
  }

  *#writeCommand(value: number): Sequence<number> {
    const { ioBase } = this.#host;
    const remote = remoteCommand(value);
    // An RDC of the last transfer is not the next one's; that of a packet moves BNRY.
    const next = remote !== CR.ABORT && (this.#card.endUnseen || this.#is("open"));
    if (next || this.#is("sendingPacket")) yield* this.updateFromCard();
    const ends = this.#is("open") && remote !== remoteCommand(this.#programmed.command);
    const sends = remote === CR.SEND && this.#programmed.sends && (ends || !this.#is("open"));
    const stops = this.#is("started") && (value & CR.STP) !== 0;
    const between = (value & (CR.STP | CR.STA)) | CR.ABORT;
    if (ends || sends || stops) yield writeRegister(ioBase, "CR", between);
    if (ends) yield* this.#card.endTransfer();
    if (stops) {
      // That ends an overflow, and one that has not come to light yet as well.
      yield* this.#card.takeStatus();
      yield* this.#overflow.release();
    }
    if ((value & CR.STP) === 0 && !this.#is("started")) this.#overflow.clearReset();
    this.#programmed.command = value & ~CR.TXP;
    this.#card.follow((value & CR.STP) !== 0 ? "STOP" : "START");
    this.#card.follow(PAGE_EVENTS[pageOf(value)] ?? "PAGE_0");
    if (sends) yield* this.#beginSend();
    else if (ends || !this.#is("open")) this.#card.follow(this.#programmed.remoteEvent);
    if ((value & CR.TXP) !== 0 && (value & CR.STP) === 0) this.#card.followTransmit();
    this.#card.rehook();
    if (value !== between || !(ends || stops)) yield* this.#card.commandCard(undefined, value & CR.TXP);
    return 0;
  }

  *#beginSend(): Sequence<void> {
    const { ioBase } = this.#host;
    const boundary = this.#overflow.boundary ?? (yield readRegister(ioBase, "BNRY"));
    const packet = yield* findPacket(ioBase, this.#programmed, boundary);
    if (packet === undefined) return this.#card.follow("DMA_ABORT");
    this.#programmed.transfer = packet.transfer;
    yield* this.#card.beginPacket(packet.next);
  }

  /**
   * What a transfer goes by is written. One that is open goes on, and one that has ended begins again, when
   * it stays in the memory.
   */
  *#writeOfTransfer(name: RegisterName, value: number, keep: () => void): Sequence<number> {
    const { ioBase } = this.#host;
    if (this.#is("sendingPacket")) yield* this.#card.takeStatus();
    const [open, sending] = [this.#is("open"), this.#is("sendingPacket")];
    const { command } = this.#programmed;
    const moves = open || (name.startsWith("R") && remoteCommand(command) !== CR.ABORT);
    if (moves) yield writeRegister(ioBase, "CR", (command & ~CR.RD) | CR.ABORT);
    if (open) {
      yield* this.#card.endTransfer();
      if (this.#card.endUnseen) yield* this.#card.takeStatus();
    }
    yield writeRegister(ioBase, name, value);
    keep();
    if (name === "PSTART" || name === "PSTOP") yield* this.#card.followRing();
    const { transfer, geometry, waitsForCount } = this.#programmed;
    const stays = sending
      ? staysInRam(transfer, geometry)
      : waitsForCount && checkTransfer(this.#programmed, remoteCommand(command)) === APPROVED;
    const goesOn = transfer.bytes > 0 && stays;
    if (moves && goesOn) this.#card.follow(sending ? "DMA_SEND" : this.#programmed.remoteEvent);
    else if (name.startsWith("R")) this.#card.follow("DMA_PROGRAMMED");
    else if (open) this.#card.follow(transfer.bytes === 0 ? "DMA_DONE" : "DMA_PROGRAMMED");
    if (moves) yield* this.#card.commandCard();
    this.#card.rehook();
    return 0;
  }

  /** The data port exits while the PROM is read. The card counts along, so RDC comes from it. */
  *#useDataPort(access: Access): Sequence<number> {
    const answer = yield straight(this.#host.ioBase, access);
    if (access.direction === "write" || !this.#is("readingProm")) return answer;
    const { value, left } = this.#prom.read(this.#programmed.transfer, this.#programmed.words, access.width);
    this.#programmed.transfer = left;
    return value;
  }

  /** Reading pulses the card's RESET pin (DP8390D section 11.0). */
  *#useResetPort(access: Access): Sequence<number> {
    const pulse = straight(this.#host.ioBase, access);
    if (access.direction === "write") return yield pulse;
    // What ISR tells of frames is lost with the reset, and what is served goes by it: no frame comes in after
    // this look.
    yield writeRegister(this.#host.ioBase, "CR", QUIET);
    yield* this.#card.takeStatus();
    const answer = yield pulse;
    if (this.#is("open")) yield* this.#card.endTransfer();
    yield* this.#overflow.release();
    this.#card.followReset();
    yield* this.#card.updateMask();
    return answer;
  }
}

export const ne2000Model: ModelDefinition<InspectableModel> = {
  automaton,
  context: NE2000_CONTEXT,
  /** Each access is one whole: registers answer to bytes only, the ports of data and reset to any width. */
  registerAt: (port: number, width: Width): RegisterUnit => ({ port, width, writeOneToClear: false }),
  registerName,
  initModel: (host) => new Ne2000Model(host),
  resetCard,
};
