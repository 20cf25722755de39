/**
 * The card as the VMM follows it while a guest holds it: the state of its statechart, what has been taken
 * over from ISR, and what the card has been told in the guest's place.
 *
 * Whatever it does on page 0 the guest must not notice: `onPage0` turns there and back.
 */
import type { Sequence } from "../../hardware/cpu.ts";
import type { Innards, Inspectable } from "../../hardware/inspection.ts";
import type { HookedList } from "../hooked-list.ts";
import { readNames, readRegister, writeRegister } from "./context.ts";
import { composeHooks } from "./hooks.ts";
import { Overflow } from "./overflow.ts";
import { Programmed } from "./programmed.ts";
import { CR, ISR } from "./registers.ts";
import { Served, TALLIES } from "./served.ts";
import { ne2000Automaton as automaton, type Ne2000Event } from "./statechart.ts";
import { readTransfer } from "./transfers.ts";

/** Looks at a status that does not come to rest, before it is taken as it is. */
const LOOKS = 16;
/** Interrupts that the DMM needs to follow transmits, whatever the guest masks. */
const FOLLOWED = ISR.PTX | ISR.TXE;

export class Follower implements Inspectable {
  readonly programmed = new Programmed();
  readonly served = new Served();
  readonly overflow: Overflow;
  /** ISR as the guest sees it, without RST. */
  isr = 0;
  readonly #ioBase: number;
  #state = automaton.initial.next;
  #hooks: HookedList | undefined;
  /** CR.RD of the card is not what the guest has written. */
  #servesCommand = false;
  /** The frame that is being sent comes back through the receiver. */
  #loopsBack = false;
  /** A transfer has come to its end since ISR was last read: an RDC is that one's. */
  #endUnseen = false;
  /** ISR.RST as the card had it when ISR was last read. */
  #reset: number = ISR.RST;
  /** IMR as the card has it. */
  #mask = 0;
  /** Where BNRY goes when the packet that is being sent has been read. */
  #boundaryAfterSend = 0;

  constructor(ioBase: number) {
    this.#ioBase = ioBase;
    this.overflow = new Overflow(ioBase, this.programmed);
  }

