/**
 * A card under the model that vpio runs, beside cards of the guest's own that could be it: most of the time there is one of
 * these. When something happens in the middle of an exit the guest cannot tell whether it came before or after, so there is
 * one for each; those that the guest can tell from its own drop out, and when none is left the VMM has been seen through.
 *
 * A guest that lets its card's DMA leave the card's memory gets no further than the VMM lets it, which a card of its own
 * would not have stopped; and some differences are declared. From then on there is no card to compare with, and only safety
 * is checked.
 */
import type { Prng } from "../../base/prng.ts";
import type { HookedList } from "../../devices/hooked-list.ts";
import type { Access } from "../../devices/model.ts";
import type { Sequence } from "../../hardware/cpu.ts";
import type { Innards } from "../../hardware/inspection.ts";
import { keyOf } from "./digest.ts";
import { type CardEvent, type DeedResult, PrivateCard } from "./private-card.ts";
import { type AccessResult, SharedCard } from "./shared-card.ts";
import type { Clock } from "./slot.ts";
import type { Segment, Specimen, Step, World } from "./specimen.ts";
import type { Breach, PropertyName, Subject, TakenStep } from "./subject.ts";

const MAC = Uint8Array.of(0x02, 0x54, 0, 0, 0, 1);
const NOTHING = (): void => undefined;

/** Accesses that pass straight to the silicon although the model hooks them. */
export type Unhooked = (access: Access, page: number | undefined) => boolean;

/** Something else happens before operation `at` of what the VMM does: step `by` of the world. */
interface Intrusion {
  readonly at: number;
  readonly by: number;
}

/** What came in between during an exit; `sinceNs`: the time before it. */
interface Undecided {
  readonly event: CardEvent;
  readonly result: DeedResult;
  readonly sinceNs: number;
}

export class CardUnderModel implements Subject {
  readonly #specimen: Specimen;
  readonly #world: World;
  readonly #unhooked: Unhooked;
  readonly #clock: Clock = { nowNs: 0 };
  readonly #shared: SharedCard;
  #candidates: readonly PrivateCard[];
  /** The register page on which the guest has left the card. */
  #page: number | undefined;
  #breach: Breach | undefined;
  /** The action just taken. */
  #action = 0;
  #said = "";
  #intrusion: Intrusion | undefined;
  /** Steps that could have come in between, and before how many operations. */
  #intruders: readonly number[] = [];
  #operations = 0;
  /** What came in between during an exit: to the guest, earlier or later. */
  #undecided: Undecided | undefined;

  constructor(specimen: Specimen, world: World, unhooked: Unhooked = () => false) {
    this.#specimen = specimen;
    this.#world = world;
    this.#unhooked = unhooked;
    this.#shared = new SharedCard(specimen, MAC, this.#clock);
    this.#candidates = [new PrivateCard(specimen, MAC, this.#clock)];
    this.#shared.onStray = (what) =>
      this.#accuse(this.#shared.tenure === "drained" ? "drained" : "checked", what);
    this.#shared.tenure = "restoring";
    this.#shared.open();
    this.#shared.tenure = "guest";
    for (const access of world.start) this.#access(access);
    this.#conclude();
  }

