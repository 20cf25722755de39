/**
 * The body of the VMM in fully virtual mode: a virtual card for each guest, and the VMM's own driver of the physical
 * card, which sends what they send and receives for all of them.
 */
import { invariant, VpioError } from "../src/base/errors.ts";
import type { GuestId } from "../src/base/ids.ts";
import { NS_PER_MS } from "../src/base/units.ts";
import type { DriverCounters, DriverEnvironment, NetDriver } from "../src/devices/driver.ts";
import type { ModelDefinition } from "../src/devices/model.ts";
import { HEADER_BYTES, MAX_FRAME_BYTES } from "../src/ethernet/ethernet.ts";
import { isMulticast, MAC_BYTES, macKey } from "../src/ethernet/mac.ts";
import type { PortOp } from "../src/hardware/cpu.ts";
import type { Silicon, Slot } from "../src/hardware/silicon.ts";
import { type Actor, MachineRunner } from "../src/machine/actor.ts";
import { type Address, arbiterAddress, guestOf, nicAddress } from "../src/protocol/address.ts";
import type { Message } from "../src/protocol/messages.ts";
import { toPortOp } from "../src/protocol/operation.ts";
import type { ArbiterReport } from "./arbiter-options.ts";
import { CardAccess } from "./card-access.ts";
import { type ReceiveCounts, VirtualCard } from "./virtual-card.ts";
import { GuestDesk, type VmmOptions } from "./vmm.ts";
import { type VnicEffect, type VnicEvent, vnicAutomaton } from "./vnic.ts";

/** How long a full driver waits for an interrupt before its handler is run all the same. */
const POLL_NS = NS_PER_MS;
const POLL_TIMER = 1;
/** The timer of the first guest's virtual card; the others follow. */
const CARD_TIMERS = 10;

export interface VnicOptions extends VmmOptions {
  readonly model: Pick<ModelDefinition, "registerName">;
  /** A card with this address. */
  readonly makeSilicon: (slot: Slot, mac: Uint8Array) => Silicon;
  /** The VMM's own driver of the physical card. */
  readonly makeDriver: (environment: DriverEnvironment) => NetDriver;
}

export interface VnicReport extends ArbiterReport {
  /** Rises of the physical card's line: the host's own interrupts, no exits of any guest. */
  readonly hostInterrupts: number;
  /** Frames that a virtual card sent and no driver takes: shorter than a header, longer than Ethernet allows. */
  readonly unsendable: number;
  /** Received frames for an address that no guest of the card has. */
  readonly unknownUnicast: number;
  /** What the guests' virtual cards made of the frames for them. */
  readonly received: ReadonlyMap<GuestId, ReceiveCounts>;
  /** The VMM's own driver. */
  readonly driver: DriverCounters;
}

/** One guest: its virtual card, and the bookkeeping. */
interface Tenant {
  readonly desk: GuestDesk;
  readonly card: VirtualCard;
}

/** A frame on its way to the physical card. */
interface Outgoing {
  readonly from: GuestId;
  readonly frame: Uint8Array;
}

export class VnicActor implements Actor {
  readonly address: Address;
  readonly runnable = false;
  readonly #options: VnicOptions;
  readonly #runner: MachineRunner<VnicEvent, VnicEffect>;
  readonly #access: CardAccess;
  readonly #driver: NetDriver;
  readonly #tenants: ReadonlyMap<GuestId, Tenant>;
  readonly #byMac: ReadonlyMap<number, VirtualCard>;
  /** Oldest first; a card has at most one frame at its PHY, so at most one for each guest. */
  readonly #outgoing: Outgoing[] = [];
  #line = false;
  #pollAtNs: number | undefined;
  #hostInterrupts = 0;
  #unsendable = 0;
  #unknownUnicast = 0;

