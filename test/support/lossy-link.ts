/** A client and a server on a link that loses, doubles and delays frames, in virtual time. */
import { Prng } from "../../src/base/prng.ts";
import type { Peer } from "../../src/peers/peer.ts";
import type { TcpClient } from "./tcp-client.ts";

const MS = 1_000_000;

export interface LinkOptions {
  readonly seed: number;
  /** Of a hundred frames. */
  readonly lost?: number;
  readonly doubled?: number;
  /** Those that take up to ten times as long, so that others overtake them. */
  readonly delayed?: number;
  /** Frames that may get lost one after the other in one direction. */
  readonly lostInARow?: number;
}

interface Arrival {
  readonly atNs: number;
  readonly frame: Uint8Array;
}

class Direction {
  readonly #chance: Prng;
  readonly #options: Required<LinkOptions>;
  readonly #way: Arrival[] = [];
  #lostInARow = 0;

  constructor(chance: Prng, options: LinkOptions) {
    this.#chance = chance;
    this.#options = { lost: 0, doubled: 0, delayed: 0, lostInARow: 2, ...options };
  }

  get nextNs(): number {
    return this.#way.reduce((first, { atNs }) => Math.min(first, atNs), Number.POSITIVE_INFINITY);
  }

  send(frames: readonly Uint8Array[], nowNs: number): void {
    for (const frame of frames) {
      const isLost = this.#chance.chance(this.#options.lost, 100);
      if (isLost && this.#lostInARow < this.#options.lostInARow) {
        this.#lostInARow++;
        continue;
      }
      this.#lostInARow = 0;
      const copies = this.#chance.chance(this.#options.doubled, 100) ? 2 : 1;
      for (let copy = 0; copy < copies; copy++) this.#way.push({ atNs: nowNs + this.#delayNs(), frame });
    }
  }

  /** What arrives next, in order of time and then of sending. */
  take(): Arrival | undefined {
    const { nextNs } = this;
    const index = this.#way.findIndex(({ atNs }) => atNs === nextNs);
    return this.#way.splice(index, 1)[0];
  }

  #delayNs(): number {
    return this.#chance.chance(this.#options.delayed, 100) ? this.#chance.between(MS, 10 * MS) : MS;
  }
}

/** Lets both talk until nothing is due any more, or for so long; answers when it was over. */
export function talk(client: TcpClient, server: Peer, options: LinkOptions, untilNs = 1e9 * MS): number {
  const chance = new Prng(options.seed);
  const toServer = new Direction(chance.fork("to the server"), options);
  const toClient = new Direction(chance.fork("to the client"), options);
  let nowNs = 0;
  for (;;) {
    const clientNs = client.nextNs() ?? Number.POSITIVE_INFINITY;
    const serverNs = server.nextNs() ?? Number.POSITIVE_INFINITY;
    const dueNs = Math.min(toServer.nextNs, toClient.nextNs, clientNs, serverNs);
    if (dueNs > untilNs) return nowNs;
    nowNs = Math.max(nowNs, dueNs);
    if (toServer.nextNs === dueNs)
      toClient.send(server.receive(toServer.take()?.frame ?? NOTHING, nowNs), nowNs);
    else if (toClient.nextNs === dueNs)
      toServer.send(client.receive(toClient.take()?.frame ?? NOTHING, nowNs), nowNs);
    else if (serverNs === dueNs) toClient.send(server.timer(nowNs), nowNs);
    else toServer.send(client.timer(nowNs), nowNs);
  }
}

const NOTHING = new Uint8Array(0);
