/**
 * The body of a guest: a processor with its software, the I/O permission bitmap, and the port client that takes each
 * operation by passthrough or by trap.
 *
 * Writes are posted: they cost no round trip. Two rules keep them in order. Before an operation that takes another path
 * (a trap, or a new epoch) a `sync` waits until the card has executed, or refused, all posted ones. And what the card
 * refused is issued again by the trap path, in order, before anything else.
 */

import { VpioError } from "../src/base/errors.ts";
import { type Epoch, epoch, NOBODY } from "../src/base/ids.ts";
import { HookedList, WINDOW_PORTS } from "../src/devices/hooked-list.ts";
import type { PortOp } from "../src/hardware/cpu.ts";
import type { GuestMemory } from "../src/hardware/memory.ts";
import type { VirtualProcessor } from "../src/hardware/processor.ts";
import { type Actor, MachineRunner, type Ports } from "../src/machine/actor.ts";
import type { Address } from "../src/protocol/address.ts";
import type { Message, MessageOf } from "../src/protocol/messages.ts";
import { FORM, isRead, isString, type PortOperation, SYNC, toOperation } from "../src/protocol/operation.ts";
import { type GuestEffect, type GuestEvent, guestAutomaton } from "./guest.ts";

/** Posted writes that may be under way: fewer than the cells of a ring, so that posting never blocks. */
const POSTED_MAX = 64;
const WAKE_TIMER = 1;

export interface GuestOptions {
  readonly address: Address;
  readonly arbiter: Address;
  readonly nic: Address;
  /** First port of the card's window, as this guest sees it. */
  readonly ioBase: number;
  readonly memory: GuestMemory;
  /** Guest-physical to host-physical: what is added. */
  readonly hostOffset: number;
  readonly processor: VirtualProcessor;
  readonly ports: Ports;
}

/** What a guest counts of its own port I/O. A string operation is one operation of many units. */
export interface GuestCounters {
  operations: number;
  units: number;
  passthroughOperations: number;
  passthroughUnits: number;
  exits: number;
  exitUnits: number;
  /** Operations that the card refused for their epoch. */
  fenced: number;
}

export const newGuestCounters = (): GuestCounters => ({
  operations: 0,
  units: 0,
  passthroughOperations: 0,
  passthroughUnits: 0,
  exits: 0,
  exitUnits: 0,
  fenced: 0,
});

/** How a guest stands, for reports. */
export type GuestStatus =
  | { readonly kind: "running" }
  | { readonly kind: "ended" }
  | { readonly kind: "crashed"; readonly reason: string };

/** What unwinds a processor in the middle of an instruction whose guest has been ended. */
export class GuestIsOver extends Error {
  override readonly name = "GuestIsOver";
}

export class GuestActor implements Actor {
  readonly address: Address;
  readonly counters = newGuestCounters();
  status: GuestStatus = { kind: "running" };
  readonly #options: GuestOptions;
  readonly #runner: MachineRunner<GuestEvent, GuestEffect>;
  readonly #processor: VirtualProcessor;
  #hooks = HookedList.all();
  #epoch: Epoch = NOBODY;
  /** The epoch of the last grant; the guest's own once the statechart has taken it. */
  #granted: Epoch = NOBODY;
  /** Operations sent to the card under the present epoch. */
  #issued = 0;
  /** Posted writes that no answer covers yet, and the epoch they were sent under. */
  #posted = 0;
  #postedEpoch: Epoch = NOBODY;
  /** The program's operation that waits to be issued or answered. */
  #pending: PortOperation | undefined;
  /** Posted writes that the card refused, oldest first. */
  readonly #refused: PortOperation[] = [];
  /** What was sent and is not answered: the pending operation, the oldest refused one, or a sync. */
  #inFlight: PortOperation = SYNC;
  /** The answer for the processor. */
  #answer = 0;

  constructor(options: GuestOptions) {
    this.address = options.address;
    this.#options = options;
    this.#processor = options.processor;
    this.#runner = new MachineRunner(guestAutomaton, (effect) => this.#perform(effect), options.ports.onStep);
  }

  get stateName(): string {
    return this.#runner.stateName;
  }

