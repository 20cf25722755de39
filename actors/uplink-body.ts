/**
 * The body of an uplink: frames from the wire go out over its link, frames that come in go to the wire. What cannot go
 * on is dropped, and counted by reason: a network is slow or away, and nobody here waits for it.
 */

import { VpioError } from "../src/base/errors.ts";
import type { UplinkId } from "../src/base/ids.ts";
import { HEADER_BYTES } from "../src/ethernet/ethernet.ts";
import { padFrame } from "../src/ethernet/host.ts";
import { withoutPadding } from "../src/ethernet/padding.ts";
import { frameForStream, MAX_STREAM_FRAME_BYTES, StreamFrames } from "../src/ethernet/stream-framing.ts";
import { type Actor, MachineRunner, type Ports } from "../src/machine/actor.ts";
import { type Address, uplinkAddress, WIRE } from "../src/protocol/address.ts";
import type { Message } from "../src/protocol/messages.ts";
import { type UplinkEffect, type UplinkEvent, uplinkAutomaton } from "./uplink.ts";

const RETRY_TIMER = 1;
/** With a VLAN tag, without FCS. */
const MAX_FRAME_BYTES = 1518;

/** What carries an uplink's bytes. */
export interface UplinkLink {
  /** Looks for somebody at the other end. */
  seek(): void;
  /** Frames written that have not left yet. */
  readonly pendingFrames: number;
  write(framed: Uint8Array): void;
  /** Hangs up, saying nothing of it. */
  hangUp(): void;
  /** Hangs up for good: from here on it calls nobody. */
  close(): void;
}

/** What a link tells. */
export interface LinkObserver {
  found(): void;
  failed(why: string): void;
  received(piece: Uint8Array): void;
  /** The other end is gone; `why` if it was not in peace. */
  lost(why: string | undefined): void;
  /** Somebody else wanted in, and was sent away. */
  refused(): void;
}

export interface UplinkOptions {
  readonly id: UplinkId;
  readonly ports: Ports;
  readonly link: UplinkLink;
  /** True for one that dials; one that listens need not wait before the next can come. */
  readonly dials: boolean;
  /** How long it waits before it dials again, at first; twice as long each time, up to the most. */
  readonly retryNs: number;
  readonly maxRetryNs: number;
  /** Frames that may wait for the link. */
  readonly bufferFrames: number;
  /** Take the padding off what goes out: some that have no wire under them take it for data. */
  readonly stripsPadding: boolean;
}

/** Frames that went nowhere, by reason. */
export interface UplinkDrops {
  /** On their way out: nobody was at the other end; too many waited already. */
  readonly notConnected: number;
  readonly bufferFull: number;
  /** On their way in: shorter than a header, longer than an Ethernet's; the wire had no room; the run was over. */
  readonly runt: number;
  readonly oversize: number;
  readonly wireFull: number;
  readonly late: number;
}

export interface UplinkActorReport {
  readonly stateName: string;
  readonly outFrames: number;
  readonly outBytes: number;
  readonly inFrames: number;
  readonly inBytes: number;
  readonly dropped: UplinkDrops;
  /** Connections there were; those among them that were hung up because what came was no frames. */
  readonly connections: number;
  readonly malformed: number;
  /** Others that wanted in while somebody was connected. */
  readonly refused: number;
  /** Why it is not connected, or was not the last time, as far as there is a reason. */
  readonly problem: string | undefined;
}

export class UplinkActor implements Actor, LinkObserver {
  readonly address: Address;
  readonly runnable = false;
  readonly #options: UplinkOptions;
  readonly #runner: MachineRunner<UplinkEvent, UplinkEffect>;
  readonly #dropped = { notConnected: 0, bufferFull: 0, runt: 0, oversize: 0, wireFull: 0, late: 0 };
  readonly #counts = { outFrames: 0, outBytes: 0, inFrames: 0, inBytes: 0 };
  #frames = new StreamFrames();
  #connections = 0;
  #malformed = 0;
  #refused = 0;
  #problem: string | undefined;
  /** Attempts in a row that led to nothing. */
  #attempts = 0;
  #hushed = false;

