/**
 * Cards of the guest's own that could be the one it has: most of the time there is one. When something
 * happens in the middle of an exit the guest cannot tell whether it came before or after, so there is one for
 * each; those that the guest can tell from the shared one drop out, and when none is left the VMM has been
 * seen through.
 *
 * A guest that lets its card's DMA leave the card's memory gets no further than the VMM lets it, which a card
 * of its own would not have stopped; and some differences are declared. From then on there is no card to
 * compare with.
 */
import type { Access } from "../../devices/model.ts";
import { keyOf } from "./digest.ts";
import { type CardEvent, type DeedResult, PrivateCard } from "./private-card.ts";
import type { AccessResult } from "./shared-card.ts";
import type { Clock } from "./slot.ts";
import type { Specimen } from "./specimen.ts";

/** What came in between during an exit; `sinceNs`: the time before it. */
interface Undecided {
  readonly event: CardEvent;
  readonly result: DeedResult;
  readonly sinceNs: number;
}

/** How a card took the guest's access, and whether what happened meanwhile came to the same there. */
interface Trial {
  readonly answer: DeedResult;
  readonly fits: boolean;
}

/**
 * What the guest can tell of its card without touching it. `interrupt`: undefined while the VMM has not been
 * told of all.
 */
export interface Outside {
  readonly sent: string;
  readonly memory: Uint8Array;
  readonly interrupt: boolean | undefined;
}

export class PossibleCards {
  readonly #clock: Clock;
  readonly #accuse: (what: string) => void;
  #cards: readonly PrivateCard[];
  #undecided: Undecided | undefined;

  /** `accuse` is told what gives the VMM away. */
  constructor(specimen: Specimen, mac: Uint8Array, clock: Clock, accuse: (what: string) => void) {
    this.#clock = clock;
    this.#accuse = accuse;
    this.#cards = [new PrivateCard(specimen, mac, clock)];
  }

  get all(): readonly PrivateCard[] {
    return this.#cards;
  }

  /** One of them; undefined when there is nothing to compare with. */
  get one(): PrivateCard | undefined {
    return this.#cards[0];
  }

  /** Equal for two in the same states. */
  get keys(): readonly string[] {
    return this.#cards.map((one) => keyOf(one.inspect())).sort();
  }

  /** Something has happened to the shared card, and become `result` there. */
  happen(event: CardEvent, result: DeedResult): void {
    const own = new Map(this.#cards.map((one) => [one, one.do(event)]));
    this.#retain(
      (one) => own.get(one) === result,
      (one) => `the frame becomes "${result}", and on a card of its own "${own.get(one)}"`,
    );
  }

  /** Something has happened in the middle of an exit: to the guest that was before it, or after it. */
  happenAmid(event: CardEvent, result: DeedResult, sinceNs: number): void {
    this.#undecided = { event, result, sinceNs };
  }

  /**
   * The guest has had an access; what happened in the middle of it is decided on now. A refused one has not
   * happened.
   */
  access(access: Access, { value, refused }: AccessResult, name: string): void {
    const wanted = access.direction === "read" ? value : undefined;
    const answerOf = (one: PrivateCard): DeedResult =>
      refused ? wanted : one.do({ kind: "access", access });
    const undecided = this.#undecided;
    this.#undecided = undefined;
    const others = undecided === undefined ? [] : this.#cards.map((one) => one.again());
    const trials = new Map<PrivateCard, Trial>();
    for (const one of this.#cards) {
      const fits = undecided === undefined || one.do(undecided.event) === undecided.result;
      trials.set(one, { fits, answer: answerOf(one) });
    }
    for (const one of others) if (undecided) trials.set(one, this.#accessFirst(one, undecided, answerOf));
    this.#cards = [...trials.keys()];
    const answer = (one: PrivateCard): DeedResult => trials.get(one)?.answer;
    this.#retain(
      (one) => trials.get(one)?.fits === true && answer(one) === wanted,
      (one) =>
        wanted === undefined
          ? "what happens meanwhile comes to something else than on a card of the guest's own"
          : `the guest reads ${name} as ${hex(wanted)}, and on a card of its own as ${hex(answer(one))}`,
    );
  }

  /** The access, at the time when it began, and then what happened in the middle of it. */
  #accessFirst(
    one: PrivateCard,
    { event, result, sinceNs }: Undecided,
    answerOf: (one: PrivateCard) => DeedResult,
  ): Trial {
    const { nowNs } = this.#clock;
    this.#clock.nowNs = sinceNs;
    const answer = answerOf(one);
    this.#clock.nowNs = nowNs;
    return { answer, fits: one.do(event) === result };
  }

  /** After each step. */
  compare({ sent, memory, interrupt }: Outside): void {
    const own = new Map(this.#cards.map((one) => [one, one.slot.takeSent()]));
    this.#retain(
      (one) => own.get(one) === sent,
      () => "the card sends something else than a card of the guest's own",
    );
    this.#retain(
      (one) => Buffer.compare(one.memory, memory) === 0,
      () => "the card leaves something else in memory than a card of the guest's own",
    );
    this.#retain(
      (one) => interrupt === undefined || one.slot.line === interrupt,
      () => `the guest's interrupt line is ${interrupt ? "up" : "down"}, and not on a card of its own`,
    );
    this.#cards = distinct(this.#cards);
  }

  /** Keeps those that fit. */
  #retain(fits: (one: PrivateCard) => boolean, what: (one: PrivateCard) => string): void {
    if (this.#cards.some(({ card }) => card.departed || card.stray() !== undefined)) this.#cards = [];
    const left = this.#cards.filter(fits);
    const { one } = this;
    if (left.length > 0) this.#cards = left;
    else if (one !== undefined) this.#accuse(what(one));
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
