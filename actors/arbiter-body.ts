/**
 * The body of an arbiter: the DMM with its saved contexts, the ownership ledger and the policy. It is level-triggered:
 * what arrives is noted down, and in each waiting state `attend` looks at what there is and takes the first thing that
 * the state can do. So no message is lost, and none must come at the right moment.
 */
import { VpioError } from "../src/base/errors.ts";
import { type GuestId, NOBODY } from "../src/base/ids.ts";
import type { HookedList } from "../src/devices/hooked-list.ts";
import type { DeviceModel } from "../src/devices/model.ts";
import type { PortOp, Sequence } from "../src/hardware/cpu.ts";
import { type Actor, MachineRunner } from "../src/machine/actor.ts";
import {
  type Address,
  arbiterAddress,
  guestAddress,
  guestOf,
  nicAddress,
  WIRE,
} from "../src/protocol/address.ts";
import type { Message, MessageOf } from "../src/protocol/messages.ts";
import { toPortOp } from "../src/protocol/operation.ts";
import { Dmm } from "../src/vpio/dmm.ts";
import {
  grant,
  granted,
  heldBy,
  type Ledger,
  newLedger,
  release,
  unwant,
  used,
  want,
} from "../src/vpio/ledger.ts";
import { type Due, Patience } from "../src/vpio/patience.ts";
import { Silence } from "../src/vpio/silence.ts";
import { type ArbiterEffect, type ArbiterEvent, arbiterAutomaton } from "./arbiter.ts";
import type { ArbiterOptions, ArbiterReport, BlockedExit } from "./arbiter-options.ts";
import { CardAccess } from "./card-access.ts";
import { GuestDesk, type HandoffRecord, type VmmGuestReport } from "./vmm.ts";

const ATTEND_TIMER = 1;

export class ArbiterActor implements Actor {
  readonly address: Address;
  readonly runnable = false;
  readonly #options: ArbiterOptions;
  readonly #runner: MachineRunner<ArbiterEvent, ArbiterEffect>;
  readonly #dmm: Dmm;
  readonly #access: CardAccess;
  readonly #desks: ReadonlyMap<GuestId, GuestDesk>;
  readonly #exits = new Map<GuestId, BlockedExit>();
  readonly #sentHooks = new Map<GuestId, HookedList>();
  readonly #silence = new Silence();
  #ledger: Ledger;
  /** The card's interrupt line; and whether its last service found nothing to do. */
  #line = false;
  #lineIdle = false;
  readonly #patience: Patience;
  #issued: number | undefined;
  /** The card is being taken from an owner that is gone, or stuck. */
  #takenByForce = false;
  #handoffBeganNs: number | undefined;
  readonly #counts = { handoffs: 0, watchdogs: 0, fencedOff: 0 };

