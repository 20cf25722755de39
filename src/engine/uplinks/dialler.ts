/** An uplink that goes to the other end: to a socket that somebody listens on, or to a passt that it starts. */
import { connect, type Socket } from "node:net";
import type { LinkObserver, UplinkLink } from "../../../actors/uplink-body.ts";
import type { Endpoint } from "../../scenario/scenario.ts";
import { Connection } from "./connection.ts";

/** An attempt to reach the other end. */
export interface Dialled {
  readonly socket: Socket;
  /** Settles when there is somebody at the other end, or it is clear why there is nobody. */
  readonly reached: Promise<void>;
  /** Why the other end has gone, when it has said so. */
  readonly lastWords?: () => string | undefined;
}

export type Dial = () => Dialled;

/** Who does not answer for so long is not there. */
const CONNECT_MS = 5_000;

/** Dials a port of a host, or the path of a UNIX socket. */
export const socketDial =
  (to: Endpoint | { readonly path: string }): Dial =>
  () => {
    const socket = connect(to);
    socket.setTimeout(CONNECT_MS, () => socket.destroy(new Error("nobody answers")));
    const reached = new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.setTimeout(0);
        resolve();
      });
    });
    return { socket, reached };
  };

export class DiallingLink implements UplinkLink {
  readonly #dial: Dial;
  #observer: LinkObserver | undefined;
  /** The attempt under way; another one means that this one does not count any more. */
  #attempt: Dialled | undefined;
  #connection: Connection | undefined;

  constructor(dial: Dial) {
    this.#dial = dial;
  }

  observe(observer: LinkObserver): void {
    this.#observer = observer;
  }

  get pendingFrames(): number {
    return this.#connection?.pendingFrames ?? 0;
  }

  seek(): void {
    const attempt = this.#dial();
    this.#attempt = attempt;
    attempt.socket.on("error", () => undefined);
    attempt.reached.then(
      () => this.#reached(attempt),
      (error: Error) => this.#failed(attempt, error),
    );
  }

  write(framed: Uint8Array): void {
    this.#connection?.write(framed);
  }

  hangUp(): void {
    this.#attempt?.socket.destroy();
    this.#attempt = undefined;
    this.#connection?.hangUp();
    this.#connection = undefined;
  }

  close(): void {
    this.#observer = undefined;
    this.hangUp();
  }

  #reached(attempt: Dialled): void {
    const observer = this.#observer;
    if (this.#attempt !== attempt || observer === undefined) return;
    this.#connection = new Connection(attempt.socket, {
      onPiece: (piece) => observer.received(piece),
      onEnd: (why) => {
        this.#connection = undefined;
        observer.lost(attempt.lastWords?.() ?? why);
      },
    });
    observer.found();
  }

  #failed(attempt: Dialled, { message }: Error): void {
    attempt.socket.destroy();
    if (this.#attempt === attempt) this.#observer?.failed(message);
  }
}
