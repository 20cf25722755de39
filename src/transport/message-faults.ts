/**
 * What faults make of the messages between a card and its partners: its interrupts and its frames. This decides; the
 * engines carry it out, each where it can get at a message that is under way.
 */
import { type Address, roleOf, WIRE } from "../protocol/address.ts";
import type { Message, MessageOf } from "../protocol/messages.ts";
import type { FaultKind, Strike } from "./fault-plan.ts";

/** What becomes of a message on its way. */
export type Fate =
  | { readonly kind: "arrives" }
  /** It arrives, and behind it the interrupt line seems to do what it never did. */
  | { readonly kind: "disturbed"; readonly levels: readonly (0 | 1)[] }
  | { readonly kind: "lost" }
  | { readonly kind: "twice" }
  /** It arrives so much later. */
  | { readonly kind: "late"; readonly forNs: number }
  /** It waits behind a late one of its sender. */
  | { readonly kind: "behind" };

export interface MessageFaultsOptions {
  /** Asked at each opportunity of each kind; `victim`: who is struck. */
  readonly strike: (kind: FaultKind, victim: Address) => Strike | undefined;
  /** True when more can be under way between the two than was sent. */
  readonly hasRoom: (from: Address, to: Address) => boolean;
}

const ARRIVES: Fate = { kind: "arrives" };
const LOST: Fate = { kind: "lost" };

export class MessageFaults {
  readonly #options: MessageFaultsOptions;
  /** NICs of which an interrupt is late; what the line does meanwhile queues behind it. */
  readonly #late = new Set<Address>();
  /** The line of each NIC, as it last said. */
  readonly #levels = new Map<Address, number>();

  constructor(options: MessageFaultsOptions) {
    this.#options = options;
  }

  fate(from: Address, to: Address, message: Message): Fate {
    if (message.type === "frame") return this.#frame(from, to);
    if (roleOf(from) !== "nic" || roleOf(to) !== "arbiter") return ARRIVES;
    return message.type === "irq" ? this.#interrupt(from, message) : this.#disturb(from, to);
  }

  /** What was late of `from` has arrived. */
  caughtUp(from: Address): void {
    this.#late.delete(from);
  }

  #interrupt(from: Address, { level }: MessageOf<"irq">): Fate {
    const { strike } = this.#options;
    this.#levels.set(from, level);
    if (this.#late.has(from)) return { kind: "behind" };
    if (level !== 0 && strike("irq-lost", from)) return LOST;
    const late = strike("irq-late", from);
    if (late === undefined) return ARRIVES;
    this.#late.add(from);
    return { kind: "late", forNs: late.forNs };
  }

  /** Puts an interrupt behind another message of the card; if its line is low, that shows at once. */
  #disturb(from: Address, to: Address): Fate {
    const { hasRoom, strike } = this.#options;
    if (this.#late.has(from) || !hasRoom(from, to) || !strike("irq-spurious", from)) return ARRIVES;
    return { kind: "disturbed", levels: this.#levels.get(from) ? [1] : [1, 0] };
  }

  #frame(from: Address, to: Address): Fate {
    const { hasRoom, strike } = this.#options;
    // What happens beyond an uplink is the network's doing.
    if (roleOf(from) === "uplink" || roleOf(to) === "uplink") return ARRIVES;
    if (strike("frame-lost", to)) return LOST;
    const doubles = from === WIRE && hasRoom(from, to) && strike("frame-doubled", to);
    return doubles ? { kind: "twice" } : ARRIVES;
  }
}

/** What its sender is told all the same of a message that was lost: a card has sent its frame, and the medium lost it. */
export const answerToLost = (to: Address): Message | undefined =>
  to === WIRE ? { type: "frameSent" } : undefined;