  constructor(options: ArbiterOptions) {
    this.#options = options;
    this.address = arbiterAddress(options.card);
    this.#desks = new Map(options.guests.map((guest) => [guest.id, new GuestDesk(guest, options)]));
    this.#ledger = newLedger(new Map(options.guests.map((guest) => [guest.id, guest.weight])));
    this.#patience = new Patience(options.watchdogNs, options.revokeNs);
    this.#access = new CardAccess(options.ports, nicAddress(options.card), options.ioBase);
    const { failure, model: definition } = options;
    this.#dmm = new Dmm({ definition, failure, hostOf: (id) => this.#desk(id).modelHost() });
    this.#runner = new MachineRunner(
      arbiterAutomaton,
      (effect) => this.#perform(effect),
      options.ports.onStep,
    );
  }

  get stateName(): string {
    return this.#runner.stateName;
  }

  /** The guest that holds the card, for inspection. */
  get owner(): GuestId | undefined {
    return this.#ledger.owner;
  }

  /** The device models that guests have, for inspection. */
  readonly models = (): ReadonlyMap<GuestId, DeviceModel> => this.#dmm.models;

  /** Whether it has noted that a guest wants the card, for inspection. */
  readonly hasNoted = (guest: GuestId): boolean => this.#ledger.wants.some((want) => want.guest === guest);

  step(): void {}

  /** Resets the card and waits for the first guest that wants it. */
  start(): void {
    this.#runner.start();
  }

  deliver(from: Address, message: Message): void {
    // Without a card there is only one thing left to say.
    if (this.#runner.is("lost") && message.type !== "exit") return;
    switch (message.type) {
      case "ioDone":
        return this.#access.answer(message.value);
      case "drained":
        return this.#runner.raise("DRAINED");
      case "exit":
        this.#takeExit(guestOf(from), toPortOp(message));
        break;
      case "revoked":
        if (message.epoch === this.#ledger.epoch) this.#issued = message.issued;
        this.#hear(guestOf(from), message.epoch);
        break;
      case "irq":
        this.#line = message.level !== 0;
        this.#lineIdle = false;
        break;
      case "frameWaiting":
        this.#wantFor(message);
        break;
      case "ended":
        this.#guestEnded(guestOf(from));
        break;
      case "cardLost":
        return this.#runner.raise("CARD_LOST");
      case "timer":
        break;
      default:
        throw new VpioError("INTERNAL", `the arbiter does not understand ${message.type}`);
    }
    if (!this.#runner.is("atomic")) this.#attend();
  }

  report(nowNs: number): ArbiterReport {
    const guests = new Map<GuestId, VmmGuestReport>();
    for (const [id, desk] of this.#desks) guests.set(id, desk.report(heldBy(this.#ledger, id, nowNs)));
    return { guests, ...this.#counts, state: this.stateName };
  }

  #takeExit(guest: GuestId, op: PortOp): void {
    const desk = this.#desk(guest);
    if (desk.ended !== undefined) return;
    if (desk.servePlatform(op)) {
      if (desk.ended !== undefined) this.#guestEnded(guest);
      return;
    }
    if (this.#runner.is("lost")) return desk.loseCard();
    const nowNs = this.#options.ports.nowNs();
    this.#exits.set(guest, { op, sinceNs: nowNs });
    if (this.#ownsNow(guest)) {
      desk.countAccess(op, this.#dmm.definition);
    } else {
      desk.exits.count("card not held");
      this.#ledger = want(this.#ledger, guest, "blocked", nowNs);
    }
  }

  /** True while the guest's exits are served; not once the card is being taken away. */
  #ownsNow(guest: GuestId): boolean {
    return this.#ledger.owner === guest && this.#runner.is("owned");
  }

  #wantFor(message: MessageOf<"frameWaiting">): void {
    const desk = this.#options.guests.find((guest) => guest.id === message.guest);
    if (desk === undefined || this.#desk(desk.id).ended !== undefined || this.#ownsNow(desk.id)) return;
    if (this.#silence.keeps(desk.id)) return;
    this.#ledger = want(this.#ledger, desk.id, "frame", this.#options.ports.nowNs());
  }

  /** A guest that was silent may want the card again, or what is held for it. */
  #hear(guest: GuestId, epoch: number): void {
    const was = this.#silence.answers(guest, epoch);
    if (was === "awaited") this.#wantFor({ type: "frameWaiting", guest });
    else if (was === "silent" && this.#ledger.owner !== guest) this.#listen(guest);
  }

  /** Queues a guest that has armed its receiver. */
  #listen(guest: GuestId): void {
    if (this.#options.receive === "arrival" || this.#silence.has(guest)) return;
    if (this.#desk(guest).ended !== undefined || !this.#dmm.model(guest).listening) return;
    this.#ledger = want(this.#ledger, guest, "listening", this.#options.ports.nowNs());
  }

  #guestEnded(guest: GuestId): void {
    const desk = this.#desk(guest);
    desk.ended ??= "ended";
    this.#exits.delete(guest);
    this.#ledger = unwant(this.#ledger, guest);
  }

  /** Looks at what there is and raises the first event that the waiting state can take. */
  #attend(): void {
    const event = this.#nextEvent();
    if (event !== undefined) this.#runner.raise(event);
  }

  #nextEvent(): ArbiterEvent | undefined {
    const nowNs = this.#options.ports.nowNs();
    if (this.#runner.is("free")) return this.#nextOwner(nowNs) ? "NEXT" : undefined;
    const { owner } = this.#ledger;
    if (owner === undefined || this.#runner.is("lost")) return undefined;
    if (this.#desk(owner).ended !== undefined) return "OWNER_GONE";
    if (this.#runner.is("watching")) return this.#watch(owner, nowNs);
    if (this.#runner.is("revoking")) return this.#awaitRevoked(nowNs);
    return this.#runner.is("settling") ? this.#settle(nowNs) : undefined;
  }

  #nextOwner(nowNs: number): boolean {
    const next = this.#options.policy.next(this.#ledger, nowNs);
    if (next === undefined) return false;
    this.#handoffBeganNs ??= nowNs;
    this.#ledger = grant(this.#ledger, next, nowNs);
    return true;
  }

  #watch(owner: GuestId, nowNs: number): ArbiterEvent | undefined {
    if (this.#exits.has(owner)) return "EXIT";
    if (this.#lineWantsService()) return "IRQ";
    const decision = this.#options.policy.decide(this.#ledger, this.#dmm.phase(owner), nowNs);
    switch (decision.kind) {
      case "revoke":
        return "REVOKE";
      case "keep":
        this.#patience.calm(this.#ledger.wants.length === 0);
        this.#wakeAt(decision.untilNs);
        return undefined;
      case "wait":
        this.#patience.urge(nowNs);
        return this.#patience.isOver(nowNs) ? "WATCHDOG" : this.#when(this.#patience.poll(nowNs), "POLL");
    }
  }

  #awaitRevoked(nowNs: number): ArbiterEvent | undefined {
    if (this.#issued !== undefined) return "REVOKED";
    if (this.#lineWantsService()) return "IRQ";
    return this.#when(this.#patience.revokeOverdue(nowNs), "REVOKE_TIMEOUT");
  }

  #settle(nowNs: number): ArbiterEvent | undefined {
    if (this.#patience.isOver(nowNs)) return "WATCHDOG";
    if (this.#lineWantsService()) return "IRQ";
    return this.#when(this.#patience.poll(nowNs), "POLL");
  }

  #lineWantsService(): boolean {
    return this.#line && !this.#lineIdle;
  }

  /** The event, when it is due; else sees to it that it will be asked for again. */
  #when(due: Due, event: ArbiterEvent): ArbiterEvent | undefined {
    if (due.kind === "now") return event;
    this.#wakeAt(due.atNs);
    return undefined;
  }

  #wakeAt(atNs: number | undefined): void {
    this.#options.ports.setTimer(ATTEND_TIMER, atNs);
  }

  #perform(effect: ArbiterEffect): void {
    switch (effect.type) {
      case "attend":
        return this.#attend();
      case "restore":
        return this.#sequence(this.#dmm.model(this.#owner()).restore());
      case "openFence":
        return this.#fence(this.#ledger.epoch, false);
      case "grant":
        return this.#grant();
      case "trap":
        return this.#trap();
      case "takeInterrupt":
        return this.#takeInterrupt();
      case "revoke":
        return this.#revoke();
      case "closeFence":
        return this.#fence(NOBODY, true);
      case "forceFence":
        this.#counts.fencedOff++;
        this.#issued = 0;
        this.#silence.add(this.#owner(), this.#ledger.epoch);
        this.#tellWire(undefined);
        return this.#fence(NOBODY, false);
      case "quiesce":
        return this.#quiesce();
      case "save":
        return this.#sequence(this.#dmm.model(this.#owner()).save());
      case "resetCard":
        return this.#reset();
      case "release":
        // Its receiver may still be armed: until the reset a card taken by force is its owner's, for what it may store.
        if (!this.#takenByForce) this.#release();
        return;
      case "punish":
        return this.#punish();
      case "failGuests":
        for (const desk of this.#desks.values()) desk.loseCard();
        return;
    }
  }

  /** Runs one of the DMM's sequences on the card; DONE when it is over. */
  #sequence(program: Sequence<unknown>): void {
    this.#access.run(program, () => this.#runner.raise("DONE"));
  }

  #reset(): void {
    this.#access.run(this.#dmm.definition.resetCard(this.#options.ioBase), () => {
      if (this.#takenByForce) this.#release();
      this.#takenByForce = false;
      this.#runner.raise("DONE");
    });
  }

  #trap(): void {
    const owner = this.#owner();
    const exit = this.#exits.get(owner);
    if (exit === undefined) return this.#runner.raise("DONE");
    this.#exits.delete(owner);
    this.#access.run(this.#dmm.exit(owner, exit.op), (result) => {
      const desk = this.#desk(owner);
      const fatal = result.violations.filter((violation) => desk.record(violation))[0];
      if (fatal !== undefined) {
        desk.machineCheck(`${fatal.register}: ${fatal.reason}`);
        return this.#runner.raise("CONDEMN");
      }
      this.#publish(owner);
      this.#ledger = used(this.#ledger, this.#options.ports.nowNs());
      desk.resume(result.value);
      this.#runner.raise("DONE");
    });
  }

  #takeInterrupt(): void {
    const owner = this.#owner();
    if (this.#line) this.#desk(owner).exits.count("interrupt");
    this.#access.run(this.#dmm.interrupt(owner), (found) => {
      this.#lineIdle = !found;
      this.#publish(owner);
      this.#runner.raise("DONE");
    });
  }

  /** Tells the guest what has changed for it: its hooked list, its interrupt line. */
  #publish(guest: GuestId): void {
    const hooks = this.#dmm.hooks(guest);
    if (this.#sentHooks.get(guest)?.equals(hooks) !== true) {
      this.#sentHooks.set(guest, hooks.copy());
      this.#options.ports.send(guestAddress(guest), { type: "hooks", list: hooks.bytes });
    }
    this.#desk(guest).inject(this.#dmm.model(guest).interrupt);
  }

  #grant(): void {
    const owner = this.#owner();
    const nowNs = this.#options.ports.nowNs();
    const desk = this.#desk(owner);
    desk.grants++;
    const handoffNs = nowNs - (this.#handoffBeganNs ?? nowNs);
    desk.handoffLatency.record(handoffNs);
    // What it began while the card was restored for it is served now: it waits for nothing else.
    this.#ledger = granted(unwant(this.#ledger, owner), handoffNs, nowNs);
    const blocked = this.#exits.get(owner);
    if (blocked !== undefined) desk.blocked.record(nowNs - blocked.sinceNs);
    if (this.#ledger.previous !== undefined && this.#ledger.previous !== owner) this.#counts.handoffs++;
    this.#handoffBeganNs = undefined;
    this.#patience.calm();
    this.#publish(owner);
    this.#options.ports.send(guestAddress(owner), { type: "grant", epoch: this.#ledger.epoch });
    this.#tellWire(owner);
    this.#tell("granted", owner);
  }

  #revoke(): void {
    const nowNs = this.#options.ports.nowNs();
    this.#issued = undefined;
    this.#patience.revoke(nowNs);
    this.#handoffBeganNs = nowNs;
    this.#tellWire(undefined);
    this.#options.ports.send(guestAddress(this.#owner()), { type: "revoke", epoch: this.#ledger.epoch });
  }

  #fence(to: number, drain: boolean): void {
    const awaited = this.#issued ?? 0;
    const holder = this.#ledger.owner ?? 0;
    const fence = { type: "fence", epoch: to, holder, drain: drain ? 1 : 0, awaited } as const;
    this.#options.ports.send(nicAddress(this.#options.card), fence);
  }

  /** Follows the card up to now, and disarms it when the model says reusable. */
  #quiesce(): void {
    const owner = this.#owner();
    this.#access.run(this.#dmm.interrupt(owner), (found) => {
      this.#lineIdle = !found;
      const phase = this.#dmm.phase(owner);
      if (phase === "completing") return this.#runner.raise("NOT_QUIET");
      if (phase === "programming") return this.#giveBack();
      this.#access.run(this.#dmm.model(owner).quiesce(), () => this.#runner.raise("QUIET"));
    });
  }

  /**
   * The owner is in the middle of something that only it can finish: it gets the card again, under a new epoch. But not
   * past the watchdog, or an owner that always leaves something unfinished would have the card for ever.
   */
  #giveBack(): void {
    const nowNs = this.#options.ports.nowNs();
    if (this.#patience.isOver(nowNs)) return this.#runner.raise("NOT_QUIET");
    this.#patience.lend();
    const owner = this.#owner();
    this.#ledger = grant(release(this.#ledger, nowNs), owner, nowNs);
    this.#runner.raise("GIVE_BACK");
  }

  #release(): void {
    const owner = this.#owner();
    const nowNs = this.#options.ports.nowNs();
    this.#ledger = release(this.#ledger, nowNs);
    this.#patience.settle();
    this.#tell("released", owner);
    const desk = this.#desk(owner);
    if (desk.ended !== undefined) return;
    desk.inject(this.#dmm.model(owner).interrupt);
    if (this.#exits.has(owner)) this.#ledger = want(this.#ledger, owner, "blocked", nowNs);
    else this.#listen(owner);
  }

  /** The card is taken from a guest that is gone, or will not let it go. */
  #punish(): void {
    const owner = this.#owner();
    const desk = this.#desk(owner);
    this.#handoffBeganNs = this.#options.ports.nowNs();
    this.#takenByForce = true;
    this.#tell("wedged", owner);
    if (desk.ended === undefined) {
      this.#counts.watchdogs++;
      const reason = `held ${this.#options.cardName} busy beyond the watchdog (${this.#dmm.model(owner).stateName})`;
      const action = this.#options.failure.stuck === "machine-check" ? "machine-check" : "silent";
      desk.record({ kind: "transition", register: "watchdog", reason, action });
      if (action === "machine-check") desk.machineCheck(reason);
    }
    this.#dmm.deinitModel(owner);
    if (desk.ended !== undefined) this.#guestEnded(owner);
  }

  #tellWire(holder: GuestId | undefined): void {
    const present = holder === undefined ? 0 : 1;
    this.#options.ports.send(WIRE, { type: "holder", present, guest: holder ?? 0 });
  }

  #tell(what: HandoffRecord["what"], guest: GuestId): void {
    this.#options.onHandoff?.({ guest, epoch: this.#ledger.epoch, what });
  }

  #owner(): GuestId {
    const { owner } = this.#ledger;
    if (owner === undefined)
      throw new VpioError("INTERNAL", `nobody owns the card in state ${this.stateName}`);
    return owner;
  }

  #desk(guest: GuestId): GuestDesk {
    const desk = this.#desks.get(guest);
    if (desk === undefined) throw new VpioError("INTERNAL", `guest ${guest} has no share in this card`);
    return desk;
  }
}
