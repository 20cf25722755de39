/**
 * The device model of the NE2000: what is hooked, what is virtual, how the card is followed. What is checked
 * is in `checks.ts`.
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
  readNames,
  readRegister,
  resetCard,
  restoreCard,
  saveCard,
  writeRegister,
} from "./context.ts";
import { composeHooks, registerName } from "./hooks.ts";
import { Overflow } from "./overflow.ts";
import { listens, Programmed, remoteCommand } from "./programmed.ts";
import { Prom } from "./prom.ts";
import { CR, DATA_PORT, ISR, pageOf, RESET_PORT, type RegisterName, TSR, WINDOW_BYTES } from "./registers.ts";
import { staysInRam } from "./remote-range.ts";
import { Served, type Status, TALLIES, type Tally } from "./served.ts";
import { ne2000Automaton as automaton, type Ne2000Event } from "./statechart.ts";
import { findPacket, readTransfer, straight } from "./transfers.ts";

const PAGE_EVENTS = ["PAGE_0", "PAGE_1", "PAGE_2", "PAGE_3"] as const satisfies readonly Ne2000Event[];
/** Looks at a status that does not come to rest, before it is taken as it is. */
const LOOKS = 16;
/** Interrupts that the DMM needs to follow transmits, whatever the guest masks. */
const FOLLOWED = ISR.PTX | ISR.TXE;

class Ne2000Model implements InspectableModel {
  readonly #host: ModelHost;
  readonly #prom: Prom;
  readonly #programmed = new Programmed();
  readonly #served = new Served();
  readonly #overflow: Overflow;
  #state = automaton.initial.next;
  #hooks: HookedList | undefined;
  #card: CardContext = powerOnContext();
  /** CR.RD of the card is not what the guest has written. */
  #servesCommand = false;
  /** The frame that is being sent comes back through the receiver. */
  #loopsBack = false;
  /** A transfer has come to its end since ISR was last read: an RDC is that one's. */
  #endUnseen = false;
  #isr = 0;
  /** ISR.RST as the card had it when ISR was last read. */
  #cardReset: number = ISR.RST;
  /** IMR as the card has it. */
  #cardMask = 0;
  /** Where BNRY goes when the packet that is being sent has been read. */
  #boundaryAfterSend = 0;

  constructor(host: ModelHost) {
    this.#host = host;
    this.#prom = new Prom(host.mac);
    this.#overflow = new Overflow(host.ioBase, this.#programmed);
  }

