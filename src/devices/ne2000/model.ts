/**
 * The device model of the NE2000: what is hooked, what is checked, what is virtual. The card masters no bus, so no guest
 * can make it reach another's memory; what is checked is that its own DMA, of ring, transmitter and data port, stays in
 * the card's memory.
 *
 * The card is on the guest's register page. To take an interrupt over, the VMM must see page 0: while the guest is on
 * another one all of its register accesses exit, so it cannot notice that the VMM has turned there and back.
 */
import { outb, type Sequence, type Width, widthMask } from "../../hardware/cpu.ts";
import type { Direction, HookedList } from "../hooked-list.ts";
import {
  type Access,
  APPROVED,
  type DeviceModel,
  denied,
  type ModelDefinition,
  type ModelHost,
  type Phase,
  type RegisterUnit,
  type Verdict,
} from "../model.ts";
import {
  awaitReset,
  type CardContext,
  cardMode,
  NE2000_CONTEXT,
  powerOnContext,
  powerOnShadows,
  QUIET,
  readNames,
  readRegister,
  resetCard,
  restoreCard,
  SHADOWED,
  type ShadowName,
  type Shadows,
  saveCard,
  writeRegister,
} from "./context.ts";
import { composeHooks } from "./hooks.ts";
import { CardMemory } from "./memory.ts";
import {
  CR,
  DATA_PORT,
  DCR,
  ISR,
  OFFSET,
  PAGE_BYTES,
  PROM,
  pageOf,
  RAM,
  RCR,
  RESET_PORT,
  type RegisterName,
  RSR,
  registerAt,
  TCR,
  TSR,
  WINDOW_BYTES,
} from "./registers.ts";
import { bytesLeft, type Geometry, staysInProm, staysInRam, type Transfer } from "./remote-range.ts";
import { Served, type Status, TALLIES } from "./served.ts";
import { ne2000Automaton as automaton, type Ne2000Event } from "./statechart.ts";

const PAGE_EVENTS = ["PAGE_0", "PAGE_1", "PAGE_2", "PAGE_3"] as const satisfies readonly Ne2000Event[];
/** Interrupts that the DMM needs to follow transmits, whatever the guest masks. */
const FOLLOWED = ISR.PTX | ISR.TXE;

const isShadowed = (name: RegisterName): name is ShadowName =>
  (SHADOWED as readonly RegisterName[]).includes(name);

/** The remote DMA command in CR; what is neither read, write nor send is no transfer. */
const remoteCommand = (command: number): number =>
  (command & CR.ABORT) !== 0 || (command & CR.RD) === 0 ? CR.ABORT : command & CR.RD;

class Ne2000Model implements DeviceModel {
  readonly #host: ModelHost;
  readonly #prom: Uint8Array;
  #state = automaton.initial.next;
  #hooks: HookedList | undefined;
  #card: CardContext = powerOnContext();
  #shadows: Shadows = powerOnShadows();
  readonly #served = new Served();
  /** CR as the guest wrote it, without TXP. */
  #command = QUIET;
  /** The card's CR.RD is ABORT where the guest's is not: the transfer is over. */
  #servesCommand = false;
  /** RSAR and RBCR as they were when the transfer began. */
  #remote: Transfer = { address: 0, bytes: 0 };
  /** A transfer has ended since ISR was last read: RDC may be that one's. */
  #endUnseen = false;
  #isr = 0;
  /** ISR.RST, as the card had it when it was last read. */
  #cardReset: number = ISR.RST;
  /** ISR.RST of an overflow in an earlier ownership. */
  #servedReset = 0;
  /** The guest's BNRY while the card's leaves no room in the ring; undefined when they are the same. */
  #boundary: number | undefined;

  constructor(host: ModelHost) {
    this.#host = host;
    const memory = new CardMemory(host.mac);
    this.#prom = Uint8Array.from({ length: PROM.bytes }, (_, at) => memory.read(PROM.start + at));
  }

