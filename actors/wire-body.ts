/**
 * The body of the Ethernet segment: a learning switch with a port for each card, each peer and each uplink, and a
 * full-duplex link at each port. A frame enters the switch when its last bit has arrived, and waits in the bounded buffer
 * of its egress port.
 */
import { VpioError } from "../src/base/errors.ts";
import { type CardId, type GuestId, guestId, type UplinkId } from "../src/base/ids.ts";
import { LearningSwitch } from "../src/ethernet/switch.ts";
import type { Actor, Ports } from "../src/machine/actor.ts";
import type { Peer, PeerReport } from "../src/peers/peer.ts";
import {
  type Address,
  addressName,
  arbiterAddress,
  cardOf,
  nicAddress,
  roleOf,
  uplinkAddress,
  uplinkOf,
  WIRE,
} from "../src/protocol/address.ts";
import type { Message } from "../src/protocol/messages.ts";
import type { ReceiveStrategy } from "./arbiter-options.ts";
import { Hold, type WireGuest } from "./wire-hold.ts";
import { CardPort, PeerPort, type Port, type PortReport, UplinkPort } from "./wire-port.ts";

const WIRE_TIMER = 1;
/**
 * A wire that is late looks at its mail in between: what it hears there, such as that a card changes hands, decides what
 * becomes of the frames that are due.
 */
const TURNS_BETWEEN_MAIL = 4;

/** A card on the segment; its place in the list is its switch port. */
export interface WireCard {
  readonly card: CardId;
  readonly rateBits: number;
  /** Frames the switch keeps for the card before it drops. */
  readonly bufferFrames: number;
  readonly guests: readonly WireGuest[];
  readonly receive: ReceiveStrategy;
  /** Frames kept for each guest that does not hold the card; 1 or more. */
  readonly holdFrames: number;
}

/** A host on the segment; its port comes after those of the cards. */
export interface WirePeer {
  readonly peer: Peer;
  readonly rateBits: number;
  /** Frames the switch keeps for the peer before it drops, and frames the peer keeps before it sends them. */
  readonly bufferFrames: number;
}

/** A way out of the segment; its port comes after those of the peers. */
export interface WireUplink {
  readonly uplink: UplinkId;
  readonly rateBits: number;
  /** Frames the switch keeps for the outside before it drops, and frames from outside that wait to be sent. */
  readonly bufferFrames: number;
}

export interface WireOptions {
  /** Receive strategies are for guests that take turns: in the other modes each frame goes straight to the card. */
  readonly mode: "passthrough" | "vpio" | "vnic";
  readonly cards: readonly WireCard[];
  readonly peers: readonly WirePeer[];
  readonly uplinks?: readonly WireUplink[];
  readonly ports: Ports;
}

export interface WireReport {
  readonly cards: ReadonlyMap<CardId, PortReport>;
  readonly peers: readonly { readonly port: PortReport; readonly peer: PeerReport }[];
  readonly uplinks: ReadonlyMap<UplinkId, PortReport>;
  /** Frames that the switch sends to no port: to a station behind the port they came from, or without a whole header. */
  readonly unforwardedFrames: number;
}

export class WireActor implements Actor {
  readonly address = WIRE;
  readonly runnable = false;
  readonly #ports: Ports;
  readonly #cards: ReadonlyMap<CardId, CardPort>;
  readonly #peers: readonly PeerPort[];
  readonly #uplinks: ReadonlyMap<UplinkId, UplinkPort>;
  /** By switch port. */
  readonly #all: readonly Port[];
  readonly #switch: LearningSwitch;
  #unforwardedFrames = 0;

