/**
 * The body of the VMM in passthrough mode. There is little left for it to do: it forwards the interrupt line, answers
 * PCI configuration, and resets the card when its guest is gone.
 */
import { VpioError } from "../src/base/errors.ts";
import { epoch, type GuestId, NOBODY } from "../src/base/ids.ts";
import { HookedList } from "../src/devices/hooked-list.ts";
import type { ModelDefinition } from "../src/devices/model.ts";
import type { PortOp } from "../src/hardware/cpu.ts";
import { type Actor, MachineRunner } from "../src/machine/actor.ts";
import { type Address, arbiterAddress, guestAddress, guestOf, nicAddress } from "../src/protocol/address.ts";
import type { Message } from "../src/protocol/messages.ts";
import { toPortOp } from "../src/protocol/operation.ts";
import { actionFor } from "../src/vpio/failure.ts";
import type { ArbiterReport } from "./arbiter-options.ts";
import { CardAccess } from "./card-access.ts";
import { type PassthroughEffect, type PassthroughEvent, passthroughAutomaton } from "./passthrough.ts";
import { GuestDesk, type HandoffRecord, type VmmGuest, type VmmOptions } from "./vmm.ts";

/** The one ownership there is. */
const EPOCH = epoch(1);

export interface PassthroughOptions extends VmmOptions {
  readonly model: Pick<ModelDefinition, "registerName" | "resetCard">;
  /** The guest that has the card; undefined: nobody has. */
  readonly owner: GuestId | undefined;
}

/** Why a guest of a card that is another one's is ended. */
export const passedThrough = (card: string, owner: string): string => `${card} is passed through to ${owner}`;

export class PassthroughActor implements Actor {
  readonly address: Address;
  readonly runnable = false;
  readonly #options: PassthroughOptions;
  readonly #owner: VmmGuest | undefined;
  readonly #runner: MachineRunner<PassthroughEvent, PassthroughEffect>;
  readonly #access: CardAccess;
  readonly #desks: ReadonlyMap<GuestId, GuestDesk>;
  /** The owner's operation that waits for its turn. */
  #exit: PortOp | undefined;
  #line = false;
  #grantedAtNs: number | undefined;
  #releasedAtNs: number | undefined;

