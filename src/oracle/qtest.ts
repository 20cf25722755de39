/**
 * A client of QEMU's qtest protocol: one command a line, one answer a line in the same order, and in between, ahead of
 * the answer to the command that caused it, a line for each edge of an intercepted interrupt.
 */
import { createServer, type Socket } from "node:net";
import { VpioError } from "../base/errors.ts";

/** Answers to commands, in their order. */
export interface Answers {
  /** What follows `OK`; empty for a command that only acknowledges. */
  readonly texts: string[];
  /** The level of the interrupt line when the command was done. */
  readonly interrupts: boolean[];
}

interface Batch extends Answers {
  readonly wanted: number;
  readonly resolve: (answers: Answers) => void;
  readonly reject: (error: Error) => void;
}

/** Waits for QEMU to connect to the socket at `path`; `started` is called when it may. */
export function acceptQtest(path: string, irq: number, started: () => void): Promise<Qtest> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => {
      server.close();
      resolve(new Qtest(socket, irq));
    });
    server.once("error", reject);
    server.unref();
    server.listen(path, started);
  });
}

export class Qtest {
  readonly #socket: Socket;
  readonly #raise: string;
  readonly #lower: string;
  readonly #batches: Batch[] = [];
  #interrupt = false;
  /** The beginning of a line whose end has not come yet. */
  #rest = "";
  #failure: Error | undefined;

  /** `irq`: the line whose edges count. */
  constructor(socket: Socket, irq: number) {
    this.#socket = socket;
    this.#raise = `IRQ raise ${irq}`;
    this.#lower = `IRQ lower ${irq}`;
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => this.#receive(text));
    socket.on("close", () => this.fail(new VpioError("INTERNAL", "QEMU has closed its qtest socket")));
    socket.on("error", ({ message }) =>
      this.fail(new VpioError("INTERNAL", `QEMU's qtest socket: ${message}`)),
    );
  }

  /** Sends all commands at once. Rejects when QEMU refuses one or is gone. */
  exchange(commands: readonly string[]): Promise<Answers> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      if (commands.length === 0) return resolve({ texts: [], interrupts: [] });
      this.#batches.push({ wanted: commands.length, texts: [], interrupts: [], resolve, reject });
      this.#socket.write(`${commands.join("\n")}\n`);
    });
  }

  /** Every exchange under way, and to come, rejects with `error`. */
  fail(error: Error): void {
    this.#failure ??= error;
    for (const batch of this.#batches.splice(0)) batch.reject(this.#failure);
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    if (line.startsWith("IRQ")) {
      if (line === this.#raise) this.#interrupt = true;
      else if (line === this.#lower) this.#interrupt = false;
      return;
    }
    const batch = this.#batches[0];
    if (batch === undefined || !line.startsWith("OK")) {
      this.fail(new VpioError("INTERNAL", `QEMU's qtest answered "${line}"`));
      return;
    }
    batch.texts.push(line.slice(3));
    batch.interrupts.push(this.#interrupt);
    if (batch.texts.length === batch.wanted) {
      this.#batches.shift();
      batch.resolve(batch);
    }
  }
}
