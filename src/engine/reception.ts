/** How messages reach one actor, with what faults have made of them: the same on threads and when that is replayed. */
import type { Actor } from "../machine/actor.ts";
import type { Address } from "../protocol/address.ts";
import type { Message } from "../protocol/messages.ts";
import { answerToLost } from "../transport/message-faults.ts";
import { kept } from "./post.ts";
import type { Extra, Taking } from "./recording.ts";

export class Reception {
  readonly #actor: Actor;
  readonly #send: (to: Address, message: Message) => void;
  /** Messages that are delayed, by their sender, oldest first. */
  readonly #late = new Map<Address, Message[]>();

  /** `send` sends in the actor's name. */
  constructor(actor: Actor, send: (to: Address, message: Message) => void) {
    this.#actor = actor;
    this.#send = send;
  }

  /** `message` is the next one of `from`. */
  take(how: Taking, from: Address, message: Message): void {
    switch (how) {
      case "deliver":
        return this.#actor.deliver(from, message);
      case "twice":
        this.#actor.deliver(from, message);
        return this.#actor.deliver(from, message);
      case "lose": {
        const answer = answerToLost(this.#actor.address);
        return answer && this.#send(from, answer);
      }
      case "delay":
        this.#late.set(from, [...(this.#late.get(from) ?? []), kept(message)]);
        return;
    }
  }

  /** Something of `from` arrives that was not sent just now; false when nothing of it is late. */
  add(how: Extra, from: Address): boolean {
    if (how !== "late") {
      this.#actor.deliver(from, { type: "irq", level: how === "raised" ? 1 : 0 });
      return true;
    }
    const message = this.#late.get(from)?.shift();
    if (message === undefined) return false;
    this.#actor.deliver(from, message);
    return true;
  }

  /** How many messages of `from` are delayed. */
  lateOf(from: Address): number {
    return this.#late.get(from)?.length ?? 0;
  }
}