  constructor(options: UplinkOptions) {
    this.#options = options;
    this.address = uplinkAddress(options.id);
    this.#runner = new MachineRunner(
      uplinkAutomaton,
      (effect) => this.#perform(effect),
      options.ports.onStep,
    );
  }

  get stateName(): string {
    return this.#runner.stateName;
  }

  step(): void {}

  start(): void {
    this.#runner.raise("START");
  }

  /** From here on nothing comes in: the run is at its end. */
  hush(): void {
    this.#hushed = true;
  }

  close(): void {
    if (!this.#runner.is("closed")) this.#runner.raise("CLOSE");
  }

  deliver(_from: Address, message: Message): void {
    switch (message.type) {
      case "frame":
        return this.#send(message.bytes);
      case "timer":
        return this.#runner.raise("RETRY");
      default:
        throw new VpioError("INTERNAL", `an uplink does not understand ${message.type}`);
    }
  }

  found(): void {
    this.#runner.raise("FOUND");
  }

  failed(why: string): void {
    this.#problem = why;
    this.#runner.raise("FAILED");
  }

  lost(why: string | undefined): void {
    this.#problem = why;
    this.#runner.raise(this.#options.dials ? "LOST" : "LEFT");
  }

  refused(): void {
    this.#refused++;
  }

  received(piece: Uint8Array): void {
    const wrong = this.#frames.push(piece, (frame) => this.#receive(frame));
    this.#options.ports.flush(WIRE);
    if (wrong === undefined) return;
    this.#malformed++;
    this.#options.link.hangUp();
    this.lost(`found a frame of ${wrong} bytes, expected at most ${MAX_STREAM_FRAME_BYTES}`);
  }

  report(): UplinkActorReport {
    return {
      stateName: this.stateName,
      ...this.#counts,
      dropped: { ...this.#dropped },
      connections: this.#connections,
      malformed: this.#malformed,
      refused: this.#refused,
      problem: this.#problem,
    };
  }

  #send(bytes: Uint8Array): void {
    const { link, bufferFrames, stripsPadding } = this.#options;
    if (!this.#runner.is("connected")) this.#dropped.notConnected++;
    else if (link.pendingFrames >= bufferFrames) this.#dropped.bufferFull++;
    else {
      this.#counts.outFrames++;
      this.#counts.outBytes += bytes.length;
      link.write(frameForStream(stripsPadding ? withoutPadding(bytes) : bytes));
    }
  }

  #receive(frame: Uint8Array): void {
    const { ports } = this.#options;
    if (frame.length < HEADER_BYTES) this.#dropped.runt++;
    else if (frame.length > MAX_FRAME_BYTES) this.#dropped.oversize++;
    else if (this.#hushed) this.#dropped.late++;
    else if (ports.room(WIRE) === 0) this.#dropped.wireFull++;
    else {
      this.#attempts = 0;
      this.#counts.inFrames++;
      this.#counts.inBytes += frame.length;
      ports.post(WIRE, { type: "frame", bytes: padFrame(frame) });
    }
  }

  #perform(effect: UplinkEffect): void {
    const { link, ports } = this.#options;
    switch (effect.type) {
      case "seek":
        return link.seek();
      case "greet":
        this.#connections++;
        this.#problem = undefined;
        this.#frames = new StreamFrames();
        return;
      case "wait":
        return ports.setTimer(RETRY_TIMER, ports.nowNs() + this.#nextWaitNs());
      case "close":
        ports.setTimer(RETRY_TIMER, undefined);
        return link.close();
    }
  }

  /** Longer each time, until a frame has come. */
  #nextWaitNs(): number {
    const { retryNs, maxRetryNs } = this.#options;
    return Math.min(retryNs * 2 ** this.#attempts++, Math.max(retryNs, maxRetryNs));
  }
}
