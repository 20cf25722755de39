/** Messages under way on one thread: in order between two actors, posted ones unseen until they are published. */
import type { Address } from "../protocol/address.ts";
import type { Message } from "../protocol/messages.ts";

interface Channel {
  readonly queue: Message[];
  /** Messages at the end of the queue that nobody sees yet. */
  posted: number;
}

export class Post {
  readonly #channels = new Map<Address, Map<Address, Channel>>();

  send(from: Address, to: Address, message: Message): void {
    const channel = this.#channel(from, to);
    channel.queue.push(kept(message));
    channel.posted = 0;
  }

  post(from: Address, to: Address, message: Message): void {
    const channel = this.#channel(from, to);
    channel.queue.push(kept(message));
    channel.posted++;
  }

  flush(from: Address, to: Address): void {
    this.#channel(from, to).posted = 0;
  }

  /** The oldest message that can be seen; undefined when there is none. */
  take(from: Address, to: Address): Message | undefined {
    const channel = this.#channel(from, to);
    return channel.queue.length > channel.posted ? channel.queue.shift() : undefined;
  }

  /** How many messages are under way between the two. */
  underWay(from: Address, to: Address): number {
    return this.#channel(from, to).queue.length;
  }

  #channel(from: Address, to: Address): Channel {
    const senders = this.#channels.get(from) ?? new Map<Address, Channel>();
    const known = senders.get(to);
    if (known !== undefined) return known;
    const fresh: Channel = { queue: [], posted: 0 };
    senders.set(to, fresh);
    this.#channels.set(from, senders);
    return fresh;
  }
}

/** A message to keep: its bytes are the sender's only during the call. */
export function kept(message: Message): Message {
  switch (message.type) {
    case "frame":
      return { ...message, bytes: message.bytes.slice() };
    case "hooks":
      return { ...message, list: message.list.slice() };
    case "machineCheck":
      return { ...message, reason: message.reason.slice() };
    default:
      return message;
  }
}
