/** An uplink that waits for the other end: one at a time, and the next when that one has gone. */
import { createServer, type Server, type Socket } from "node:net";
import type { LinkObserver, UplinkLink } from "../../../actors/uplink-body.ts";
import { VpioError } from "../../base/errors.ts";
import type { Endpoint } from "../../scenario/scenario.ts";
import { Connection } from "./connection.ts";
import { endpointText } from "./endpoint-text.ts";

export class ListeningLink implements UplinkLink {
  readonly #server: Server;
  #observer: LinkObserver | undefined;
  /** Who has come and is not let in yet: the run has not begun. */
  #waiting: Socket | undefined;
  #seeking = false;
  #connection: Connection | undefined;

  /** Listens, and lets nobody in yet. Throws a USAGE error when it cannot. */
  static listen({ host, port }: Endpoint, name: string): Promise<ListeningLink> {
    return new Promise((resolve, reject) => {
      const server = createServer();
      server.once("error", ({ message }) =>
        reject(new VpioError("USAGE", `uplink ${name}: found no way to listen (${message})`)),
      );
      server.listen(port, host, () => resolve(new ListeningLink(server)));
    });
  }

  private constructor(server: Server) {
    this.#server = server;
    server.removeAllListeners("error");
    server.on("error", () => undefined);
    server.on("connection", (socket) => this.#comes(socket));
  }

  /** Where it does listen. */
  get endpoint(): string {
    const address = this.#server.address();
    return typeof address === "object" && address !== null
      ? endpointText({ host: address.address, port: address.port })
      : "";
  }

  observe(observer: LinkObserver): void {
    this.#observer = observer;
  }

  get pendingFrames(): number {
    return this.#connection?.pendingFrames ?? 0;
  }

  seek(): void {
    this.#seeking = true;
    this.#admit();
  }

  write(framed: Uint8Array): void {
    this.#connection?.write(framed);
  }

  hangUp(): void {
    this.#connection?.hangUp();
    this.#connection = undefined;
  }

  close(): void {
    this.#observer = undefined;
    this.hangUp();
    this.#waiting?.destroy();
    this.#server.close();
  }

  #comes(socket: Socket): void {
    socket.on("error", () => undefined);
    if (this.#connection !== undefined || this.#waiting !== undefined) {
      socket.destroy();
      this.#observer?.refused();
      return;
    }
    this.#waiting = socket;
    socket.once("close", () => {
      if (this.#waiting === socket) this.#waiting = undefined;
    });
    this.#admit();
  }

  #admit(): void {
    const [socket, observer] = [this.#waiting, this.#observer];
    if (socket === undefined || observer === undefined || !this.#seeking) return;
    this.#waiting = undefined;
    this.#seeking = false;
    this.#connection = new Connection(socket, {
      onPiece: (piece) => observer.received(piece),
      onEnd: (why) => {
        this.#connection = undefined;
        observer.lost(why);
      },
    });
    observer.found();
  }
}