  get taken(): readonly TakenStep[] {
    const { stateName, phase } = this.#shared.model;
    const state = `${stateName} (${phase})`;
    if (this.#intrusion === undefined || this.#operations <= this.#intrusion.at)
      return [{ what: this.#said, state }];
    const { at, by } = this.#intrusion;
    const meanwhile = `amid that, before the VMM's operation ${at + 1}, ${this.#stepAt(by).what}`;
    return [
      { what: this.#said, state: "" },
      { what: meanwhile, state },
    ];
  }

  /** What exits now, on the guest's register page, and what the model remembers. */
  get hooking(): { readonly hooks: HookedList; readonly page: number | undefined; readonly model: Innards } {
    return { hooks: this.#shared.model.hooks, page: this.#page, model: this.#shared.modelInnards };
  }

  get variants(): readonly number[] {
    if (this.#intrusion !== undefined) return [];
    const count = this.#world.steps.length;
    const found: number[] = [];
    for (let at = 0; at < this.#operations; at++) {
      for (const by of this.#intruders) found.push(this.#action + count * (1 + at * count + by));
    }
    return found;
  }

  enabled(): readonly number[] {
    return this.#world.steps.flatMap((step, i) => (this.#can(step) ? [i] : []));
  }

  /** An action that can be taken now, now and then with something in the middle of it. */
  chance(prng: Prng, operationsMax: number): number {
    const { steps } = this.#world;
    const action = prng.pick(this.enabled());
    const intruders = this.#intrudersOf(this.#stepAt(action));
    if (intruders.length === 0 || !prng.chance(1, 4)) return action;
    return action + steps.length * (1 + prng.below(operationsMax) * steps.length + prng.pick(intruders));
  }

  take(action: number): Breach | undefined {
    const { steps } = this.#world;
    const variant = Math.floor(action / steps.length) - 1;
    const step = this.#stepAt(action % steps.length);
    this.#action = action;
    this.#said = step.what;
    this.#intrusion =
      variant < 0 ? undefined : { at: Math.floor(variant / steps.length), by: variant % steps.length };
    this.#operations = 0;
    this.#intruders = this.#intrusion === undefined ? this.#intrudersOf(step) : [];
    this.#do(step);
    return this.#conclude();
  }

  key(): string {
    const candidates = this.#candidates.map((one) => keyOf(one.inspect())).sort();
    return keyOf([this.#shared.inspect(), this.#clock.nowNs, candidates]);
  }

  /** In the guest's memory is what is in that of a card of its own; without one it does not matter. */
  wake(): void {
    const [own] = this.#candidates;
    if (own !== undefined) this.#shared.memory.set(own.memory);
  }

  /** Reads whatever can be read without changing anything; first what the VMM does not hear of. */
  probe(): Breach | undefined {
    const view = (this.#candidates[0]?.card.view() ?? []).map(({ name, port, bytes }) => ({
      name,
      access: { port, width: bytes === 4 ? 4 : bytes === 2 ? 2 : 1, direction: "read", value: 0 } as const,
    }));
    this.#intrusion = undefined;
    const exits = view.filter(({ access }) => this.#exits(access));
    for (const { name, access } of [...view.filter((one) => !exits.includes(one)), ...exits]) {
      this.#said = `the guest reads ${name}`;
      this.#access(access, name);
      if (this.#breach !== undefined) return this.#breach;
    }
    return this.#conclude();
  }

  #stepAt(index: number): Step {
    return this.#world.steps[index] as Step;
  }

  #can(step: Step): boolean {
    switch (step.kind) {
      case "sent":
        return this.#shared.slot.phyBusy || this.#candidates.some(({ slot }) => slot.phyBusy);
      case "pass":
        return this.#clock.nowNs + step.ns <= step.untilNs;
      case "service":
        return this.#shared.slot.line;
      case "frame":
        if (this.#world.promptVmm && this.#shared.slot.line) return false;
        return this.#candidates.every(({ card }) => card.missed < step.missedMax);
      case "access":
      case "handover":
        return true;
    }
  }

  /** Steps that may come in the middle of this one: the guest is stopped while it waits for an exit or has no card. */
  #intrudersOf(step: Step): readonly number[] {
    if (this.#world.amid.length === 0) return [];
    return this.#world.steps.flatMap((other, i) => {
      if (other.kind === "service" || other.kind === "handover" || !this.#can(other)) return [];
      if (other.kind === "access" && (step.kind !== "service" || !this.#passes(other.accesses))) return [];
      return [i];
    });
  }

  #passes(accesses: readonly Access[]): boolean {
    return accesses.every((access) => !this.#exits(access));
  }

  #exits(access: Access): boolean {
    return this.#shared.hooked(access) && !this.#unhooked(access, this.#page);
  }

  #do(step: Step): void {
    switch (step.kind) {
      case "access":
        for (const access of step.accesses) this.#access(access);
        return;
      case "frame":
      case "sent":
      case "pass":
        return this.#happen(step);
      case "service":
        return void this.#vmm("service", this.#shared.interrupt());
      case "handover":
        return this.#handOver();
    }
  }

  /** Runs a program of the VMM, with what comes in between. */
  #vmm<T>(segment: Segment, program: Sequence<T>): T {
    return this.#shared.run(program, this.#between(segment));
  }

  #between(segment: Segment): () => void {
    if (!this.#world.amid.includes(segment)) return NOTHING;
    return () => {
      if (this.#operations++ !== this.#intrusion?.at) return;
      const step = this.#stepAt(this.#intrusion.by);
      if (step.kind === "access") this.#do(step);
      else if (step.kind === "frame" || step.kind === "sent" || step.kind === "pass")
        this.#happen(step, segment);
    };
  }

  #access(access: Access, name = `port 0x${access.port.toString(16)}`): void {
    if (this.#breach !== undefined) return;
    const exits = this.#exits(access);
    if (!exits && this.#shared.card.starts(access))
      this.#accuse("checked", "DMA of the card begins, and no checking function has seen it");
    const result = exits ? this.#shared.exit(access, this.#between("exit")) : this.#shared.pass(access);
    if (result.refused) this.#said += ": refused";
    else if (this.#specimen.illegal(access.port))
      this.#accuse("refused", `${name} is not the guest's business`);
    this.#follow(access, result, name);
  }

  /** Lets the guest's own cards do what the shared one has done. */
  #follow(access: Access, { value, refused }: AccessResult, name: string): void {
    const undecided = this.#undecided;
    this.#undecided = undefined;
    const late = undecided === undefined ? [] : this.#candidates.map((one) => one.again());
    const wanted = access.direction === "read" ? value : undefined;
    const own = new Map<PrivateCard, DeedResult>();
    const fits = new Map<PrivateCard, boolean>();
    for (const one of this.#candidates) {
      const before = undecided === undefined || one.do(undecided.event) === undecided.result;
      own.set(one, refused ? wanted : one.do({ kind: "access", access }));
      fits.set(one, before);
    }
    if (undecided !== undefined) {
      const { nowNs } = this.#clock;
      for (const one of late) {
        this.#clock.nowNs = undecided.sinceNs;
        own.set(one, refused ? wanted : one.do({ kind: "access", access }));
        this.#clock.nowNs = nowNs;
        fits.set(one, one.do(undecided.event) === undecided.result);
      }
    }
    this.#candidates = [...this.#candidates, ...late];
    this.#retain(
      (one) => fits.get(one) === true && own.get(one) === wanted,
      (one) =>
        wanted === undefined
          ? "what happens meanwhile comes to something else than on a card of the guest's own"
          : `the guest reads ${name} as ${hex(wanted)}, and on a card of its own as ${hex(own.get(one))}`,
    );
  }

  /** Something happens to the card, perhaps in the middle of a program of the VMM. */
  #happen(step: Extract<Step, { readonly kind: "frame" | "sent" | "pass" }>, amid?: Segment): void {
    const { silicon } = this.#shared.card;
    const { slot } = this.#shared;
    const sinceNs = this.#clock.nowNs;
    if (step.kind === "sent") {
      if (slot.phyBusy) slot.leave(silicon);
    } else if (step.kind === "pass") {
      this.#clock.nowNs += step.ns;
      slot.expire(silicon);
    }
    const result = step.kind === "frame" ? silicon.receive(step.frame) : undefined;
    if (amid === "exit") {
      this.#undecided = { event: step, result, sinceNs };
      return;
    }
    // A frame that comes when the VMM has disarmed the receiver is lost, as it would be on a cable that is unplugged.
    if ((amid === "drain" || amid === "restore") && result === "off") return;
    const own = new Map(this.#candidates.map((one) => [one, one.do(step)]));
    this.#retain(
      (one) => own.get(one) === result,
      (one) => `the frame becomes "${result}", and on a card of its own "${own.get(one)}"`,
    );
  }

  #handOver(): void {
    const shared = this.#shared;
    this.#vmm("drain", shared.interrupt());
    if (shared.model.phase !== "reusable") return this.#refuseHandover();
    this.#vmm("drain", shared.model.quiesce());
    this.#checkReusable("the VMM takes the card");
    shared.tenure = "drained";
    shared.run(shared.model.save(), () => this.#offerFrames());
    shared.run(shared.reset(), () => this.#offerFrames());
    for (const { port, width, value } of this.#specimen.stranger)
      shared.card.silicon.writePort(port, width, value);
    shared.run(shared.reset(), NOTHING);
    shared.tenure = "restoring";
    this.#vmm("restore", shared.model.restore());
    shared.tenure = "guest";
  }

  #refuseHandover(): void {
    this.#said += ": the model says no";
    const { slot, card, model } = this.#shared;
    if (slot.line || this.#candidates.length === 0 || this.#obstacles(card.busyWith()).length > 0) return;
    this.#accuse("released", `the card is at rest, and the model says ${model.phase}`);
  }

  #offerFrames(): void {
    for (const step of this.#world.steps) {
      if (step.kind !== "frame" || this.#shared.card.silicon.receive(step.frame) !== "stored") continue;
      this.#accuse("drained", `${step.what}, and is stored for the old owner`);
    }
  }

  #obstacles(busyWith: readonly string[]): readonly string[] {
    return [...busyWith, ...(this.#candidates[0]?.card.halfProgrammed ?? [])];
  }

  #checkReusable(when: string): void {
    const obstacles = this.#obstacles(this.#shared.card.busyWith());
    if (this.#shared.model.phase === "reusable" && obstacles.length > 0)
      this.#accuse("reusable", `${when} with ${obstacles.join(", ")}`);
  }

  /** After each step: nothing may have been broken by it that can be seen without touching the card. */
  #conclude(): Breach | undefined {
    const { slot, card, memory, model } = this.#shared;
    this.#checkReusable("the model says reusable");
    const stray = card.stray();
    if (stray !== undefined) this.#accuse("checked", stray);
    const sent = slot.takeSent();
    const own = new Map(this.#candidates.map((one) => [one, one.slot.takeSent()]));
    this.#retain(
      (one) => own.get(one) === sent,
      () => "the card sends something else than a card of the guest's own",
    );
    this.#retain(
      (one) => Buffer.compare(one.memory, memory) === 0,
      () => "the card leaves something else in memory than a card of the guest's own",
    );
    if (!slot.line) {
      this.#retain(
        (one) => one.slot.line === model.interrupt,
        () =>
          `the guest's interrupt line is ${model.interrupt ? "up" : "down"}, and not on a card of its own`,
      );
    }
    this.#candidates = distinct(this.#candidates);
    this.#page = card.page;
    this.#shared.publish();
    return this.#breach;
  }

  /** Keeps the cards that the guest's could be. */
  #retain(fits: (one: PrivateCard) => boolean, what: (one: PrivateCard) => string): void {
    if (this.#candidates.some(({ card }) => card.departed || card.stray() !== undefined))
      this.#candidates = [];
    const left = this.#candidates.filter(fits);
    const [first] = this.#candidates;
    if (left.length > 0) this.#candidates = left;
    else if (first !== undefined) this.#accuse("transparent", what(first));
  }

  /** The first thing that is broken counts: what comes after it may be its consequence. */
  #accuse(property: PropertyName, what: string): void {
    this.#breach ??= { property, what };
  }
}

const hex = (value: DeedResult): string =>
  typeof value === "number" ? `0x${value.toString(16)}` : `${value}`;

/** Without those that do the same as another from here on. */
function distinct(cards: readonly PrivateCard[]): readonly PrivateCard[] {
  if (cards.length <= 1) return cards;
  const byKey = new Map(cards.map((one) => [keyOf([one.inspect(), one.memory]), one] as const));
  return [...byKey.values()];
}