  get runnable(): boolean {
    return this.#runner.is("runnable");
  }

  /** As far as it knows: it may have been fenced off. */
  get holdsCard(): boolean {
    return this.#runner.is("held");
  }

  deliver(_from: Address, message: Message): void {
    if (this.#runner.is("over")) return;
    switch (message.type) {
      case "ioDone":
      case "resume":
        this.#answer = message.value;
        this.#runner.raise(message.type === "ioDone" ? "IO_DONE" : "RESUME");
        return;
      case "fenced":
        this.#takeFenced(message);
        return;
      case "grant":
        this.#granted = epoch(message.epoch);
        this.#runner.raise("GRANT");
        return;
      case "revoke":
        this.#runner.raise("REVOKE");
        return;
      case "hooks":
        this.#hooks = new HookedList(message.list.slice());
        return;
      case "injectIrq":
        this.#processor.line = message.level !== 0;
        this.#wakeIf(this.#processor.interruptPending);
        return;
      case "machineCheck":
        this.status = { kind: "crashed", reason: new TextDecoder().decode(message.reason.slice()) };
        this.#runner.raise("MACHINE_CHECK");
        return;
      case "timer":
        this.#wakeIf(true);
        return;
      default:
        throw new VpioError("INTERNAL", `a guest does not understand ${message.type}`);
    }
  }

  /** One operation of the program, or the re-issue of a refused one. */
  step(): void {
    if (this.#refused.length > 0 || this.#pending !== undefined || this.#advance()) this.#issue();
  }

  /**
   * The synchronous face of the port client, for a processor that cannot stop in the middle of an instruction: called
   * from within its `resume`, it comes back with the answer. `attend` delivers what has arrived, or waits for it. Throws
   * `GuestIsOver` when the guest is ended meanwhile.
   */
  execute(op: PortOp, attend: () => void): number {
    this.#pending = toOperation(op);
    this.#answer = 0;
    this.#countOperation(this.#pending);
    while (this.#pending !== undefined) {
      if (this.#runner.is("over")) throw new GuestIsOver();
      if (this.runnable) this.#issue();
      else attend();
    }
    // It may compute for long before its next operation, and what it has posted is not to wait for that.
    if (this.#posted > 0) this.#options.ports.flush(this.#options.nic);
    return this.#answer;
  }

  /** Sends the oldest refused operation, or else the one that waits, on the path that it has to take. */
  #issue(): void {
    const refused = this.#refused[0];
    if (refused !== undefined) return this.#trap(refused);
    const op = this.#pending;
    if (op === undefined) return;
    const passes = this.#runner.is("held") && this.#inWindow(op) && !this.#isHooked(op);
    if (this.#posted > 0 && (!passes || this.#postedEpoch !== this.#epoch)) return this.#ask(SYNC);
    if (!passes) return this.#trap(op);
    this.#pass(op);
  }

  /** Lets the program run up to its next port operation; false when it halted or ended instead. */
  #advance(): boolean {
    try {
      const stop = this.#processor.resume(this.#answer, this.#options.ports.nowNs);
      this.#answer = 0;
      if (stop.kind === "end") {
        this.status = { kind: "ended" };
        this.#runner.raise("FINISH");
        return false;
      }
      if (stop.kind === "pause") {
        this.#options.ports.flush(this.#options.nic);
        return false;
      }
      if (stop.kind === "hlt") {
        this.#halt(stop.untilNs);
        return false;
      }
      this.#pending = toOperation(stop);
      this.#countOperation(this.#pending);
      return true;
    } catch (error) {
      if (error instanceof GuestIsOver) return false;
      this.status = { kind: "crashed", reason: error instanceof Error ? error.message : String(error) };
      this.#runner.raise("FAULT");
      return false;
    }
  }

  #halt(untilNs: number | undefined): void {
    const { ports, nic } = this.#options;
    ports.flush(nic);
    if (this.#processor.interruptPending || (untilNs !== undefined && untilNs <= ports.nowNs())) return;
    ports.setTimer(WAKE_TIMER, untilNs);
    this.#runner.raise("HALT");
  }

  #wakeIf(wakes: boolean): void {
    if (!wakes || !this.#halted) return;
    this.#options.ports.setTimer(WAKE_TIMER, undefined);
    this.#runner.raise("WAKE");
  }

  get #halted(): boolean {
    return this.#runner.is("halted");
  }

  #pass(op: PortOperation): void {
    if (isString(op) && !this.#options.memory.contains(op.address, op.count * op.width)) {
      this.status = {
        kind: "crashed",
        reason: `a string operation left the guest's memory at 0x${op.address.toString(16)}`,
      };
      this.#runner.raise("FAULT");
      return;
    }
    this.counters.passthroughOperations++;
    this.counters.passthroughUnits += op.count;
    if (op.form !== FORM.out || this.#posted >= POSTED_MAX) return this.#ask(op);
    this.#options.ports.post(this.#options.nic, this.#toIo(op, 1));
    this.#issued++;
    this.#posted++;
    this.#postedEpoch = this.#epoch;
    this.#pending = undefined;
  }

  #ask(op: PortOperation): void {
    this.#inFlight = op;
    this.#runner.raise("READ");
  }

  #trap(op: PortOperation): void {
    this.#inFlight = op;
    this.counters.exits++;
    this.counters.exitUnits += op.count;
    this.#runner.raise("TRAP");
  }

