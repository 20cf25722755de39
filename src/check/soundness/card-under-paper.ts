/**
 * A card under a published model: the guest's accesses go straight to the silicon, the model hears of some of
 * them and of interrupts. Nothing disarms the receiver before the card is handed over, so a frame that is
 * stored while the model says reusable lands in the old owner's memory.
 */
import type { Access } from "../../devices/model.ts";
import { keyOf } from "./digest.ts";
import type { PaperReading } from "./paper.ts";
import { PaperMachine } from "./paper-models.ts";
import { PrivateCard } from "./private-card.ts";
import type { Clock } from "./slot.ts";
import type { Step } from "./specimen.ts";
import type { Breach, Subject, TakenStep } from "./subject.ts";

const MAC = Uint8Array.of(0x02, 0x54, 0, 0, 0, 1);
const NUMBERS = ["no", "one", "two", "three", "four"] as const;

export class CardUnderPaper implements Subject {
  readonly variants: readonly number[] = [];
  readonly #reading: PaperReading;
  readonly #clock: Clock = { nowNs: 0 };
  readonly #own: PrivateCard;
  readonly #machine: PaperMachine;
  /** Events heard since the start, in the order in which they first came. */
  readonly #heard = new Map<string, number>();
  #said = "";

  constructor(reading: PaperReading) {
    this.#reading = reading;
    this.#own = new PrivateCard(reading.specimen, MAC, this.#clock);
    this.#machine = new PaperMachine(reading.model);
    for (const access of reading.start) this.#access(access);
    this.#hear(reading.atStart);
    this.#heard.clear();
  }

  get taken(): readonly TakenStep[] {
    return [{ what: this.#said, state: this.#machine.stateName }];
  }

  enabled(): readonly number[] {
    return this.#reading.steps.flatMap((step, i) => (this.#can(step) ? [i] : []));
  }

  take(action: number): Breach | undefined {
    const step = this.#reading.steps[action] as Step;
    this.#said = step.what;
    switch (step.kind) {
      case "access":
        for (const access of step.accesses) this.#access(access);
        break;
      case "frame":
      case "sent":
      case "pass":
        this.#own.do(step);
        break;
      case "service":
        this.#service();
        break;
      case "handover":
        break;
    }
    return this.#judge();
  }

  wake(): void {}

  key(): string {
    return keyOf([this.#own.inspect(), this.#machine.stateName]);
  }

  /** Offers frames: what they do to the card is of no account. */
  probe(): Breach | undefined {
    if (!this.#machine.reusable) return undefined;
    for (const step of this.#reading.steps) {
      if (step.kind !== "frame" || this.#own.do(step) !== "stored") continue;
      this.#said = step.what;
      const about = "reusable with the receiver armed";
      return { property: "drained", what: this.#past + about, about };
    }
    return undefined;
  }

  #can(step: Step): boolean {
    const { slot, card } = this.#own;
    switch (step.kind) {
      case "sent":
        return slot.phyBusy;
      case "service":
        return slot.line;
      case "frame":
        return card.missed < step.missedMax;
      case "access":
        return true;
      case "pass":
      case "handover":
        return false;
    }
  }

  #access(access: Access): void {
    this.#own.do({ kind: "access", access });
    this.#hear(this.#reading.hears(access));
  }

  /** Reads the status, acknowledges it, and tells the model. */
  #service(): void {
    const { status, interrupts } = this.#reading;
    const value = Number(this.#own.do({ kind: "access", access: status }));
    this.#own.do({ kind: "access", access: { ...status, direction: "write", value } });
    this.#hear(interrupts(value));
  }

  #hear(events: readonly string[]): void {
    for (const event of events) {
      this.#machine.take(event);
      this.#heard.set(event, (this.#heard.get(event) ?? 0) + 1);
    }
  }

  #judge(): Breach | undefined {
    const { card, slot } = this.#own;
    const obstacles = [...card.busyWith().map(this.#reading.inFlight), ...card.halfProgrammed];
    const [first] = obstacles;
    if (this.#machine.reusable) {
      if (first === undefined) return undefined;
      const what = `${this.#past}reusable with ${obstacles.join(" and ")}`;
      return { property: "reusable", what, about: `reusable with ${first}` };
    }
    const atRest = obstacles.length === 0 && !slot.line && !slot.phyBusy && !card.armed;
    if (!atRest || this.#machine.failed) return undefined;
    const about = "the card at rest, and not reusable";
    return { property: "released", what: this.#past + about, about };
  }

  /** What the model has heard, in words. */
  get #past(): string {
    const said = [...this.#heard].flatMap(([event, count]) => {
      const words = this.#reading.words.get(event);
      return words === undefined ? [] : [`${NUMBERS[count] ?? count} ${words[count === 1 ? 0 : 1]}, `];
    });
    return said.join("");
  }
}
