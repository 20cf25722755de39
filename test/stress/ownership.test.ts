/** The oracle of property 1: what counts as an operation that reaches the card, and what does not. */
import { expect, it } from "vitest";
import { cardId, guestId } from "../../src/base/ids.ts";
import type { Move } from "../../src/engine/scheduler.ts";
import { addressName, arbiterAddress, guestAddress, nicAddress } from "../../src/protocol/address.ts";
import type { Message } from "../../src/protocol/messages.ts";
import type { Scene } from "../../src/stress/oracles/oracle.ts";
import { ownership } from "../../src/stress/oracles/ownership.ts";

const CARD = cardId(0);
const [ALICE, MALLORY] = [guestAddress(guestId(0)), guestAddress(guestId(1))];
const [NIC, ARBITER] = [nicAddress(CARD), arbiterAddress(CARD)];
const STALE: Message = {
  ...{ type: "io", epoch: 2, posted: 0, form: 0, port: 20, width: 4, value: 0, count: 1, address: 0 },
};
const deliver = (message: Message): Move => ({ kind: "deliver", from: MALLORY, to: NIC, type: message.type });

/** The oracle at a card whose fence has opened for alice under epoch 3. */
function watched() {
  const accused: string[] = [];
  const scene = {
    run: { scenario: { mode: "vpio" } },
    nameOf: addressName,
    incident: (what: string) => ({ what, atNs: 0, move: 0 }),
    accuse: (what: string) => void accused.push(what),
    struck: () => 0,
  } as unknown as Scene;
  const witness = ownership.watch(scene);
  const fence: Message = { type: "fence", epoch: 3, holder: 0, drain: 0, awaited: 0 };
  witness.begins?.({ kind: "deliver", from: ARBITER, to: NIC, type: "fence" }, fence);
  witness.sent?.(NIC, ARBITER, { type: "drained", epoch: 3 });
  return { witness, accused };
}

it("a stale operation that reaches the silicon is a violation", () => {
  const { witness, accused } = watched();
  witness.begins?.(deliver(STALE), STALE);
  witness.port?.(CARD, MALLORY, false, 20, 0);
  expect(accused).toEqual(["guest 1's operation under epoch 2 reaches nic 0, and it is guest 0's under 3"]);
});

it("one that is refused is none, though somebody looks at the card in the next move", () => {
  const { witness, accused } = watched();
  witness.begins?.(deliver(STALE), STALE);
  witness.begins?.({ kind: "step", actor: ALICE }, undefined);
  witness.port?.(CARD, MALLORY, false, 20, 0);
  expect(accused).toEqual([]);
});
