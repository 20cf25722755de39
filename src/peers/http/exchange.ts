/** One request and its answer, on a connection of its own. */
import type { ByteSource } from "../tcp/byte-source.ts";
import { NOTHING } from "../tcp/byte-source.ts";
import type { Conversation } from "../tcp/connection.ts";
import { parseRequest, type Request } from "./request.ts";

export type Complete = Exclude<Request, { readonly kind: "incomplete" }>;

export interface ExchangeOptions {
  /** Takes the request, once. */
  readonly asked: (request: Complete) => void;
  /** Sends what there is to say when nothing was asked. */
  readonly answer: (stream: ByteSource) => void;
  /** Nobody waits for the answer any more. */
  readonly gone: () => void;
}

export class Exchange implements Conversation {
  readonly #options: ExchangeOptions;
  #head = "";
  #complete = false;

  constructor(options: ExchangeOptions) {
    this.#options = options;
  }

  /** What comes behind the head is read, and means nothing. */
  receive(bytes: Uint8Array): boolean {
    if (this.#complete) return true;
    this.#head += String.fromCharCode(...bytes);
    const request = parseRequest(this.#head);
    if (request.kind === "incomplete") return false;
    this.#complete = true;
    this.#options.asked(request);
    return true;
  }

  /** Half a request is none; who says nothing is told nothing. */
  ended(): void {
    if (this.#complete) return;
    this.#complete = true;
    if (this.#head === "") this.#options.answer(NOTHING);
    else this.#options.asked({ kind: "malformed" });
  }

  gone(): void {
    this.#options.gone();
  }
}
