/**
 * A card under the model that vpio runs, beside those of the guest's own that it could be. Steps of a world
 * are done to all of them, and after each one it is looked at whether anything is broken.
 *
 * An action is a step, or a step with another one in the middle of what the VMM does for it.
 */
import type { Prng } from "../../base/prng.ts";
import type { HookedList } from "../../devices/hooked-list.ts";
import type { Access } from "../../devices/model.ts";
import type { Sequence } from "../../hardware/cpu.ts";
import type { Innards } from "../../hardware/inspection.ts";
import { keyOf } from "./digest.ts";
import { PossibleCards } from "./possible-cards.ts";
import { SharedCard } from "./shared-card.ts";
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

/** A step of a world by its number, alone or with something in the middle of it; and that as one number. */
interface Action {
  readonly step: number;
  readonly amid: Intrusion | undefined;
}
const encode = (steps: number, { step, amid }: Action): number =>
  amid === undefined ? step : step + steps * (1 + amid.at * steps + amid.by);

function decode(steps: number, code: number): Action {
  const step = code % steps;
  const rest = Math.floor(code / steps) - 1;
  return { step, amid: rest < 0 ? undefined : { at: Math.floor(rest / steps), by: rest % steps } };
}

/** What the guest has no part in. */
type Happening = Extract<Step, { readonly kind: "frame" | "sent" | "pass" }>;

export class CardUnderModel implements Subject {
  readonly #specimen: Specimen;
  readonly #world: World;
  readonly #unhooked: Unhooked;
  readonly #clock: Clock = { nowNs: 0 };
  readonly #shared: SharedCard;
  readonly #possible: PossibleCards;
  /** The register page on which the guest has left the card. */
  #page: number | undefined;
  #breach: Breach | undefined;
  /** The action just taken. */
  #action: Action = { step: 0, amid: undefined };
  #said = "";
  /** Steps that could have come in between, and before how many operations. */
  #intruders: readonly number[] = [];
  #operations = 0;

