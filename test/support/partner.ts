/** The other end of an uplink, played by a test: a TCP socket with frames on it. */
import { connect, createServer, type Server, type Socket } from "node:net";
import { frameForStream, StreamFrames } from "../../src/ethernet/stream-framing.ts";
import { freePort } from "./free-port.ts";

export class Partner {
  readonly socket: Socket;
  readonly frames: Uint8Array[] = [];
  readonly closed: Promise<void>;
  #onFrame: (() => void) | undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    const stream = new StreamFrames();
    socket.on("data", (piece) => {
      stream.push(piece, (frame) => void this.frames.push(Uint8Array.from(frame)));
      this.#onFrame?.();
    });
    socket.on("error", () => undefined);
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
  }

  /** Connects to a port of this machine. */
  static dial(port: number): Promise<Partner> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port });
      socket.once("error", reject);
      socket.once("connect", () => resolve(new Partner(socket)));
    });
  }

  send(...frames: readonly Uint8Array[]): void {
    this.socket.write(Buffer.concat(frames.map(frameForStream)));
  }

  /** Waits until a frame has come that is wanted. */
  async until(wanted: (frame: Uint8Array) => boolean): Promise<Uint8Array> {
    for (;;) {
      const found = this.frames.find(wanted);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#onFrame = resolve;
      });
    }
  }

  close(): void {
    this.socket.destroy();
  }
}

/** A partner that listens, and takes whoever comes. */
export class ListeningPartner {
  readonly port: number;
  readonly #server: Server;
  readonly #came: Partner[] = [];
  #onCome: (() => void) | undefined;

  static async listen(port?: number): Promise<ListeningPartner> {
    const at = port ?? (await freePort());
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(at, "127.0.0.1", resolve);
    });
    return new ListeningPartner(server, at);
  }

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
    server.on("connection", (socket) => {
      this.#came.push(new Partner(socket));
      this.#onCome?.();
    });
  }

  /** The next who comes, or has come. */
  async next(): Promise<Partner> {
    for (;;) {
      const partner = this.#came.shift();
      if (partner !== undefined) return partner;
      await new Promise<void>((resolve) => {
        this.#onCome = resolve;
      });
    }
  }

  close(): void {
    this.#server.close();
  }
}
