/** Serves the consoles of a run's Linux guests, each on a socket of its own, to whoever types `vpio console`. */
import { rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { VpioError } from "../base/errors.ts";
import type { GuestId } from "../base/ids.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { openRunFolder, socketPath } from "./console-sockets.ts";

/** What a console has shown, for who connects later. */
const SCROLLBACK_BYTES = 64 * 1024;
/** A client that takes so much less than its console shows is let go. */
const UNREAD_BYTES = 1024 * 1024;

export type TypeOn = (guest: GuestId, bytes: Uint8Array) => void;

export class ConsoleServer {
  readonly #folder: string;
  readonly #consoles: ReadonlyMap<GuestId, Console>;

  private constructor(folder: string, consoles: ReadonlyMap<GuestId, Console>) {
    this.#folder = folder;
    this.#consoles = consoles;
  }

  /** For the Linux guests of a scenario; undefined when it has none. Throws a USAGE error when sockets cannot be there. */
  static async open({ guests }: Scenario, folder: string): Promise<ConsoleServer | undefined> {
    const linux = guests.filter(({ workload }) => workload.kind === "linux");
    if (linux.length === 0) return undefined;
    const own = openRunFolder(folder, process.pid);
    const consoles = new Map(linux.map(({ id }) => [id, new Console()]));
    const server = new ConsoleServer(own, consoles);
    try {
      await Promise.all(linux.map(async ({ id, name }) => consoles.get(id)?.listen(socketPath(own, name))));
      return server;
    } catch (error) {
      server.close();
      throw error;
    }
  }

  /** From here on what is typed has somewhere to go. */
  connect(type: TypeOn): void {
    for (const [guest, console] of this.#consoles) console.connect((bytes) => type(guest, bytes));
  }

  show(guest: GuestId, bytes: Uint8Array): void {
    this.#consoles.get(guest)?.show(bytes);
  }

  close(): void {
    for (const console of this.#consoles.values()) console.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** One guest's. */
class Console {
  readonly #clients = new Set<Socket>();
  readonly #server: Server;
  #type: (bytes: Uint8Array) => void = () => undefined;
  #shown = Buffer.alloc(0);

  constructor() {
    this.#server = createServer((client) => this.#welcome(client));
  }

  listen(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", ({ message }) =>
        reject(new VpioError("USAGE", `found no way to open a console (${message})`)),
      );
      this.#server.listen(path, resolve);
    });
  }

  connect(type: (bytes: Uint8Array) => void): void {
    this.#type = type;
  }

  show(bytes: Uint8Array): void {
    this.#shown = Buffer.concat([this.#shown, bytes]).subarray(-SCROLLBACK_BYTES);
    for (const client of this.#clients) {
      if (client.writableLength > UNREAD_BYTES) client.destroy();
      else client.write(bytes);
    }
  }

  close(): void {
    for (const client of this.#clients) client.end();
    this.#server.close();
  }

  #welcome(client: Socket): void {
    this.#clients.add(client);
    client.on("data", (bytes) => this.#type(bytes));
    client.on("error", () => client.destroy());
    client.on("close", () => this.#clients.delete(client));
    client.write(this.#shown);
  }
}
