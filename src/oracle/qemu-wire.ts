/**
 * The wire of a card in QEMU: two socket backends and the card on one hub. Frames go in by the one (`feed`); the other
 * (`tap`) shows every frame on the hub, those fed in and those the card sent, in the order in which QEMU handled them.
 * A fed frame on the tap therefore means: the card has had it.
 */
import { createServer, type Server, type Socket } from "node:net";
import { VpioError } from "../base/errors.ts";
import { frameForStream, StreamFrames } from "../ethernet/stream-framing.ts";

/** How long QEMU may take to show what it was given. */
const PATIENCE_MS = 10_000;

interface Listener {
  readonly server: Server;
  /** QEMU's end, once it has connected. */
  readonly connection: { socket: Socket | undefined };
}

function listen(onFrame: (frame: Uint8Array) => void): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const connection: Listener["connection"] = { socket: undefined };
    const server = createServer((socket) => {
      connection.socket = socket;
      socket.setNoDelay(true);
      socket.on("error", () => socket.destroy());
      readFrames(socket, onFrame);
    });
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve({ server, connection }));
  });
}

function readFrames(socket: Socket, onFrame: (frame: Uint8Array) => void): void {
  const frames = new StreamFrames();
  socket.on("data", (piece) => {
    if (frames.push(piece, (frame) => onFrame(Uint8Array.from(frame))) !== undefined) socket.destroy();
  });
}

export class QemuWire {
  readonly #feed: Listener;
  readonly #tap: Listener;
  /** Frames on the tap since the last delivery. */
  #seen: Uint8Array[] = [];
  #awaited: { readonly frame: Uint8Array; readonly go: () => void } | undefined;

  static async open(): Promise<QemuWire> {
    const shown: { see: (frame: Uint8Array) => void } = { see: () => undefined };
    const feed = await listen(() => undefined);
    const wire = new QemuWire(feed, await listen((frame) => shown.see(frame)));
    shown.see = (frame) => wire.#see(frame);
    return wire;
  }

  private constructor(feed: Listener, tap: Listener) {
    this.#feed = feed;
    this.#tap = tap;
  }

  /** What QEMU must be told to have the hub; the card's netdev is `n0`. */
  get arguments(): readonly string[] {
    return [
      `-netdev socket,id=feed,connect=127.0.0.1:${portOf(this.#feed)}`,
      `-netdev socket,id=tap,connect=127.0.0.1:${portOf(this.#tap)}`,
      "-netdev hubport,id=h0,hubid=0,netdev=feed",
      "-netdev hubport,id=h1,hubid=0,netdev=tap",
      "-netdev hubport,id=n0,hubid=0",
    ].flatMap((argument) => argument.split(" "));
  }

  /**
   * Feeds `frame` and waits until the card has had it. Answers what the card has sent since the last delivery. Nothing
   * else must make the card send meanwhile.
   */
  async deliver(frame: Uint8Array): Promise<readonly Uint8Array[]> {
    const arrival = this.#arrival(frame);
    this.#feed.connection.socket?.write(frameForStream(frame));
    await arrival;
    const sent = this.#seen.slice(0, -1);
    this.#seen = [];
    return sent;
  }

  close(): void {
    for (const { server, connection } of [this.#feed, this.#tap]) {
      connection.socket?.destroy();
      server.close();
    }
  }

  #arrival(frame: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        this.#awaited = undefined;
        reject(new VpioError("INTERNAL", `QEMU has not shown a frame on its hub in ${PATIENCE_MS / 1000} s`));
      };
      const timer = setTimeout(giveUp, PATIENCE_MS);
      const go = (): void => {
        clearTimeout(timer);
        this.#awaited = undefined;
        resolve();
      };
      this.#awaited = { frame, go };
    });
  }

  #see(frame: Uint8Array): void {
    this.#seen.push(frame);
    if (this.#awaited !== undefined && Buffer.compare(frame, this.#awaited.frame) === 0) this.#awaited.go();
  }
}

function portOf({ server }: Listener): number {
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}
