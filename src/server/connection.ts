/** One open stream to a browser: what there is, then what is new, no faster than it is taken. */
import type { ServerResponse } from "node:http";
import { encode, type Mark, markOf, NOTHING } from "../trace/codec.ts";
import { FRAME, frameOf, jsonFrame } from "../trace/studio-talk.ts";
import type { Trace } from "../trace/trace.ts";
import type { Session } from "./session.ts";

export class Connection {
  readonly #session: Session;
  readonly #response: ServerResponse;
  #trace: Trace | undefined;
  #mark: Mark = NOTHING;
  #news = "";
  #full = false;

  constructor(session: Session, response: ServerResponse) {
    this.#session = session;
    this.#response = response;
    const deaf = session.listen(() => this.#send());
    response.on("drain", () => {
      this.#full = false;
      this.#send();
    });
    response.on("close", deaf);
    this.#sendOriginal();
    this.#send();
  }

  /** It is all there, and does not change: once is enough. */
  #sendOriginal(): void {
    const { original } = this.#session;
    if (original === undefined) return;
    this.#write(jsonFrame(FRAME.originalHead, original.head));
    this.#write(frameOf(FRAME.original, encode(original)));
  }

  #send(): void {
    const { trace, news } = this.#session;
    if (this.#full) return;
    if (this.#trace !== trace) {
      this.#trace = trace;
      this.#mark = NOTHING;
      this.#write(jsonFrame(FRAME.head, trace.head));
    }
    const mark = markOf(trace);
    if (Object.entries(mark).some(([count, there]) => this.#mark[count as keyof Mark] !== there))
      this.#write(frameOf(FRAME.piece, encode(trace, this.#mark)));
    this.#mark = mark;
    const text = JSON.stringify(news);
    if (text !== this.#news) this.#write(jsonFrame(FRAME.news, news));
    this.#news = text;
  }

  #write(frame: Uint8Array): void {
    if (!this.#response.write(frame)) this.#full = true;
  }
}
