/** A port of the switch: a line each way, with the bounded buffer that frames for the station wait in. */
import type { GuestId } from "../src/base/ids.ts";
import type { OnStep, Ports } from "../src/machine/actor.ts";
import type { Peer } from "../src/peers/peer.ts";
import type { Address } from "../src/protocol/address.ts";
import type { CardBound, Hold, WireGuest } from "./wire-hold.ts";
import { Line } from "./wire-line.ts";

/**
 * What a port has counted. Nothing gets lost uncounted: `offeredFrames` + `copiedFrames` = `outFrames` +
 * `bufferDropped` + `reflectedFrames` + `queuedFrames` + what is held and dropped for the guests.
 */
export interface PortReport {
  readonly name: string;
  /** From the station into the switch. */
  readonly inFrames: number;
  readonly inBytes: number;
  /** Frames of the station that found its own queue full. */
  readonly sendDropped: number;
  /** Frames that the switch had for this port. */
  readonly offeredFrames: number;
  /** Group frames copied for further guests behind the port. */
  readonly copiedFrames: number;
  /** To the station. */
  readonly outFrames: number;
  readonly outBytes: number;
  /** Frames that found the port's buffer full. */
  readonly bufferDropped: number;
  /** Group frames that came back to the only guest they could be for: their sender. */
  readonly reflectedFrames: number;
  /** In the buffer and on the line, now. */
  readonly queuedFrames: number;
  readonly guests: readonly HeldReport[];
}

/** Frames for a guest that does not hold the card: kept now; dropped because too many were kept. */
export interface HeldReport {
  readonly id: GuestId;
  readonly heldFrames: number;
  readonly holdDropped: number;
}

export interface PortOptions {
  /** Of the switch, from 0. */
  readonly index: number;
  readonly name: string;
  readonly rateBits: number;
  readonly bufferFrames: number;
  readonly ports: Ports;
  /** Takes a frame that the station has sent, when its last bit has arrived. */
  readonly forward: (bytes: Uint8Array, atNs: number) => void;
}

/** The lines of a port, as parts of the wire. */
const linesOf = (port: number) => ({ toSwitch: 2 * port, toStation: 2 * port + 1 });

const asPart = ({ onStep }: Ports, part: number): OnStep | undefined =>
  onStep && ((automaton, from, event, to) => onStep(automaton, from, event, to, part));

export abstract class Port {
  protected readonly toSwitch: Line<{ readonly bytes: Uint8Array }>;
  protected readonly toStation: Line<CardBound>;
  /** Frames of the station that wait for the line. */
  protected readonly sending: Uint8Array[] = [];
  protected sendDropped = 0;
  readonly #options: PortOptions;
  readonly #buffer: Uint8Array[] = [];
  #inFrames = 0;
  #inBytes = 0;
  #offeredFrames = 0;
  #outFrames = 0;
  #outBytes = 0;
  #bufferDropped = 0;

  constructor(options: PortOptions) {
    this.#options = options;
    const { rateBits, index, ports } = options;
    this.toSwitch = new Line({
      rateBits,
      onStep: asPart(ports, linesOf(index).toSwitch),
      next: () => {
        const bytes = this.sending.shift();
        return bytes && { bytes };
      },
      deliver: ({ bytes }, atNs) => this.#leaves(bytes, atNs),
    });
    this.toStation = new Line({
      rateBits,
      onStep: asPart(ports, linesOf(index).toStation),
      next: () => this.nextFrame(),
      deliver: (frame, atNs) => this.arrives(frame, atNs),
    });
  }

  /** The lines that are busy, for people. */
  get busyLines(): readonly string[] {
    const { name } = this.#options;
    const lines: string[] = [];
    if (!this.toSwitch.idle) lines.push(`from ${name} ${this.toSwitch.stateName}`);
    if (!this.toStation.idle) lines.push(`to ${name} ${this.toStation.stateName}`);
    return lines;
  }

  /** When something is to be done here; infinite when nothing is. */
  get dueNs(): number {
    return Math.min(this.toSwitch.dueNs ?? Infinity, this.toStation.dueNs ?? Infinity);
  }

  /** Does what was due at `dueNs`. */
  elapse(): void {
    const line = this.toSwitch.dueNs === this.dueNs ? this.toSwitch : this.toStation;
    line.elapse();
  }

  /** A frame from the switch for the station. */
  offer(bytes: Uint8Array, atNs: number): void {
    this.#offeredFrames++;
    if (this.#buffer.length >= this.#options.bufferFrames) {
      this.#bufferDropped++;
      return;
    }
    this.#buffer.push(bytes);
    this.toStation.attend(atNs);
  }

  report(): PortReport {
    return {
      name: this.#options.name,
      inFrames: this.#inFrames,
      inBytes: this.#inBytes,
      sendDropped: this.sendDropped,
      offeredFrames: this.#offeredFrames,
      copiedFrames: 0,
      outFrames: this.#outFrames,
      outBytes: this.#outBytes,
      bufferDropped: this.#bufferDropped,
      reflectedFrames: 0,
      queuedFrames: this.#buffer.length + (this.toStation.idle ? 0 : 1),
      guests: [],
    };
  }

  /** The next frame for the station. */
  protected nextFrame(): CardBound | undefined {
    const bytes = this.#buffer.shift();
    return bytes && { bytes, guest: undefined, passed: false };
  }

  /** The frame is at the station; false: there is no room for it. */
  protected arrives({ bytes }: CardBound, atNs: number): boolean {
    if (!this.take(bytes, atNs)) return false;
    this.#outFrames++;
    this.#outBytes += bytes.length;
    return true;
  }

