/** A peer in real time, at the end of a socket on which each frame comes behind its length. */
import type { Socket } from "node:net";
import { NS_PER_MS } from "../../src/base/units.ts";
import { frameForStream, StreamFrames } from "../../src/ethernet/stream-framing.ts";
import type { Peer } from "../../src/peers/peer.ts";

export interface PumpOptions {
  /** What of the peer's frames is sent, and in which shape; undefined: nothing. */
  readonly out?: (frame: Uint8Array) => Uint8Array | undefined;
  /** Whether a frame reaches the peer. */
  readonly lets?: () => boolean;
}

export class FramePump {
  readonly #peer: Peer;
  readonly #socket: Socket;
  readonly #options: Required<PumpOptions>;
  #timer: NodeJS.Timeout | undefined;

  constructor(peer: Peer, socket: Socket, options: PumpOptions = {}) {
    this.#peer = peer;
    this.#socket = socket;
    this.#options = { out: (frame) => frame, lets: () => true, ...options };
    socket.on("error", () => socket.destroy());
    onFrames(socket, (frame) => {
      if (this.#options.lets()) this.send(this.#peer.receive(frame, nowNs()));
    });
  }

  /** Sends these, and whatever the peer says later. */
  send(frames: readonly Uint8Array[]): void {
    for (const frame of frames) {
      const sent = this.#options.out(frame);
      if (sent === undefined) continue;
      this.#socket.write(frameForStream(sent));
    }
    clearTimeout(this.#timer);
    const dueNs = this.#peer.nextNs();
    if (dueNs === undefined) return;
    const delayMs = Math.max(0, Math.ceil((dueNs - nowNs()) / NS_PER_MS));
    this.#timer = setTimeout(() => this.send(this.#peer.timer(nowNs())), delayMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#socket.destroy();
  }
}

const nowNs = (): number => Number(process.hrtime.bigint());

function onFrames(socket: Socket, take: (frame: Uint8Array) => void): void {
  const frames = new StreamFrames();
  socket.on("data", (piece) => void frames.push(piece, take));
}
