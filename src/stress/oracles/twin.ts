/**
 * Property 4. Each guest gets a twin: a card of its own that is given the same operations in the order of its program, on
 * the guest's own memory, and that sends each frame at once. Registers that depend on nothing but those operations must
 * read the same, and the frames that the twin sends must leave the shared card, in that order.
 */
import type { CardId, GuestId } from "../../base/ids.ts";
import { deviceOf } from "../../devices/catalogue.ts";
import type { CapturedFrame } from "../../engine/report.ts";
import type { PortOp } from "../../hardware/cpu.ts";
import { GuestMemory } from "../../hardware/memory.ts";
import type { ReceiveOutcome } from "../../hardware/silicon.ts";
import { guestAddress, guestOf, nicAddress } from "../../protocol/address.ts";
import type { Violation as StoppedRequest } from "../../vpio/failure.ts";
import { equalBytes, hexOf } from "./frame-text.ts";
import { hasFinished, isBare, ownerOf } from "./ledger.ts";
import type { Ending, Incident, Oracle, Scene, Witness } from "./oracle.ts";
import { type Expected, TwinCard } from "./twin-card.ts";

interface Twin {
  readonly card: TwinCard;
  /** Frames that the twin has sent and the card has not. */
  promised: { readonly frame: Uint8Array; readonly incident: Incident }[];
  /** What the operation under way must find, by the operation: a handler's come between. */
  readonly expected: Map<PortOp, Expected>;
  granted: Incident | undefined;
  /** Operations that are not answered; the move of the last one; and of the guest's last loss of the card. */
  underWay: number;
  issuedAt: number;
  releasedAt: number;
  /** Something of the guest was refused by the card: what it has executed is not known any more. */
  refused: boolean;
  /** Of the operations that are not answered, those that change the card. */
  changing: number;
  /** The card has not been compared with the twin since the guest got it. */
  unseen: boolean;
}

class Twins {
  readonly #scene: Scene;
  readonly #twins = new Map<GuestId, Twin>();
  /** Guests that the VMM has ended. */
  readonly #ended = new Set<GuestId>();