  get stateName(): string {
    return automaton.name(this.#state);
  }

  get phase(): Phase {
    if (this.#is("programming")) return "programming";
    return this.#is("sending") ? "completing" : "reusable";
  }

  get listening(): boolean {
    return listens(this.#programmed.command, this.#programmed.registers);
  }

  get interrupt(): boolean {
    return (this.#isr & this.#programmed.registers.IMR) !== 0;
  }

  get hooks(): HookedList {
    this.#hooks ??= composeHooks({
      onPage0: this.#is("page0"),
      readingProm: this.#is("readingProm"),
      servesCommand: this.#servesCommand,
      watchesBoundary: this.#overflow.watches || this.#is("sendingPacket"),
      servedPorts: this.#served.ports,
    });
    return this.#hooks;
  }

  inspect(): Innards {
    return {
      programmed: this.#programmed.inspect(),
      served: this.#served.inspect(),
      overflow: this.#overflow.inspect(),
      state: this.#state,
      hooks: this.#hooks?.bytes,
      card: this.#card,
      servesCommand: this.#servesCommand,
      loopsBack: this.#loopsBack,
      endUnseen: this.#endUnseen,
      isr: this.#isr,
      cardReset: this.#cardReset,
      cardMask: this.#cardMask,
      boundaryAfterSend: this.#boundaryAfterSend,
    };
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
    return (yield* this.#onPage0(this.#takeStatus())) !== 0;
  }

  injectError(_refused: Access): void {
    this.#isr |= ISR.TXE;
    this.#served.serve("TSR", TSR.ALWAYS | TSR.ABT);
    this.#hooks = undefined;
  }

  /** What the card does until it is stopped is still the guest's. */
  *quiesce(): Sequence<void> {
    const { ioBase } = this.#host;
    const started = this.#is("started");
    yield* this.#commandCard(CR.PAGE_0);
    this.#cardMask = 0;
    yield writeRegister(ioBase, "IMR", 0);
    yield* this.#takeStatus();
    if (started) this.#overflow.serveReset(this.#cardReset);
    yield writeRegister(ioBase, "CR", QUIET);
    yield* awaitReset(ioBase);
    const late = yield* this.#takeStatus();
    if (started && (late & ISR.OVW) !== 0) this.#overflow.serveReset(ISR.RST);
  }

  *save(): Sequence<void> {
    const { card, observed, address } = yield* saveCard(this.#host.ioBase, this.#host.scratch);
    this.#card = card;
    this.#served.keep(observed);
    const { boundary } = this.#overflow;
    if (boundary !== undefined) card.registers.set("BNRY", boundary);
    this.#programmed.transfer = { address, bytes: this.#programmed.transfer.bytes };
    this.#hooks = undefined;
  }

  *restore(): Sequence<void> {
    const [boundary = 0, current = 0] = [this.#card.registers.get("BNRY"), this.#card.registers.get("CURR")];
    this.#overflow.forget();
    this.#servesCommand = (this.#programmed.command & CR.RD) !== CR.ABORT;
    this.#endUnseen = false;
    this.#cardMask = this.#mask();
    this.#hooks = undefined;
    const context = {
      shadows: this.#programmed.registers,
      command: this.#cardCommand(),
      transfer: this.#programmed.transfer,
      mask: this.#cardMask,
      boundary: this.#is("overflowed") ? this.#overflow.hold(current, boundary) : boundary,
    };
    yield* restoreCard(this.#host.ioBase, this.#card, context, this.#host.scratch);
  }

  #is(tag: string): boolean {
    return automaton.hasTag(this.#state, tag);
  }

  #follow(event: Ne2000Event): void {
    const { next } = automaton.step(this.#state, automaton.eventId(event));
    if (next === this.#state) return;
    this.#state = next;
    this.#hooks = undefined;
  }

  /** What was sent in loopback has been received, too. */
  #followSent(): void {
    this.#follow("SENT");
    if (this.#loopsBack) this.#served.loopsBack();
    this.#loopsBack = false;
    this.#hooks = undefined;
  }

  /** IMR for the card: a frame missed adds to the VMM's count, the end of a packet sent moves BNRY. */
  #mask(): number {
    const missed = this.#served.counts ? ISR.RXE : 0;
    return this.#programmed.registers.IMR | FOLLOWED | missed | (this.#is("sendingPacket") ? ISR.RDC : 0);
  }

  /** CR for the card, without TXP. A transfer that is open goes on when it is written again. */
  #cardCommand(): number {
    const { command } = this.#programmed;
    const remote = this.#is("sendingPacket") ? CR.READ : this.#is("open") ? command & CR.RD : CR.ABORT;
    return (command & ~CR.RD) | remote;
  }

  /** Writes CR with the guest's own page, or with another. TXP cannot be cleared: a transmission goes on. */
  *#commandCard(page = this.#programmed.command & CR.PS, transmit = 0): Sequence<void> {
    const command = this.#cardCommand();
    this.#servesCommand = ((command ^ this.#programmed.command) & CR.RD) !== 0;
    yield writeRegister(this.#host.ioBase, "CR", (command & ~CR.PS) | page | transmit);
  }

  /** Runs `body` with the card on page 0, and turns back. */
  *#onPage0<T>(body: Sequence<T>): Sequence<T> {
    if (this.#is("page0")) return yield* body;
    yield* this.#commandCard(CR.PAGE_0);
    const result = yield* body;
    yield* this.#commandCard();
    return result;
  }

  /** On page 0: takes the card's status over and acknowledges it there; answers what there was of it. */
  *#takeStatus(): Sequence<number> {
    const { ioBase } = this.#host;
    const status = yield readRegister(ioBase, "ISR");
    this.#cardReset = status & ISR.RST;
    const done = (status & ISR.RDC) !== 0 && !this.#endUnseen && this.#is("open");
    this.#endUnseen = false;
    const events = status & ~ISR.RST;
    if (events === 0) return 0;
    yield writeRegister(ioBase, "ISR", events);
    this.#isr |= events;
    if ((events & FOLLOWED) !== 0) this.#followSent();
    if ((events & ISR.OVW) !== 0) this.#follow("OVERFLOW");
    if (this.#served.receives(events)) this.#hooks = undefined;
    if ((events & ISR.RXE) !== 0 && this.#served.counts) yield* this.#count();
    if (done) yield* this.#completeTransfer();
    yield* this.#updateMask();
    return events;
  }

  /**
   * Until there is none: whatever comes after the last look comes after the guest's acknowledgement. What comes between a
   * look and its acknowledgement to the card comes before, with all its bits.
   */
  *#takeAllStatus(): Sequence<void> {
    for (let look = 0; look < LOOKS && (yield* this.#takeStatus()) !== 0; look++);
  }

  *#count(): Sequence<void> {
    if (this.#served.count(yield* readNames(this.#host.ioBase, TALLIES))) this.#isr |= ISR.CNT;
    this.#hooks = undefined;
  }

  *#completeTransfer(): Sequence<void> {
    const sent = this.#is("sendingPacket");
    const { address } = yield* readTransfer(this.#host.ioBase, this.#programmed);
    this.#programmed.transfer = { address, bytes: 0 };
    this.#follow("DMA_DONE");
    if (sent) yield* this.#writeBoundary(this.#boundaryAfterSend);
  }

  /** On page 0. */
  *#updateMask(): Sequence<void> {
    const mask = this.#mask();
    if (mask === this.#cardMask) return;
    this.#cardMask = mask;
    yield writeRegister(this.#host.ioBase, "IMR", mask);
  }

  *#read(name: RegisterName): Sequence<number> {
    const { ioBase } = this.#host;
    const { page, registers } = this.#programmed;
    if (page !== 0 && isShadowed(name)) return registers[name];
    switch (name) {
      case "CR":
        return ((yield readRegister(ioBase, name)) & CR.TXP) | this.#programmed.command;
      case "BNRY":
        if (this.#is("sendingPacket")) yield* this.#takeStatus();
        return this.#overflow.boundary ?? (yield readRegister(ioBase, name));
      case "ISR":
        yield* this.#takeStatus();
        return this.#isr | this.#cardReset | this.#overflow.reset;
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
        yield* this.#takeStatus();
        return this.#served.readFifo() ?? (yield readRegister(ioBase, name));
      default:
        return yield readRegister(ioBase, name);
    }
  }

  *#readStatus(name: Status): Sequence<number> {
    yield* this.#takeStatus();
    const served = this.#served.status(name, this.#programmed.monitors);
    return served ?? (yield readRegister(this.#host.ioBase, name));
  }

  *#readTally(name: Tally): Sequence<number> {
    const { ioBase } = this.#host;
    const value = this.#served.takeTally(name, yield readRegister(ioBase, name));
    yield* this.#updateMask();
    this.#hooks = undefined;
    return value;
  }

  *#write(name: RegisterName, value: number): Sequence<number> {
    const { ioBase } = this.#host;
    switch (name) {
      case "CR":
        return yield* this.#writeCommand(value);
      case "ISR":
        yield* this.#takeAllStatus();
        this.#isr &= ~value;
        return 0;
      case "IMR":
        this.#programmed.store(name, value);
        yield* this.#updateMask();
        return 0;
      case "BNRY":
        // A packet that has been read has moved it before.
        if (this.#is("sendingPacket")) yield* this.#takeStatus();
        yield* this.#writeBoundary(value);
        return 0;
      case "TPSR":
      case "TBCR0":
      case "TBCR1":
      case "RCR":
      case "TCR":
        if (name.startsWith("TBCR") && this.#is("started")) this.#follow("TRANSMIT_PROGRAMMED");
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
        if (this.#overflow.boundary !== undefined) yield* this.#onPage0(this.#followRing(value));
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
    const next = remote !== CR.ABORT && (this.#endUnseen || this.#is("open"));
    if (next || this.#is("sendingPacket")) yield* this.updateFromCard();
    const ends = this.#is("open") && remote !== remoteCommand(this.#programmed.command);
    const sends = remote === CR.SEND && this.#programmed.sends && (ends || !this.#is("open"));
    const stops = this.#is("started") && (value & CR.STP) !== 0;
    const between = (value & (CR.STP | CR.STA)) | CR.ABORT;
    if (ends || sends || stops) yield writeRegister(ioBase, "CR", between);
    if (ends) yield* this.#endTransfer();
    if (stops) {
      // That ends an overflow, and one that has not come to light yet as well.
      yield* this.#takeStatus();
      yield* this.#overflow.release();
    }
    if ((value & CR.STP) === 0 && !this.#is("started")) this.#overflow.clearReset();
    this.#programmed.command = value & ~CR.TXP;
    this.#follow((value & CR.STP) !== 0 ? "STOP" : "START");
    this.#follow(PAGE_EVENTS[pageOf(value)] ?? "PAGE_0");
    if (sends) yield* this.#beginSend();
    else if (ends || !this.#is("open")) this.#follow(this.#programmed.remoteEvent);
    if ((value & CR.TXP) !== 0 && (value & CR.STP) === 0) {
      this.#follow("TRANSMIT");
      this.#served.transmits();
      this.#loopsBack = this.#programmed.loopsBack;
    }
    this.#hooks = undefined;
    if (value !== between || !(ends || stops)) yield* this.#commandCard(undefined, value & CR.TXP);
    return 0;
  }

  /** On page 0, when the card's CR has ended a transfer. */
  *#endTransfer(): Sequence<void> {
    const transfer = yield* readTransfer(this.#host.ioBase, this.#programmed);
    this.#programmed.transfer = transfer;
    this.#endUnseen = transfer.bytes === 0;
  }

  *#beginSend(): Sequence<void> {
    const { ioBase } = this.#host;
    const boundary = this.#overflow.boundary ?? (yield readRegister(ioBase, "BNRY"));
    const packet = yield* findPacket(ioBase, this.#programmed, boundary);
    if (packet === undefined) return this.#follow("DMA_ABORT");
    this.#programmed.transfer = packet.transfer;
    this.#boundaryAfterSend = packet.next;
    this.#endUnseen = false;
    this.#follow("DMA_SEND");
    yield* this.#updateMask();
  }

  /**
   * What a transfer goes by is written. One that is open goes on, and one that has ended begins again, when it stays in
   * the memory.
   */
  *#writeOfTransfer(name: RegisterName, value: number, keep: () => void): Sequence<number> {
    const { ioBase } = this.#host;
    if (this.#is("sendingPacket")) yield* this.#takeStatus();
    const [open, sending] = [this.#is("open"), this.#is("sendingPacket")];
    const { command } = this.#programmed;
    const moves = open || (name.startsWith("R") && remoteCommand(command) !== CR.ABORT);
    if (moves) yield writeRegister(ioBase, "CR", (this.#programmed.command & ~CR.RD) | CR.ABORT);
    if (open) {
      yield* this.#endTransfer();
      if (this.#endUnseen) yield* this.#takeStatus();
    }
    yield writeRegister(ioBase, name, value);
    keep();
    if (name === "PSTART" || name === "PSTOP") yield* this.#followRing();
    const { transfer, geometry, waitsForCount } = this.#programmed;
    const stays = sending
      ? staysInRam(transfer, geometry)
      : waitsForCount && checkTransfer(this.#programmed, remoteCommand(command)) === APPROVED;
    const goesOn = transfer.bytes > 0 && stays;
    if (moves && goesOn) this.#follow(sending ? "DMA_SEND" : this.#programmed.remoteEvent);
    else if (name.startsWith("R")) this.#follow("DMA_PROGRAMMED");
    else if (open) this.#follow(transfer.bytes === 0 ? "DMA_DONE" : "DMA_PROGRAMMED");
    if (moves) yield* this.#commandCard();
    this.#hooks = undefined;
    return 0;
  }

  *#writeBoundary(value: number): Sequence<void> {
    if (this.#is("started")) {
      this.#overflow.clearReset();
      this.#cardReset = 0;
    }
    this.#hooks = undefined;
    yield* this.#overflow.writeBoundary(value);
  }

  /** On page 0, when the guest has moved the ring, or CURR in it. */
  *#followRing(current?: number): Sequence<void> {
    if (this.#overflow.boundary === undefined) return;
    yield* this.#takeStatus();
    const started = this.#is("started");
    yield* this.#overflow.followRing(started ? this.#cardReset : 0, current);
    // A frame missed just before it lost ISR.RST by it.
    const late = yield* this.#takeStatus();
    if (started && (late & ISR.OVW) !== 0) this.#overflow.serveReset(ISR.RST);
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
    // What ISR tells of frames is lost with the reset, and what is served goes by it: no frame comes in after this look.
    yield writeRegister(this.#host.ioBase, "CR", QUIET);
    yield* this.#takeStatus();
    const answer = yield pulse;
    if (this.#is("open")) yield* this.#endTransfer();
    yield* this.#overflow.release();
    this.#follow("RESET");
    this.#programmed.reset();
    this.#servesCommand = false;
    this.#loopsBack = false;
    this.#endUnseen = false;
    this.#isr = 0;
    this.#overflow.clearReset();
    this.#hooks = undefined;
    this.#cardMask = 0;
    yield* this.#updateMask();
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