  protected abstract take(bytes: Uint8Array, atNs: number): boolean;

  /** A frame of the station's has left it, at that time. */
  protected abstract sent(atNs: number): void;

  #leaves(bytes: Uint8Array, atNs: number): boolean {
    this.#inFrames++;
    this.#inBytes += bytes.length;
    this.sent(atNs);
    this.#options.forward(bytes, atNs);
    return true;
  }
}

export interface CardPortOptions extends PortOptions {
  readonly nic: Address;
  readonly guests: readonly WireGuest[];
  /** Undefined: every frame goes straight to the card. */
  readonly hold: Hold | undefined;
}

export class CardPort extends Port {
  readonly #card: CardPortOptions;
  /** When the card was last told that its frame has left, and how late that was. */
  #toldAtNs = 0;
  #toldLateNs = 0;

  constructor(options: CardPortOptions) {
    super(options);
    this.#card = options;
  }

  /** A frame from the card. */
  send(bytes: Uint8Array): void {
    this.sending.push(bytes);
    this.toSwitch.attend(this.#sendsSinceNs());
  }

  setHolder(holder: GuestId | undefined): void {
    this.#card.hold?.setHolder(holder);
    this.toStation.attend(this.#card.ports.nowNs());
  }

  override report(): PortReport {
    const { guests, hold } = this.#card;
    return {
      ...super.report(),
      copiedFrames: hold?.copiedFrames ?? 0,
      reflectedFrames: hold?.reflectedFrames ?? 0,
      guests: guests.map(({ id }) => ({
        id,
        heldFrames: hold?.heldFrames(id) ?? 0,
        holdDropped: hold?.droppedFrames(id) ?? 0,
      })),
    };
  }

  /** What was held for the card's holder goes before what came later. */
  protected override nextFrame(): CardBound | undefined {
    const { hold } = this.#card;
    if (hold === undefined) return super.nextFrame();
    const held = hold.takeHeld();
    if (held !== undefined) return held;
    for (let next = super.nextFrame(); next !== undefined; next = super.nextFrame()) {
      const admitted = hold.admit(next.bytes);
      if (admitted !== undefined) return admitted;
    }
    return undefined;
  }

  /** A frame whose guest has lost the card meanwhile leaves the line, and is held. */
  protected override arrives(frame: CardBound, atNs: number): boolean {
    const { hold } = this.#card;
    return hold !== undefined && !hold.arrives(frame) ? true : super.arrives(frame, atNs);
  }

  /** One place in the card's inbox stays free for `frameSent`. */
  protected override take(bytes: Uint8Array): boolean {
    const { ports, nic } = this.#card;
    if (ports.room(nic) <= 1) return false;
    ports.send(nic, { type: "frame", bytes });
    return true;
  }

  protected override sent(atNs: number): void {
    const { ports, nic } = this.#card;
    this.#toldAtNs = ports.nowNs();
    this.#toldLateNs = this.#toldAtNs - atNs;
    ports.send(nic, { type: "frameSent" });
  }

  /**
   * Since when the card sends the frame it has just handed over: now; or, when it was told late that it may and has not
   * lost more time itself, as much earlier. So a coarse timer does not slow the line down.
   */
  #sendsSinceNs(): number {
    const nowNs = this.#card.ports.nowNs();
    return nowNs - this.#toldAtNs <= this.#toldLateNs ? nowNs - this.#toldLateNs : nowNs;
  }
}

export interface PeerPortOptions extends PortOptions {
  readonly peer: Peer;
}

export class PeerPort extends Port {
  readonly peer: Peer;
  readonly #link: PeerPortOptions;
  #hushed = false;

  constructor(options: PeerPortOptions) {
    super(options);
    this.peer = options.peer;
    this.#link = options;
  }

  /** From here on the peer only answers. */
  hush(): void {
    this.#hushed = true;
  }

  override get dueNs(): number {
    return Math.min(super.dueNs, this.#nextNs() ?? Infinity);
  }

  override elapse(): void {
    const atNs = this.#nextNs();
    if (atNs === undefined || atNs > super.dueNs) return super.elapse();
    this.#send(this.peer.timer(this.#link.ports.nowNs()), atNs);
  }

  protected override take(bytes: Uint8Array, atNs: number): boolean {
    this.#send(this.peer.receive(bytes, this.#link.ports.nowNs()), atNs);
    return true;
  }

  protected override sent(): void {}

  #nextNs(): number | undefined {
    return this.#hushed ? undefined : this.peer.nextNs();
  }

  #send(frames: readonly Uint8Array[], atNs: number): void {
    for (const bytes of frames) {
      if (this.sending.length >= this.#link.bufferFrames) this.sendDropped++;
      else this.sending.push(bytes);
      this.toSwitch.attend(atNs);
    }
  }
}

export interface UplinkPortOptions extends PortOptions {
  readonly uplink: Address;
}

/** Where the segment goes on outside. What comes in waits here for its place on the line. */
export class UplinkPort extends Port {
  readonly #link: UplinkPortOptions;

  constructor(options: UplinkPortOptions) {
    super(options);
    this.#link = options;
  }

  /** A frame from outside. */
  send(bytes: Uint8Array): void {
    if (this.sending.length >= this.#link.bufferFrames) this.sendDropped++;
    else this.sending.push(bytes);
    this.toSwitch.attend(this.#link.ports.nowNs());
  }

  protected override take(bytes: Uint8Array): boolean {
    const { ports, uplink } = this.#link;
    if (ports.room(uplink) === 0) return false;
    ports.send(uplink, { type: "frame", bytes });
    return true;
  }

  protected override sent(): void {}
}