  constructor(scene: Scene) {
    this.#scene = scene;
    const { scenario, layout, devices } = scene.run;
    for (const { id, card, mac, workload } of scenario.guests) {
      const slab = layout.guests[id];
      const row = scenario.cards[card];
      if (slab === undefined || row === undefined || workload.kind === "hostile") continue;
      const memory = new GuestMemory(layout.memory, slab);
      const onFrame = (frame: Uint8Array): void => this.#promise(id, frame.slice());
      const options = { device: deviceOf(devices, row.kind), mac, memory, ioBase: row.port, onFrame };
      this.#twins.set(id, {
        card: new TwinCard(options),
        promised: [],
        expected: new Map(),
        granted: undefined,
        underWay: 0,
        issuedAt: 0,
        releasedAt: 0,
        refused: false,
        changing: 0,
        unseen: false,
      });
    }
  }

  /**
   * From here on nothing is known of what the guest's card should do; but no driver of a kernel is ever stopped, unless
   * it went on with a card that was reset under it.
   */
  readonly stopped = (guest: GuestId, { register, reason }: StoppedRequest): void => {
    const twin = this.#twins.get(guest);
    if (twin === undefined || register === "watchdog") return;
    this.#twins.delete(guest);
    if (this.#scene.hasLostContext(guest)) return;
    if (isBare(this.#scene.run.scenario.guests[guest]?.workload.kind)) return;
    const what = `the VMM stops an access of ${this.#guest(guest)} to ${register} (${reason})`;
    this.#scene.accuse(`${what}, which its driver does to any card`, twin.granted);
  };

  readonly fenced = (guest: GuestId): void => {
    const twin = this.#twins.get(guest);
    if (twin !== undefined) twin.refused = true;
  };

  readonly machineCheck = (guest: GuestId): void => void this.#ended.add(guest);

  readonly issued = (guest: GuestId, op: PortOp): void => {
    const twin = this.#twins.get(guest);
    if (twin === undefined) return;
    twin.underWay++;
    if (op.kind !== "in") twin.changing++;
    twin.issuedAt = this.#scene.run.engine.moves;
    const expected = twin.card.follow(op);
    if (expected.mask !== 0) twin.expected.set(op, expected);
  };

  readonly answered = (guest: GuestId, op: PortOp, value: number): void => {
    const twin = this.#twins.get(guest);
    if (twin === undefined) return;
    twin.underWay--;
    if (op.kind !== "in") twin.changing--;
    // The answer to a read says that the card has executed all that came before it.
    else if (twin.unseen && this.#isOwner(guest)) this.#look(guest, twin);
    const expected = twin.expected.get(op);
    if (expected === undefined) return;
    twin.expected.delete(op);
    if (((expected.value ^ value) & expected.mask) === 0) return;
    const port = `port 0x${op.port.toString(16)}`;
    const own = `a card of its own would have given 0x${(expected.value & expected.mask).toString(16)}`;
    const found = `0x${(value & expected.mask).toString(16)}`;
    this.#scene.accuse(`${this.#guest(guest)} reads ${found} from ${port}, ${own}`, twin.granted);
  };

  readonly left = ({ at, direction, bytes }: CapturedFrame): void => {
    if (at.kind !== "card" || direction !== "out") return;
    const owner = ownerOf(this.#scene, at.card);
    const twin = owner === undefined ? undefined : this.#twins.get(owner);
    if (owner === undefined || twin === undefined) return;
    const next = twin.promised[0];
    if (next !== undefined && equalBytes(next.frame, bytes)) {
      twin.promised.shift();
      return;
    }
    const card = this.#scene.nameOf(nicAddress(at.card));
    const expected =
      next === undefined
        ? "one of its own would send none"
        : `one of its own would send ${hexOf(next.frame)}`;
    this.#scene.accuse(
      `${card} sends ${hexOf(bytes)} for ${this.#guest(owner)}, ${expected}`,
      next?.incident ?? twin.granted,
    );
  };

  /** The card has let a frame go by; its owner has programmed it in an earlier ownership and done nothing since. */
  readonly ignored = (card: CardId, frame: Uint8Array, outcome: ReceiveOutcome): void => {
    const owner = ownerOf(this.#scene, card);
    const twin = owner === undefined ? undefined : this.#twins.get(owner);
    const state = this.#scene.run.arbiters.actors[card]?.stateName ?? "";
    if (owner === undefined || twin === undefined || !state.startsWith("owned")) return;
    if (twin.refused || twin.underWay > 0 || twin.issuedAt >= twin.releasedAt) return;
    if (!twin.card.takes(frame)) return;
    const name = this.#scene.nameOf(nicAddress(card));
    const own = `a card of ${this.#guest(owner)}'s own would take`;
    this.#scene.accuse(`${name} lets ${hexOf(frame)} go by (${outcome}), which ${own}`, twin.granted);
  };

  readonly handedOver = (card: CardId, what: "granted" | "released" | "wedged", guest: GuestId): void => {
    const twin = this.#twins.get(guest);
    if (twin === undefined) return;
    const name = this.#scene.nameOf(nicAddress(card));
    if (what === "released") twin.releasedAt = this.#scene.run.engine.moves;
    twin.granted = this.#scene.incident(`${this.#guest(guest)} was ${what} ${name}`);
    twin.unseen = what === "granted";
    if (twin.unseen) this.#look(guest, twin);
    // Up to the reset the card may go on sending; from then on nothing is known of what it should do.
    if (what === "released" && this.#scene.hasLostContext(guest)) this.#twins.delete(guest);
  };

  readonly over = (ending: Ending): void => {
    for (const { id, name } of this.#scene.run.scenario.guests) {
      const reason = this.#ownFault(id);
      if (reason !== undefined) this.#scene.accuse(`${name}'s software gave up: ${reason}`);
    }
    if (ending !== "complete") return;
    for (const [guest, { promised }] of this.#twins) {
      const [first] = promised;
      if (first === undefined || !hasFinished(this.#scene.run, guest)) continue;
      const count = promised.length === 1 ? "a frame" : `${promised.length} frames`;
      this.#scene.accuse(
        `${count} of ${this.#guest(guest)} never left: ${hexOf(first.frame)}`,
        first.incident,
      );
    }
  };

  /** Why a kernel has failed, when neither the VMM nor a fault has ended it. */
  #ownFault(guest: GuestId): string | undefined {
    const { run } = this.#scene;
    const status = run.guests[guest]?.snapshot().status;
    if (status?.kind !== "crashed" || run.deathOf(guestAddress(guest)) !== undefined) return undefined;
    if (isBare(run.scenario.guests[guest]?.workload.kind) || this.#ended.has(guest)) return undefined;
    if (this.#scene.hasLostContext(guest)) return undefined;
    return status.reason;
  }

  /** Compares what the guest would read from the card that it has with what a card of its own would show. */
  #look(guest: GuestId, twin: Twin): void {
    const card = this.#scene.run.scenario.guests[guest]?.card;
    const nic = card === undefined ? undefined : this.#scene.run.nics[card];
    if (card === undefined || nic === undefined || twin.refused || twin.changing > 0) return;
    twin.unseen = false;
    const difference = twin.card.differsFrom(nic.actor.silicon);
    if (difference === undefined) return;
    const { offset, found, own } = difference;
    const name = this.#scene.nameOf(nicAddress(card));
    const finds = `${this.#guest(guest)} finds 0x${found.toString(16)} at offset 0x${offset.toString(16)} of ${name}`;
    this.#scene.accuse(`${finds}, a card of its own would have 0x${own.toString(16)}`, twin.granted);
  }

  #isOwner(guest: GuestId): boolean {
    const card = this.#scene.run.scenario.guests[guest]?.card;
    if (card === undefined || ownerOf(this.#scene, card) !== guest) return false;
    return this.#scene.run.arbiters.actors[card]?.stateName.startsWith("owned") === true;
  }

  #promise(guest: GuestId, frame: Uint8Array): void {
    const incident = this.#scene.incident(`${this.#guest(guest)} told its card to send the frame`);
    this.#twins.get(guest)?.promised.push({ frame, incident });
  }

  #guest(guest: GuestId): string {
    return this.#scene.nameOf(guestAddress(guest));
  }
}

export const twin: Oracle = {
  name: "twin",
  property: 4,
  watch(scene): Witness {
    if (scene.run.scenario.mode !== "vpio") return {};
    const twins = new Twins(scene);
    return {
      sent: (_from, to, message) => {
        if (message.type === "machineCheck") twins.machineCheck(guestOf(to));
        if (message.type === "fenced") twins.fenced(guestOf(to));
      },
      issued: twins.issued,
      answered: twins.answered,
      frame: twins.left,
      received: (card, frame, outcome) => {
        if (outcome === "filtered" || outcome === "off") twins.ignored(card, frame, outcome);
      },
      handoff: (card, { what, guest }) => twins.handedOver(card, what, guest),
      stopped: twins.stopped,
      over: twins.over,
    };
  },
};