  get stateName(): string {
    return automaton.name(this.#state);
  }

  get hooks(): HookedList {
    this.#hooks ??= composeHooks({
      onPage0: this.is("page0"),
      readingProm: this.is("readingProm"),
      servesCommand: this.#servesCommand,
      watchesBoundary: this.overflow.watches || this.is("sendingPacket"),
      servedPorts: this.served.ports,
    });
    return this.#hooks;
  }

  /** An RDC of the transfer that was last is still to be taken from ISR. */
  get endUnseen(): boolean {
    return this.#endUnseen;
  }

  /** ISR.RST when ISR was last read. */
  get reset(): number {
    return this.#reset;
  }

  /** CR for the card, without TXP. A transfer that is open goes on when it is written again. */
  get command(): number {
    const { command } = this.programmed;
    const remote = this.is("sendingPacket") ? CR.READ : this.is("open") ? command & CR.RD : CR.ABORT;
    return (command & ~CR.RD) | remote;
  }

  inspect(): Innards {
    return {
      programmed: this.programmed.inspect(),
      served: this.served.inspect(),
      overflow: this.overflow.inspect(),
      isr: this.isr,
      state: this.#state,
      hooks: this.#hooks?.bytes,
      servesCommand: this.#servesCommand,
      loopsBack: this.#loopsBack,
      endUnseen: this.#endUnseen,
      reset: this.#reset,
      mask: this.#mask,
      boundaryAfterSend: this.#boundaryAfterSend,
    };
  }

  is(tag: string): boolean {
    return automaton.hasTag(this.#state, tag);
  }

  follow(event: Ne2000Event): void {
    const { next } = automaton.step(this.#state, automaton.eventId(event));
    if (next === this.#state) return;
    this.#state = next;
    this.#hooks = undefined;
  }

  /** Something has changed that decides what is hooked. */
  rehook(): void {
    this.#hooks = undefined;
  }

  /** CR.TXP has been written. */
  followTransmit(): void {
    this.follow("TRANSMIT");
    this.served.transmits();
    this.#loopsBack = this.programmed.loopsBack;
  }

  /** The reset port has been read. */
  followReset(): void {
    this.follow("RESET");
    this.programmed.reset();
    this.overflow.clearReset();
    this.isr = 0;
    this.#servesCommand = false;
    this.#loopsBack = false;
    this.#endUnseen = false;
    this.#mask = 0;
    this.#hooks = undefined;
  }

  /** The card is about to be restored. Answers IMR for it. */
  startOver(): number {
    this.overflow.forget();
    this.#servesCommand = (this.programmed.command & CR.RD) !== CR.ABORT;
    this.#endUnseen = false;
    this.#mask = this.#wantedMask();
    this.#hooks = undefined;
    return this.#mask;
  }

  /** Writes CR with the guest's own page, or with another. TXP cannot be cleared: a transmission goes on. */
  *commandCard(page = this.programmed.command & CR.PS, transmit = 0): Sequence<void> {
    const { command } = this;
    this.#servesCommand = ((command ^ this.programmed.command) & CR.RD) !== 0;
    yield writeRegister(this.#ioBase, "CR", (command & ~CR.PS) | page | transmit);
  }

  /** Runs `body` with the card on page 0, and turns back. */
  *onPage0<T>(body: Sequence<T>): Sequence<T> {
    if (this.is("page0")) return yield* body;
    yield* this.commandCard(CR.PAGE_0);
    const result = yield* body;
    yield* this.commandCard();
    return result;
  }

  /** On page 0: takes the card's status over and acknowledges it there; answers what there was of it. */
  *takeStatus(): Sequence<number> {
    const status = yield readRegister(this.#ioBase, "ISR");
    this.#reset = status & ISR.RST;
    const done = (status & ISR.RDC) !== 0 && !this.#endUnseen && this.is("open");
    this.#endUnseen = false;
    const events = status & ~ISR.RST;
    if (events === 0) return 0;
    yield writeRegister(this.#ioBase, "ISR", events);
    this.isr |= events;
    if ((events & FOLLOWED) !== 0) this.#followSent();
    if ((events & ISR.OVW) !== 0) this.follow("OVERFLOW");
    if (this.served.receives(events)) this.#hooks = undefined;
    if ((events & ISR.RXE) !== 0 && this.served.counts) yield* this.#count();
    if (done) yield* this.#completeTransfer();
    yield* this.updateMask();
    return events;
  }

  /**
   * Until there is none: whatever comes after the last look comes after the guest's acknowledgement. What
   * comes between a look and its acknowledgement to the card comes before, with all its bits.
   */
  *takeAllStatus(): Sequence<void> {
    for (let look = 0; look < LOOKS && (yield* this.takeStatus()) !== 0; look++);
  }

  /** What was sent in loopback has been received, too. */
  #followSent(): void {
    this.follow("SENT");
    if (this.#loopsBack) this.served.loopsBack();
    this.#loopsBack = false;
    this.#hooks = undefined;
  }

  *#count(): Sequence<void> {
    if (this.served.count(yield* readNames(this.#ioBase, TALLIES))) this.isr |= ISR.CNT;
    this.#hooks = undefined;
  }

  *#completeTransfer(): Sequence<void> {
    const sent = this.is("sendingPacket");
    const { address } = yield* readTransfer(this.#ioBase, this.programmed);
    this.programmed.transfer = { address, bytes: 0 };
    this.follow("DMA_DONE");
    if (sent) yield* this.writeBoundary(this.#boundaryAfterSend);
  }

  /** On page 0, when the card's CR has ended a transfer. */
  *endTransfer(): Sequence<void> {
    const transfer = yield* readTransfer(this.#ioBase, this.programmed);
    this.programmed.transfer = transfer;
    this.#endUnseen = transfer.bytes === 0;
  }

  /** A packet is about to be sent; BNRY goes to `boundary` when it has been read. */
  *beginPacket(boundary: number): Sequence<void> {
    this.#boundaryAfterSend = boundary;
    this.#endUnseen = false;
    this.follow("DMA_SEND");
    yield* this.updateMask();
  }

  /** On page 0. */
  *updateMask(): Sequence<void> {
    const mask = this.#wantedMask();
    if (mask === this.#mask) return;
    yield* this.writeMask(mask);
  }

  /** IMR for the card: a frame missed adds to the VMM's count, the end of a packet sent moves BNRY. */
  #wantedMask(): number {
    const missed = this.served.counts ? ISR.RXE : 0;
    return this.programmed.registers.IMR | FOLLOWED | missed | (this.is("sendingPacket") ? ISR.RDC : 0);
  }

  /** On page 0. */
  *writeMask(mask: number): Sequence<void> {
    this.#mask = mask;
    yield writeRegister(this.#ioBase, "IMR", mask);
  }

  *writeBoundary(value: number): Sequence<void> {
    if (this.is("started")) {
      this.overflow.clearReset();
      this.#reset = 0;
    }
    this.#hooks = undefined;
    yield* this.overflow.writeBoundary(value);
  }

  /** On page 0, when the guest has moved the ring, or CURR in it. */
  *followRing(current?: number): Sequence<void> {
    if (this.overflow.boundary === undefined) return;
    yield* this.takeStatus();
    const started = this.is("started");
    yield* this.overflow.followRing(started ? this.#reset : 0, current);
    // A frame missed just before it lost ISR.RST by it.
    const late = yield* this.takeStatus();
    if (started && (late & ISR.OVW) !== 0) this.overflow.serveReset(ISR.RST);
  }
}