  constructor(options: PassthroughOptions) {
    this.#options = options;
    this.address = arbiterAddress(options.card);
    this.#owner = options.guests.find(({ id }) => id === options.owner);
    this.#desks = new Map(options.guests.map((guest) => [guest.id, new GuestDesk(guest, options)]));
    this.#access = new CardAccess(options.ports, nicAddress(options.card), options.ioBase);
    this.#runner = new MachineRunner(
      passthroughAutomaton,
      (effect) => this.#perform(effect),
      options.ports.onStep,
    );
  }

  get stateName(): string {
    return this.#runner.stateName;
  }

  step(): void {}

  /** Gives the card to its owner, and ends the other guests of the card. */
  start(): void {
    this.#runner.start();
  }

  deliver(from: Address, message: Message): void {
    if (this.#runner.is("lost")) return;
    switch (message.type) {
      case "ioDone":
        return this.#access.answer(message.value);
      case "drained":
        return this.#runner.raise("DRAINED");
      case "exit":
        this.#takeExit(this.#desk(guestOf(from)), toPortOp(message));
        break;
      case "irq":
        this.#forwardLine(message.level !== 0);
        break;
      case "ended":
        this.#desk(guestOf(from)).ended ??= "ended";
        break;
      case "cardLost":
        return this.#runner.raise("CARD_LOST");
      default:
        throw new VpioError("INTERNAL", `the VMM in passthrough mode does not understand ${message.type}`);
    }
    if (this.#runner.is("watching")) this.#attend();
  }

  report(nowNs: number): ArbiterReport {
    const heldNs = this.#grantedAtNs === undefined ? 0 : (this.#releasedAtNs ?? nowNs) - this.#grantedAtNs;
    const guests = [...this.#desks].map(
      ([id, desk]) => [id, desk.report(id === this.#owner?.id ? heldNs : 0)] as const,
    );
    return { guests: new Map(guests), handoffs: 0, watchdogs: 0, fencedOff: 0, state: this.stateName };
  }

  #takeExit(desk: GuestDesk, op: PortOp): void {
    if (desk.ended !== undefined) return;
    if (!desk.servePlatform(op)) this.#exit = op;
  }

  /** Each rise of the line is one exit of the owner; it sees the card's own level. */
  #forwardLine(level: boolean): void {
    const rises = level && !this.#line;
    this.#line = level;
    const desk = this.#ownerDesk;
    if (desk === undefined || desk.ended !== undefined) return;
    if (rises) desk.exits.count("interrupt");
    desk.inject(level);
  }

  #attend(): void {
    const event = this.#nextEvent();
    if (event !== undefined) this.#runner.raise(event);
  }

  #nextEvent(): PassthroughEvent | undefined {
    const desk = this.#ownerDesk;
    if (desk === undefined) return undefined;
    if (this.#runner.is("free")) return desk.ended === undefined ? "CLAIM" : undefined;
    if (desk.ended !== undefined) return "OWNER_GONE";
    return this.#exit === undefined ? undefined : "EXIT";
  }

  #perform(effect: PassthroughEffect): void {
    switch (effect.type) {
      case "attend":
        return this.#attend();
      case "refuseOthers":
        return this.#refuseOthers();
      case "openFence":
        return this.#fence(EPOCH);
      case "grant":
        return this.#grant();
      case "access":
        return this.#serve();
      case "closeFence":
        return this.#fence(NOBODY);
      case "resetCard":
        return this.#access.run(this.#options.model.resetCard(this.#options.ioBase), () =>
          this.#runner.raise("DONE"),
        );
      case "release":
        this.#releasedAtNs = this.#options.ports.nowNs();
        return this.#tell("released");
      case "failGuests":
        for (const desk of this.#desks.values()) desk.loseCard();
        return;
    }
  }

  #refuseOthers(): void {
    const { cardName } = this.#options;
    for (const [id, desk] of this.#desks) {
      if (id !== this.#owner?.id) desk.machineCheck(passedThrough(cardName, this.#owner?.name ?? "nobody"));
    }
  }

  #fence(to: number): void {
    const fence = { type: "fence", epoch: to, holder: this.#owner?.id ?? 0, drain: 0, awaited: 0 } as const;
    this.#options.ports.send(nicAddress(this.#options.card), fence);
  }

  /** From here on nothing of the owner's exits. */
  #grant(): void {
    const desk = this.#ownerDesk;
    if (desk === undefined) return;
    const { ports } = this.#options;
    const to = guestAddress(desk.guest.id);
    this.#grantedAtNs = ports.nowNs();
    desk.grants++;
    ports.send(to, { type: "hooks", list: new HookedList().bytes });
    ports.send(to, { type: "grant", epoch: EPOCH });
    this.#tell("granted");
  }

  /** Carries the owner's trapped operation out on the card. */
  #serve(): void {
    const desk = this.#ownerDesk;
    const exit = this.#exit;
    this.#exit = undefined;
    if (desk === undefined || exit === undefined) return this.#runner.raise("DONE");
    const register = desk.countAccess(exit, this.#options.model);
    const op = toHost(exit, desk.guest);
    if (op === undefined) {
      const reason = "a string operation leaves the guest's memory";
      // "device-interrupt" is as silent as "silent" here: the card knows nothing of it.
      const action = actionFor(this.#options.failure, "dma");
      desk.refuse({ kind: "dma", register, reason, action });
      return this.#runner.raise("DONE");
    }
    this.#access.run(once(op), (value) => {
      if (desk.ended === undefined) desk.resume(value);
      this.#runner.raise("DONE");
    });
  }

  #tell(what: HandoffRecord["what"]): void {
    if (this.#owner !== undefined) this.#options.onHandoff?.({ guest: this.#owner.id, epoch: EPOCH, what });
  }

  get #ownerDesk(): GuestDesk | undefined {
    return this.#owner && this.#desks.get(this.#owner.id);
  }

  #desk(guest: GuestId): GuestDesk {
    const desk = this.#desks.get(guest);
    if (desk === undefined) throw new VpioError("INTERNAL", `guest ${guest} has no share in this card`);
    return desk;
  }
}

function* once(op: PortOp): Generator<PortOp, number, number> {
  return yield op;
}

/** The operation with a host-physical address; undefined when it leaves the guest's memory. */
function toHost(op: PortOp, { memory, slab }: VmmGuest): PortOp | undefined {
  if (op.kind === "in" || op.kind === "out") return op;
  if (!memory.contains(op.address, op.count * op.width)) return undefined;
  return { ...op, address: op.address - slab.guest + slab.host };
}