  constructor(options: WireOptions) {
    const { mode, cards, peers, uplinks = [], ports } = options;
    this.#ports = ports;
    const cardPorts = cards.map((link, index) => [link.card, this.#makeCardPort(mode, link, index)] as const);
    this.#cards = new Map(cardPorts);
    this.#peers = peers.map((link, index) => this.#makePeerPort(link, cards.length + index));
    const first = cards.length + peers.length;
    const uplinkPorts = uplinks.map(
      (link, index) => [link.uplink, this.#makeUplinkPort(link, first + index)] as const,
    );
    this.#uplinks = new Map(uplinkPorts);
    this.#all = [
      ...cardPorts.map(([, port]) => port),
      ...this.#peers,
      ...uplinkPorts.map(([, port]) => port),
    ];
    this.#switch = new LearningSwitch(this.#all.length, { hairpin: sharedPorts(options) });
  }

  /** The lines that carry a frame. */
  get stateName(): string {
    return this.#all.flatMap(({ busyLines }) => busyLines).join(", ") || "idle";
  }

  step(): void {}

  /** From here on the peers send. */
  start(): void {
    this.#advance();
  }

  /** From here on the peers only answer: a run comes to its end with nothing new under way. */
  hush(): void {
    for (const peer of this.#peers) peer.hush();
  }

  deliver(from: Address, message: Message): void {
    this.#catchUp();
    switch (message.type) {
      case "frame":
        this.#sender(from).send(message.bytes.slice());
        break;
      case "holder":
        this.#cardPort(from).setHolder(message.present === 0 ? undefined : guestId(message.guest));
        break;
      case "timer":
        break;
      default:
        throw new VpioError("INTERNAL", `the wire does not understand ${message.type}`);
    }
    this.#advance();
  }

  report(): WireReport {
    return {
      cards: new Map([...this.#cards].map(([card, port]) => [card, port.report()])),
      peers: this.#peers.map((port) => ({ port: port.report(), peer: port.peer.report() })),
      uplinks: new Map([...this.#uplinks].map(([uplink, port]) => [uplink, port.report()])),
      unforwardedFrames: this.#unforwardedFrames,
    };
  }

  #advance(): void {
    this.#catchUp();
    const next = this.#nextPort();
    this.#ports.setTimer(WIRE_TIMER, next && Math.ceil(next.dueNs));
  }

  /** Does what is due by now, in order of time, and a part of it when that is much. */
  #catchUp(): void {
    for (let turn = 0; turn < TURNS_BETWEEN_MAIL; turn++) {
      const next = this.#nextPort();
      if (next === undefined || next.dueNs > this.#ports.nowNs()) return;
      next.elapse();
    }
  }

  /** The port where something is due first; of several the one with the lowest number. */
  #nextPort(): Port | undefined {
    let first: Port | undefined;
    let firstNs = Infinity;
    for (const port of this.#all) {
      const { dueNs } = port;
      if (dueNs >= firstNs) continue;
      first = port;
      firstNs = dueNs;
    }
    return first;
  }

  #forward(ingress: number, bytes: Uint8Array, atNs: number): void {
    const egress = this.#switch.forward(ingress, bytes);
    if (egress.length === 0) this.#unforwardedFrames++;
    for (const port of egress) this.#all[port]?.offer(bytes, atNs);
  }

  #makeCardPort(mode: WireOptions["mode"], link: WireCard, index: number): CardPort {
    const { card, receive } = link;
    const ports = this.#ports;
    const nic = nicAddress(card);
    const onWaiting = (guest: GuestId): void => {
      if (receive === "arrival") ports.send(arbiterAddress(card), { type: "frameWaiting", guest });
    };
    const hold = mode === "vpio" && receive !== "drop" ? new Hold({ ...link, onWaiting }) : undefined;
    const forward = (bytes: Uint8Array, atNs: number): void => this.#forward(index, bytes, atNs);
    return new CardPort({ ...link, index, name: addressName(nic), nic, ports, hold, forward });
  }

  #makePeerPort(link: WirePeer, index: number): PeerPort {
    const forward = (bytes: Uint8Array, atNs: number): void => this.#forward(index, bytes, atNs);
    return new PeerPort({ ...link, index, name: link.peer.name, ports: this.#ports, forward });
  }

  #makeUplinkPort(link: WireUplink, index: number): UplinkPort {
    const uplink = uplinkAddress(link.uplink);
    const forward = (bytes: Uint8Array, atNs: number): void => this.#forward(index, bytes, atNs);
    return new UplinkPort({ ...link, index, name: addressName(uplink), uplink, ports: this.#ports, forward });
  }

  /** The port that a frame comes in by. */
  #sender(from: Address): CardPort | UplinkPort {
    const uplink = roleOf(from) === "uplink" ? this.#uplinks.get(uplinkOf(from)) : undefined;
    return uplink ?? this.#cardPort(from);
  }

  /** The port of a NIC, or of the card of an arbiter. */
  #cardPort(from: Address): CardPort {
    const port = this.#cards.get(cardOf(from));
    if (port === undefined) throw new VpioError("INTERNAL", `${addressName(from)} is not on the wire`);
    return port;
  }
}

/** Where several guests share a port the switch must send frames back to where they came from. */
function sharedPorts({ mode, cards }: WireOptions): ReadonlySet<number> {
  const shared = cards.flatMap(({ guests }, port) =>
    mode !== "passthrough" && guests.length > 1 ? port : [],
  );
  return new Set(shared);
}