  #perform(effect: GuestEffect): void {
    const { ports, arbiter, nic } = this.#options;
    switch (effect.type) {
      case "sendIo":
        if (this.#inFlight.form !== FORM.sync) this.#issued++;
        return ports.send(nic, this.#toIo(this.#inFlight, 0));
      case "sendExit":
        return ports.send(arbiter, { type: "exit", ...this.#inFlight });
      case "takeAnswer":
        return this.#takeAnswer();
      case "takeRefusal":
        // The card answers in order: what was posted before has been executed or refused by now.
        this.#posted = 0;
        return;
      case "takeGrant":
        this.#epoch = this.#granted;
        this.#issued = 0;
        return;
      case "ackRevoke":
        ports.flush(nic);
        return ports.send(arbiter, { type: "revoked", epoch: this.#epoch, issued: this.#issued });
      case "reportEnd":
        ports.flush(nic);
        return ports.send(arbiter, { type: "ended" });
      case "ignore":
        return;
    }
  }

  #takeAnswer(): void {
    if (this.#inFlight === this.#refused[0]) {
      this.#refused.shift();
      this.#answer = 0;
      return;
    }
    this.#posted = 0;
    if (this.#inFlight.form === FORM.sync) {
      this.#answer = 0;
      return;
    }
    this.#pending = undefined;
    if (!isRead(this.#inFlight) || isString(this.#inFlight)) this.#answer = 0;
  }

  #takeFenced(message: MessageOf<"fenced">): void {
    this.counters.fenced++;
    const present = message.epoch === this.#epoch;
    if (message.posted === 0) {
      this.#runner.raise(present ? "FENCED" : "FENCED_OLD");
      return;
    }
    const { form, port, width, value, count, address } = message;
    this.#refused.push({ form, port: port + this.#options.ioBase, width, value, count, address });
    if (present) this.#runner.raise("FENCED_POSTED");
    else this.#wakeIf(true);
  }

  #toIo(op: PortOperation, posted: 0 | 1): MessageOf<"io"> {
    const sync = op.form === FORM.sync;
    const sentUnder = sync ? this.#postedEpoch : this.#epoch;
    const port = sync ? 0 : op.port - this.#options.ioBase;
    const address = isString(op) ? op.address + this.#options.hostOffset : 0;
    return { type: "io", epoch: sentUnder, posted, ...op, port, address };
  }

  #inWindow(op: PortOperation): boolean {
    const port = op.port - this.#options.ioBase;
    return port >= 0 && port + op.width <= WINDOW_PORTS;
  }

  #isHooked(op: PortOperation): boolean {
    return this.#hooks.covers(op.port - this.#options.ioBase, op.width, isRead(op) ? "read" : "write");
  }

  #countOperation(op: PortOperation): void {
    this.counters.operations++;
    this.counters.units += op.count;
  }
}
