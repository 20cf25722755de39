/** One connection of an uplink, over whatever stream: frames are written together, and counted until they have left. */
import type { Socket } from "node:net";

export interface ConnectionEvents {
  readonly onPiece: (piece: Uint8Array) => void;
  /** It is over; `why` if not in peace. Called once. */
  readonly onEnd: (why: string | undefined) => void;
}

/** A partner that has vanished without a word is noticed. */
const KEEP_ALIVE_MS = 10_000;

export class Connection {
  readonly #socket: Socket;
  #pendingFrames = 0;
  #hungUp = false;

  /** `socket` is connected. */
  constructor(socket: Socket, { onPiece, onEnd }: ConnectionEvents) {
    this.#socket = socket;
    const end = (why: string | undefined): void => {
      if (this.#hungUp) return;
      this.hangUp();
      onEnd(why);
    };
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on("data", (piece) => {
      if (!this.#hungUp) onPiece(piece);
    });
    socket.on("error", ({ message }) => end(message));
    socket.once("end", () => end(undefined));
    socket.once("close", () => end(undefined));
  }

  get pendingFrames(): number {
    return this.#pendingFrames;
  }

  /** The frames of one turn of the event loop leave together. */
  write(framed: Uint8Array): void {
    const socket = this.#socket;
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(() => socket.uncork());
    }
    this.#pendingFrames++;
    socket.write(framed, () => {
      this.#pendingFrames--;
    });
  }

  /** Ends it; nothing is heard of it any more. */
  hangUp(): void {
    this.#hungUp = true;
    this.#socket.destroy();
  }
}