  constructor(specimen: Specimen, world: World, unhooked: Unhooked = () => false) {
    this.#specimen = specimen;
    this.#world = world;
    this.#unhooked = unhooked;
    this.#shared = new SharedCard(specimen, MAC, this.#clock);
    this.#possible = new PossibleCards(specimen, MAC, this.#clock, (what) =>
      this.#accuse("transparent", what),
    );
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
    const { amid } = this.#action;
    if (amid === undefined || this.#operations <= amid.at) return [{ what: this.#said, state }];
    const meanwhile = `amid that, before the VMM's operation ${amid.at + 1}, ${this.#stepAt(amid.by).what}`;
    return [
      { what: this.#said, state: "" },
      { what: meanwhile, state },
    ];
  }

  /** What exits now, on the guest's register page, and what the model remembers. */
  get hooking(): { readonly hooks: HookedList; readonly page: number | undefined; readonly model: Innards } {
    return { hooks: this.#shared.model.hooks, page: this.#page, model: this.#shared.modelInnards };
  }

  /** There is a card to compare with: not only safety is looked at. */
  get compares(): boolean {
    return this.#possible.one !== undefined;
  }

  get variants(): readonly number[] {
    const { step, amid } = this.#action;
    if (amid !== undefined) return [];
    const found: number[] = [];
    for (let at = 0; at < this.#operations; at++) {
      for (const by of this.#intruders) found.push(this.#code({ step, amid: { at, by } }));
    }
    return found;
  }

  enabled(): readonly number[] {
    return this.#world.steps.flatMap((step, i) => (this.#can(step) ? [i] : []));
  }

  /** An action that can be taken now, now and then with something in the middle of it. */
  chance(prng: Prng, operationsMax: number): number {
    const step = prng.pick(this.enabled());
    const intruders = this.#intrudersOf(this.#stepAt(step));
    const alone = intruders.length === 0 || !prng.chance(1, 4);
    const amid = alone ? undefined : { at: prng.below(operationsMax), by: prng.pick(intruders) };
    return this.#code({ step, amid });
  }

  take(code: number): Breach | undefined {
    this.#action = decode(this.#world.steps.length, code);
    const step = this.#stepAt(this.#action.step);
    this.#said = step.what;
    this.#operations = 0;
    this.#intruders = this.#action.amid === undefined ? this.#intrudersOf(step) : [];
    this.#do(step);
    return this.#conclude();
  }

  key(): string {
    return keyOf([this.#shared.inspect(), this.#clock.nowNs, this.#possible.keys]);
  }

  /** In the guest's memory is what is in that of a card of its own; without one it does not matter. */
  wake(): void {
    const { one } = this.#possible;
    if (one !== undefined) this.#shared.memory.set(one.memory);
  }

  /** Reads whatever can be read without changing anything; first what the VMM does not hear of. */
  probe(): Breach | undefined {
    const view = (this.#possible.one?.card.view() ?? []).map(({ name, port, bytes }) => ({
      name,
      access: { port, width: bytes === 4 ? 4 : bytes === 2 ? 2 : 1, direction: "read", value: 0 } as const,
    }));
    this.#action = { ...this.#action, amid: undefined };
    const exits = view.filter(({ access }) => this.#exits(access));
    for (const { name, access } of [...view.filter((one) => !exits.includes(one)), ...exits]) {
      this.#said = `the guest reads ${name}`;
      this.#access(access, name);
      if (this.#breach !== undefined) return this.#breach;
    }
    return this.#conclude();
  }

  #code(action: Action): number {
    return encode(this.#world.steps.length, action);
  }

  #stepAt(index: number): Step {
    return this.#world.steps[index] as Step;
  }

  #can(step: Step): boolean {
    switch (step.kind) {
      case "sent":
        return this.#shared.slot.phyBusy || this.#possible.all.some(({ slot }) => slot.phyBusy);
      case "pass":
        return this.#clock.nowNs + step.ns <= step.untilNs;
      case "service":
        return this.#shared.slot.line;
      case "frame":
        if (this.#world.promptVmm && this.#shared.slot.line) return false;
        return this.#possible.all.every(({ card }) => card.missed < step.missedMax);
      case "access":
      case "handover":
        return true;
    }
  }

  /**
   * Steps that may come in the middle of this one: the guest is stopped while it waits for an exit or has no
   * card.
   */
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
      const { amid } = this.#action;
      if (this.#operations++ !== amid?.at) return;
      const step = this.#stepAt(amid.by);
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
    this.#possible.access(access, result, name);
  }

  /** Something happens to the card, perhaps in the middle of a program of the VMM. */
  #happen(step: Happening, amid?: Segment): void {
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
    if (amid === "exit") return this.#possible.happenAmid(step, result, sinceNs);
    // A frame that comes when the VMM has disarmed the receiver is lost, as it would be on a cable that is
    // unplugged.
    if ((amid === "drain" || amid === "restore") && result === "off") return;
    this.#possible.happen(step, result);
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
    if (slot.line || this.#possible.one === undefined || this.#obstacles(card.busyWith()).length > 0) return;
    this.#accuse("released", `the card is at rest, and the model says ${model.phase}`);
  }

  #offerFrames(): void {
    for (const step of this.#world.steps) {
      if (step.kind !== "frame" || this.#shared.card.silicon.receive(step.frame) !== "stored") continue;
      this.#accuse("drained", `${step.what}, and is stored for the old owner`);
    }
  }

  #obstacles(busyWith: readonly string[]): readonly string[] {
    return [...busyWith, ...(this.#possible.one?.card.halfProgrammed ?? [])];
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
    const interrupt = slot.line ? undefined : model.interrupt;
    this.#possible.compare({ sent: slot.takeSent(), memory, interrupt });
    this.#page = card.page;
    this.#shared.publish();
    return this.#breach;
  }

  /** The first thing that is broken counts: what comes after it may be its consequence. */
  #accuse(property: PropertyName, what: string): void {
    this.#breach ??= { property, what };
  }
}
