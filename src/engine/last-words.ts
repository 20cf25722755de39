/**
 * Says on behalf of a dead worker what its partners must know. A ring has one producer at a time, and the dead one
 * produces no more; what it had posted and not published is lost with it.
 */
import { invariant } from "../base/errors.ts";
import { type Address, addressName } from "../protocol/address.ts";
import { encode } from "../protocol/codec.ts";
import type { Message } from "../protocol/messages.ts";
import { Doorbell } from "../transport/doorbell.ts";
import { RingWriter } from "../transport/ring.ts";
import { doorbellOf, type Wiring, workerOf } from "./wiring.ts";

export function speakForTheDead(wiring: Wiring, dead: Address, to: Address, message: Message): void {
  const channel = wiring.channels.find((one) => one.from === dead && one.to === to);
  invariant(channel !== undefined, `there is a ring from ${addressName(dead)} to ${addressName(to)}`);
  const writer = new RingWriter(channel.ring);
  const offset = writer.reserve();
  // A full ring means that its consumer is gone too: nobody is left to be told.
  if (offset === undefined) return;
  encode(message, writer, offset, writer.spec.cellBytes);
  writer.advance();
  if (writer.publish()) new Doorbell(doorbellOf(wiring, workerOf(to))).ring();
}