  get stateName(): string {
    return automaton.name(this.#state);
  }

  get phase(): Phase {
    if (this.#is("programming")) return "programming";
    return this.#is("sending") ? "completing" : "reusable";
  }

  get listening(): boolean {
    return listens(this.#command, this.#shadows);
  }

  get interrupt(): boolean {
    return (this.#isr & this.#shadows.IMR) !== 0;
  }

  get hooks(): HookedList {
    this.#hooks ??= composeHooks({
      onPage0: this.#is("page0"),
      readingProm: this.#is("readingProm"),
      servesCommand: this.#servesCommand,
      watchesBoundary: this.#servedReset !== 0 || this.#boundary !== undefined,
      servedPorts: this.#served.ports,
    });
    return this.#hooks;
  }

  checkModel(access: Access): Verdict {
    if (access.port >= WINDOW_BYTES) return denied("port", "no register of the NE2000");
    if (access.direction === "read" || access.port >= DATA_PORT || access.width !== 1) return APPROVED;
    const name = this.#nameOf(access);
    switch (name) {
      case "CR":
        return this.#checkCommand(access.value);
      case "RCR":
      case "TCR":
      case "PSTART":
      case "PSTOP":
        return this.#checkRing(this.#command, { ...this.#shadows, [name]: access.value });
      default:
        return APPROVED;
    }
  }

  *perform(access: Access): Sequence<number> {
    const { port, width, direction } = access;
    if (port >= RESET_PORT) return yield* this.#usePortOfReset(access);
    if (port >= DATA_PORT) return yield* this.#useDataPort(access);
    // Registers answer to bytes only.
    if (width !== 1) return direction === "read" ? widthMask(width) : 0;
    const name = this.#nameOf(access);
    if (name === undefined) return 0;
    return direction === "read" ? yield* this.#read(name) : yield* this.#write(name, access.value);
  }

  *updateFromCard(): Sequence<boolean> {
    // To turn the page would begin the packet again; the guest will come back to page 0 to see how it ends.
    if (this.#is("sendingPacket") && !this.#is("page0")) return false;
    return yield* this.#onPage0(this.#takeStatus());
  }

  injectError(_refused: Access): void {
    this.#isr |= ISR.TXE;
    this.#served.serve("TSR", TSR.ALWAYS | TSR.ABT);
    this.#hooks = undefined;
  }

  *quiesce(): Sequence<void> {
    const { ioBase } = this.#host;
    yield writeRegister(ioBase, "CR", (this.#command & (CR.STP | CR.STA)) | CR.ABORT);
    yield writeRegister(ioBase, "IMR", 0);
    yield* this.#takeStatus();
    const started = this.#is("started");
    if (started) this.#servedReset |= this.#cardReset;
    const overflowedBefore = this.#is("overflowed");
    yield writeRegister(ioBase, "CR", QUIET);
    yield* awaitReset(ioBase, ISR.RST);
    yield* this.#takeStatus();
    if (started && this.#is("overflowed") && !overflowedBefore) this.#servedReset = ISR.RST;
  }

  *save(): Sequence<void> {
    const { card, observed, address } = yield* saveCard(this.#host.ioBase, this.#host.scratch);
    this.#card = card;
    this.#served.keep(observed);
    if (this.#boundary !== undefined) card.registers.set("BNRY", this.#boundary);
    this.#remote = { address, bytes: this.#remote.bytes };
    this.#hooks = undefined;
  }

  *restore(): Sequence<void> {
    const boundary = this.#card.registers.get("BNRY") ?? 0;
    this.#boundary = this.#is("overflowed") ? boundary : undefined;
    this.#servesCommand = (this.#command & CR.RD) !== CR.ABORT;
    this.#endUnseen = false;
    this.#hooks = undefined;
    const context = {
      shadows: this.#shadows,
      command: this.#command,
      remote: this.#remote,
      mask: this.#mask(),
      boundary: this.#boundary === undefined ? boundary : this.#pageWithoutRoom(),
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

  /** The register that an access means on the guest's page. */
  #nameOf({ port, direction }: Pick<Access, "port" | "direction">): RegisterName | undefined {
    return registerAt(pageOf(this.#command), port, direction)?.name;
  }

  get #geometry(): Geometry {
    const { PSTART, PSTOP, DCR: data } = this.#shadows;
    return { start: PSTART, stop: PSTOP, words: (data & DCR.WTS) !== 0 };
  }

  /** IMR for the card. A frame that is missed counts where the VMM holds the count so far. */
  #mask(): number {
    return this.#shadows.IMR | FOLLOWED | (this.#served.counts ? ISR.RXE : 0);
  }

  #checkCommand(command: number): Verdict {
    const ring = this.#checkRing(command, this.#shadows);
    if (ring.kind === "denied") return ring;
    if ((command & CR.TXP) !== 0 && (command & CR.STP) === 0) {
      const transmit = this.#checkTransmit();
      if (transmit.kind === "denied") return transmit;
    }
    return this.#checkRemote(remoteCommand(command));
  }

  #checkTransmit(): Verdict {
    if (this.#is("sending")) return denied("transition", "CR.TXP while a frame is being sent");
    const { TPSR, TBCR0, TBCR1 } = this.#shadows;
    const bytes = TBCR0 | (TBCR1 << 8);
    const start = TPSR * PAGE_BYTES;
    if (start >= RAM.start && start + bytes <= RAM.start + RAM.bytes) return APPROVED;
    return denied("dma", `transmit buffer of ${bytes} bytes at 0x${start.toString(16)} is not in packet RAM`);
  }

  /** A card that would receive must have its ring in packet RAM. */
  #checkRing(command: number, registers: Shadows): Verdict {
    if (!listens(command, registers)) return APPROVED;
    const { PSTART, PSTOP } = registers;
    const [first, end] = [RAM.start / PAGE_BYTES, (RAM.start + RAM.bytes) / PAGE_BYTES];
    if (PSTART >= first && PSTART < PSTOP && PSTOP <= end) return APPROVED;
    const pages = `0x${PSTART.toString(16)} to 0x${PSTOP.toString(16)}`;
    return denied("dma", `receive ring of pages ${pages} is not in packet RAM`);
  }

  #checkRemote(command: number): Verdict {
    if (command === CR.ABORT || command === CR.SEND) return APPROVED;
    const { address, bytes } = this.#remote;
    if (staysInRam(this.#remote, this.#geometry)) return APPROVED;
    if (command === CR.READ && staysInProm(this.#remote, this.#geometry)) return APPROVED;
    const what = command === CR.READ ? "read" : "write";
    return denied("dma", `remote ${what} of ${bytes} bytes at 0x${address.toString(16)} leaves packet RAM`);
  }

  *#read(name: RegisterName): Sequence<number> {
    const { ioBase } = this.#host;
    if (pageOf(this.#command) >= 2 && isShadowed(name)) return this.#shadows[name];
    switch (name) {
      case "CR":
        return ((yield readRegister(ioBase, name)) & CR.TXP) | this.#command;
      case "BNRY":
        return this.#boundary ?? (yield readRegister(ioBase, name));
      case "ISR":
        yield* this.#takeStatus();
        return this.#isr | this.#cardReset | this.#servedReset;
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
        return (this.#shadows.TCR & TCR.LB) === 0
          ? 0
          : (this.#served.readFifo() ?? (yield readRegister(ioBase, name)));
      default:
        return yield readRegister(ioBase, name);
    }
  }

  *#readStatus(name: Status): Sequence<number> {
    yield* this.#takeStatus();
    const served = this.#served.status(name);
    if (served === undefined) return yield readRegister(this.#host.ioBase, name);
    if (name !== "RSR") return served;
    return (served & ~RSR.DIS) | ((this.#shadows.RCR & RCR.MON) !== 0 ? RSR.DIS : 0);
  }

  *#readTally(name: (typeof TALLIES)[number]): Sequence<number> {
    const { ioBase } = this.#host;
    const value = this.#served.takeTally(TALLIES.indexOf(name), yield readRegister(ioBase, name));
    yield writeRegister(ioBase, "IMR", this.#mask());
    this.#hooks = undefined;
    return value;
  }

  *#write(name: RegisterName, value: number): Sequence<number> {
    const { ioBase } = this.#host;
    switch (name) {
      case "CR":
        return yield* this.#writeCommand(value);
      case "ISR":
        // Whatever comes after this look at the card comes after the guest's acknowledgement.
        yield* this.#takeStatus();
        this.#isr &= ~value;
        return 0;
      case "IMR":
        this.#shadow(name, value);
        return yield writeRegister(ioBase, name, this.#mask());
      case "BNRY":
        return yield* this.#writeBoundary(value);
      case "TBCR0":
      case "TBCR1":
        if (this.#is("started")) this.#follow("TRANSMIT_PROGRAMMED");
        this.#shadow(name, value);
        return yield writeRegister(ioBase, name, value);
      case "RSAR0":
      case "RSAR1":
      case "RBCR0":
      case "RBCR1":
      case "PSTART":
      case "PSTOP":
      case "DCR":
        return yield* this.#writeGeometry(name, value);
      case "TPSR":
      case "RCR":
      case "TCR":
        this.#shadow(name, value);
        return yield writeRegister(ioBase, name, value);
      case "CURR":
        this.#card.registers.set(name, value);
        yield writeRegister(ioBase, name, value);
        return this.#boundary === undefined ? 0 : yield* this.#onPage0(this.#leaveNoRoom());
      case "9346CR":
        this.#shadow(name, value);
        return yield writeRegister(ioBase, name, cardMode(value));
      case "HLTCLK":
        return 0;
      default:
        return yield writeRegister(ioBase, name, value);
    }
  }

  /** Keeps a value as the register can hold it. */
  #shadow(name: ShadowName, value: number): void {
    const page = name === "9346CR" ? 3 : 0;
    const port = OFFSET[name];
    const { writable = 0xff, ones = 0 } = registerAt(page, port, "write") ?? {};
    this.#shadows[name] = (value & writable) | ones;
  }

  *#writeCommand(value: number): Sequence<number> {
    const { ioBase } = this.#host;
    const remote = remoteCommand(value);
    const ends = this.#is("open") && remote !== remoteCommand(this.#command);
    const opensRing = this.#boundary !== undefined && (value & CR.STP) !== 0;
    if (this.#endUnseen && remote !== CR.ABORT) yield* this.#onPage0(this.#takeStatus());
    if ((value & CR.STP) === 0 && !this.#is("started")) this.#servedReset = 0;
    // CRDA and BNRY are on page 0; the second write must not command a second transmission.
    const first = ends || opensRing ? value & ~CR.PS : value;
    yield writeRegister(ioBase, "CR", first);
    if (ends) yield* this.#endTransfer();
    if (opensRing) yield* this.#giveRoom();
    if (first !== value) yield writeRegister(ioBase, "CR", value & ~CR.TXP);
    this.#followCommand(value);
    return 0;
  }

  #followCommand(value: number): void {
    this.#servesCommand = false;
    this.#hooks = undefined;
    this.#command = value & ~CR.TXP;
    this.#follow((value & CR.STP) !== 0 ? "STOP" : "START");
    this.#follow(PAGE_EVENTS[pageOf(value)] ?? "PAGE_0");
    this.#follow(this.#remoteEvent());
    if ((value & CR.TXP) === 0 || (value & CR.STP) !== 0) return;
    this.#follow("TRANSMIT");
    this.#served.transmits((this.#shadows.TCR & TCR.LB) !== 0);
  }

  #remoteEvent(): Ne2000Event {
    switch (remoteCommand(this.#command)) {
      case CR.READ:
        return this.#remote.address < PROM.bytes ? "DMA_READ_PROM" : "DMA_READ";
      case CR.WRITE:
        return "DMA_WRITE";
      case CR.SEND:
        return (this.#shadows.DCR & DCR.AR) !== 0 ? "DMA_SEND" : "DMA_ABORT";
      default:
        return "DMA_ABORT";
    }
  }

  /** On page 0, after a transfer: what RSAR and RBCR are now. */
  *#endTransfer(): Sequence<void> {
    const [low = 0, high = 0] = yield* readNames(this.#host.ioBase, ["CRDA0", "CRDA1"]);
    const address = low | (high << 8);
    const bytes = this.#is("sendingPacket") ? 0 : bytesLeft(this.#remote, this.#geometry, address);
    this.#remote = { address, bytes };
    this.#endUnseen = true;
  }

  /** What a transfer goes by is written. One that is open goes on by it, when it still stays in the card's memory. */
  *#writeGeometry(name: GeometryName, value: number): Sequence<number> {
    const { ioBase } = this.#host;
    const open = this.#is("open");
    if (open) {
      yield writeRegister(ioBase, "CR", (this.#command & ~CR.RD) | CR.ABORT);
      yield* this.#endTransfer();
    }
    yield writeRegister(ioBase, name, value);
    this.#keepGeometry(name, value);
    if (this.#boundary !== undefined && (name === "PSTART" || name === "PSTOP")) yield* this.#leaveNoRoom();
    if (!open) return 0;
    const goesOn = this.#remote.bytes > 0 && this.#checkRemote(remoteCommand(this.#command)).kind;
    this.#follow(goesOn === "approved" ? this.#remoteEvent() : "DMA_PROGRAMMED");
    this.#servesCommand = !this.#is("open");
    this.#hooks = undefined;
    return this.#is("open") ? yield writeRegister(ioBase, "CR", this.#command) : 0;
  }

  #keepGeometry(name: GeometryName, value: number): void {
    const { address, bytes } = this.#remote;
    switch (name) {
      case "RSAR0":
        this.#remote = { address: (address & 0xff00) | value, bytes };
        break;
      case "RSAR1":
        this.#remote = { address: (address & 0x00ff) | (value << 8), bytes };
        break;
      case "RBCR0":
        this.#remote = { address, bytes: (bytes & 0xff00) | value };
        break;
      case "RBCR1":
        this.#remote = { address, bytes: (bytes & 0x00ff) | (value << 8) };
        break;
      default:
        return this.#shadow(name, value);
    }
    this.#follow("DMA_PROGRAMMED");
  }

  *#writeBoundary(value: number): Sequence<number> {
    if (this.#is("started")) this.#servedReset = 0;
    this.#hooks = undefined;
    if (this.#boundary === undefined) return yield writeRegister(this.#host.ioBase, "BNRY", value);
    this.#boundary = value;
    return yield* this.#leaveNoRoom();
  }

  /** BNRY that leaves the card no room behind CURR. */
  #pageWithoutRoom(): number {
    const { PSTART, PSTOP } = this.#shadows;
    const next = ((this.#card.registers.get("CURR") ?? 0) + 1) & 0xff;
    return next === PSTOP ? PSTART : next;
  }

  *#leaveNoRoom(): Sequence<number> {
    return yield writeRegister(this.#host.ioBase, "BNRY", this.#pageWithoutRoom());
  }

  /** The card has been stopped, which ends an overflow: it gets the guest's BNRY. */
  *#giveRoom(): Sequence<void> {
    yield writeRegister(this.#host.ioBase, "BNRY", this.#boundary ?? 0);
    this.#boundary = undefined;
    this.#hooks = undefined;
  }

  /** The data port exits while the PROM is read. The card counts along, so RDC comes from it. */
  *#useDataPort({ port, width, direction, value }: Access): Sequence<number> {
    const at = this.#host.ioBase + port;
    if (direction === "write") return yield { kind: "out", port: at, width, value };
    const answer = yield { kind: "in", port: at, width };
    if (!this.#is("readingProm")) return answer;
    const unit = (this.#shadows.DCR & DCR.WTS) !== 0 ? 2 : 1;
    let served = 0;
    for (let done = 0; done < width; done += unit) served |= this.#takeFromProm(unit) << (8 * done);
    return (served & widthMask(width)) >>> 0;
  }

  #takeFromProm(unit: 1 | 2): number {
    const { address, bytes } = this.#remote;
    if (bytes === 0) return widthMask(unit);
    this.#remote = { address: address + unit, bytes: Math.max(0, bytes - unit) };
    const at = address & ~(unit - 1);
    const low = this.#prom[at] ?? 0xff;
    return unit === 1 ? low : low | ((this.#prom[at + 1] ?? 0xff) << 8);
  }

  /** Reading pulses the card's RESET pin (DP8390D section 11.0). */
  *#usePortOfReset({ port, width, direction, value }: Access): Sequence<number> {
    const { ioBase } = this.#host;
    if (direction === "write") return yield outb(ioBase + port, value);
    const answer = yield { kind: "in", port: ioBase + port, width };
    if (this.#is("open")) yield* this.#endTransfer();
    this.#follow("RESET");
    this.#command = QUIET;
    this.#servesCommand = false;
    this.#endUnseen = false;
    this.#isr = 0;
    this.#servedReset = 0;
    this.#shadows.IMR = 0;
    this.#shadows.DCR |= DCR.LAS;
    this.#shadows.TCR &= ~TCR.LB;
    if (this.#boundary !== undefined) yield* this.#giveRoom();
    yield writeRegister(ioBase, "IMR", this.#mask());
    this.#cardReset = ISR.RST;
    return answer;
  }

  /** Runs `body` with the card on page 0, and turns back. */
  *#onPage0<T>(body: Sequence<T>): Sequence<T> {
    if (this.#is("page0")) return yield* body;
    const { ioBase } = this.#host;
    yield writeRegister(ioBase, "CR", this.#sameCommand() & ~CR.PS);
    const result = yield* body;
    yield writeRegister(ioBase, "CR", this.#sameCommand());
    return result;
  }

  /**
   * CR as the guest wrote it, to write it once more: that neither ends a transfer under way (its command is the same)
   * nor a transmission (TXP cannot be cleared). A transfer that is over is not begun again.
   */
  #sameCommand(): number {
    if (this.#is("open")) return this.#command;
    return (this.#command & ~CR.RD) | CR.ABORT;
  }

  /** On page 0: takes the card's interrupt status over and acknowledges it there; false when there was none. */
  *#takeStatus(): Sequence<boolean> {
    const { ioBase } = this.#host;
    const status = yield readRegister(ioBase, "ISR");
    this.#cardReset = status & ISR.RST;
    const ended = (status & ISR.RDC) !== 0 && !this.#endUnseen && this.#is("open");
    this.#endUnseen = false;
    const events = status & ~ISR.RST;
    if (events === 0) return false;
    yield writeRegister(ioBase, "ISR", events);
    this.#isr |= events;
    if ((events & FOLLOWED) !== 0) this.#follow("SENT");
    if ((events & ISR.OVW) !== 0) this.#follow("OVERFLOW");
    if (ended) {
      yield* this.#endTransfer();
      this.#endUnseen = false;
      this.#follow("DMA_DONE");
    }
    if (this.#served.receives(events)) this.#hooks = undefined;
    if ((events & ISR.RXE) !== 0 && this.#served.counts) yield* this.#count();
    return true;
  }

  *#count(): Sequence<void> {
    if (this.#served.count(yield* readNames(this.#host.ioBase, TALLIES))) this.#isr |= ISR.CNT;
    this.#hooks = undefined;
  }
}

type GeometryName = "RSAR0" | "RSAR1" | "RBCR0" | "RBCR1" | "PSTART" | "PSTOP" | "DCR";

/** True when frames from the wire would be stored. */
const listens = (command: number, { RCR: receive, TCR: transmit }: Shadows): boolean =>
  (command & CR.STP) === 0 && (receive & RCR.MON) === 0 && (transmit & TCR.LB) === 0;

export const ne2000Model: ModelDefinition = {
  automaton,
  context: NE2000_CONTEXT,
  /** Each access is one whole: registers answer to bytes only, and ports of data and reset to any width. */
  registerAt: (port: number, width: Width): RegisterUnit => ({ port, width, writeOneToClear: false }),
  /** On page 0, where nearly all accesses are. */
  registerName(port: number, direction: Direction): string {
    if (port >= DATA_PORT && port < RESET_PORT) return "DATA";
    if (port >= RESET_PORT && port < WINDOW_BYTES) return "RESET";
    return registerAt(0, port, direction)?.name ?? `0x${port.toString(16)}`;
  },
  initModel: (host) => new Ne2000Model(host),
  resetCard,
};