  constructor(options: VnicOptions) {
    this.#options = options;
    this.address = arbiterAddress(options.card);
    this.#access = new CardAccess(options.ports, nicAddress(options.card), options.ioBase);
    this.#tenants = new Map(options.guests.map(({ id }, index) => [id, this.#makeTenant(index)]));
    this.#byMac = new Map(
      [...this.#tenants.values()].map(({ desk, card }) => [macKey(desk.guest.mac), card]),
    );
    this.#driver = options.makeDriver({
      ioBase: options.ioBase,
      memory: options.scratch,
      onReceive: (frame) => this.#distribute(frame),
      promiscuous: true,
    });
    this.#runner = new MachineRunner(vnicAutomaton, (effect) => this.#perform(effect), options.ports.onStep);
  }

  get stateName(): string {
    return this.#runner.stateName;
  }

  step(): void {}

  /** Brings the physical card up. */
  start(): void {
    this.#runner.start();
  }

  deliver(from: Address, message: Message): void {
    if (this.#runner.is("lost")) return;
    switch (message.type) {
      case "ioDone":
        return this.#access.answer(message.value);
      case "exit":
        this.#takeExit(this.#tenant(guestOf(from)), toPortOp(message));
        break;
      case "irq":
        if (message.level !== 0 && !this.#line) this.#hostInterrupts++;
        this.#line = message.level !== 0;
        break;
      case "ended":
        this.#tenant(guestOf(from)).desk.ended ??= "ended";
        break;
      case "cardLost":
        return this.#runner.raise("CARD_LOST");
      case "timer":
        if (message.id !== POLL_TIMER) this.#cardOfTimer(message.id)?.timer();
        break;
      default:
        throw new VpioError("INTERNAL", `the VMM in vnic mode does not understand ${message.type}`);
    }
    if (this.#runner.is("waiting")) this.#attend();
  }

  report(): VnicReport {
    const tenants = [...this.#tenants];
    return {
      guests: new Map(tenants.map(([id, { desk }]) => [id, desk.report(0)])),
      handoffs: 0,
      watchdogs: 0,
      fencedOff: 0,
      state: this.stateName,
      hostInterrupts: this.#hostInterrupts,
      unsendable: this.#unsendable,
      unknownUnicast: this.#unknownUnicast,
      received: new Map(tenants.map(([id, { card }]) => [id, { ...card.received }])),
      driver: { ...this.#driver.counters },
    };
  }

  #makeTenant(index: number): Tenant {
    const guest = this.#options.guests[index];
    invariant(guest !== undefined, `the card has a guest ${index}`);
    const desk = new GuestDesk(guest, this.#options);
    const card = new VirtualCard({
      desk,
      makeSilicon: this.#options.makeSilicon,
      ports: this.#options.ports,
      timer: CARD_TIMERS + index,
      failure: this.#options.failure,
      onTransmit: (frame) => this.#outgoing.push({ from: guest.id, frame }),
    });
    return { desk, card };
  }

  #takeExit({ desk, card }: Tenant, op: PortOp): void {
    if (desk.ended !== undefined) return;
    if (desk.servePlatform(op)) return;
    desk.countAccess(op, this.#options.model);
    const value = card.access({ ...op, port: op.port - this.#options.ioBase });
    if (desk.ended === undefined) desk.resume(value);
  }

  /** Sending goes before receiving: the driver is soon full, and then only an interrupt helps. */
  #attend(): void {
    if (this.#runner.is("ready") && this.#nextOutgoing() !== undefined) return this.#runner.raise("TRANSMIT");
    if (this.#line) return this.#runner.raise("IRQ");
    if (this.#runner.is("ready")) return;
    const nowNs = this.#options.ports.nowNs();
    this.#pollAtNs ??= nowNs + POLL_NS;
    if (nowNs >= this.#pollAtNs) this.#runner.raise("POLL");
    else this.#options.ports.setTimer(POLL_TIMER, this.#pollAtNs);
  }

  /** The oldest frame that a driver takes; the others leave their virtual card and go nowhere. */
  #nextOutgoing(): Outgoing | undefined {
    for (let next = this.#outgoing[0]; next !== undefined; next = this.#outgoing[0]) {
      const { length } = next.frame;
      if (length >= HEADER_BYTES && length <= MAX_FRAME_BYTES) return next;
      this.#unsendable++;
      this.#outgoing.shift();
      this.#tenant(next.from).card.sent();
    }
    return undefined;
  }

  #perform(effect: VnicEffect): void {
    switch (effect.type) {
      case "attend":
        return this.#attend();
      case "openDriver":
        return this.#access.run(this.#driver.open(), () => this.#runner.raise("DONE"));
      case "transmit":
        return this.#transmit();
      case "interrupt":
        this.#pollAtNs = undefined;
        this.#options.ports.setTimer(POLL_TIMER, undefined);
        return this.#access.run(this.#driver.interrupt(), () => this.#runner.raise("DONE"));
      case "failGuests":
        for (const { desk } of this.#tenants.values()) desk.loseCard();
        return;
    }
  }

  #transmit(): void {
    const next = this.#outgoing[0];
    if (next === undefined) return this.#runner.raise("DONE");
    this.#access.run(this.#driver.transmit(next.frame), (taken) => {
      if (!taken) return this.#runner.raise("FULL");
      this.#outgoing.shift();
      this.#tenant(next.from).card.sent();
      this.#runner.raise("DONE");
    });
  }

  /** A frame from the physical card goes to the virtual cards that a switch would send it to. */
  #distribute(frame: Uint8Array): void {
    if (isMulticast(frame)) {
      const sender = this.#byMac.get(macKey(frame, MAC_BYTES));
      for (const card of this.#byMac.values()) if (card !== sender) card.receive(frame);
      return;
    }
    const card = this.#byMac.get(macKey(frame));
    if (card === undefined) this.#unknownUnicast++;
    else card.receive(frame);
  }

  #cardOfTimer(timer: number): VirtualCard | undefined {
    const guest = this.#options.guests[timer - CARD_TIMERS];
    return guest && this.#tenant(guest.id).card;
  }

  #tenant(guest: GuestId): Tenant {
    const tenant = this.#tenants.get(guest);
    if (tenant === undefined) throw new VpioError("INTERNAL", `guest ${guest} has no share in this card`);
    return tenant;
  }
}
