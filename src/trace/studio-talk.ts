/** What the studio's server and the application say to each other: commands one way, frames of a stream the other. */

import type { TraceMove, TraceNote } from "./trace.ts";

/** Moves in a second; 0: as fast as it goes. */
export type Speed = number;

export type Command =
  | { readonly do: "run"; readonly speed: Speed }
  | { readonly do: "pause" }
  | { readonly do: "step" }
  /** Until that actor has moved; it goes first wherever it can. `actor`: index into the head's actors. */
  | { readonly do: "stepActor"; readonly actor: number }
  /** As far as that move. */
  | { readonly do: "seek"; readonly move: number }
  /** Until the next note, or the next of that kind, or the end. */
  | { readonly do: "seekNote"; readonly only?: TraceNote["kind"] | undefined }
  /** A new branch: as it was up to `move`, then `choice` in place of what was chosen. At the end it simply goes on so. */
  | { readonly do: "fork"; readonly move: number; readonly choice: string }
  | { readonly do: "branch"; readonly id: number };

export interface BranchNews {
  readonly id: number;
  /** The branch it leaves, and behind which move; undefined of the first. */
  readonly parent: number | undefined;
  readonly move: number;
  /** What was chosen there. */
  readonly choice: string;
}

export interface News {
  readonly source: "live" | "counterexample" | "recording" | "report";
  /** Where it is from. */
  readonly file: string;
  readonly running: boolean;
  /** Why there are no more moves; undefined while there may be. */
  readonly over: string | undefined;
  /** While it rests: what could be the next move behind the last one. */
  readonly possible: readonly TraceMove[];
  readonly branch: number;
  readonly branches: readonly BranchNews[];
}

/** A frame of the stream: its kind, its length in four bytes, its payload. The original comes whole, before all else. */
export const FRAME = { head: 1, piece: 2, news: 3, originalHead: 4, original: 5 } as const;
export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

const FRAME_HEAD_BYTES = 5;

export function frameOf(kind: FrameKind, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(FRAME_HEAD_BYTES + payload.length);
  frame[0] = kind;
  new DataView(frame.buffer).setUint32(1, payload.length, true);
  frame.set(payload, FRAME_HEAD_BYTES);
  return frame;
}

export const jsonFrame = (kind: FrameKind, value: unknown): Uint8Array =>
  frameOf(kind, new TextEncoder().encode(JSON.stringify(value)));

/** Takes a stream apart again, however it was cut into chunks; joins them only once a frame is whole. */
export class FrameReader {
  readonly #take: (kind: number, payload: Uint8Array) => void;
  #chunks: Uint8Array[] = [];
  #bytes = 0;
  /** Bytes that must be there before the next look. */
  #wanted = FRAME_HEAD_BYTES;

  constructor(take: (kind: number, payload: Uint8Array) => void) {
    this.#take = take;
  }

  push(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#wanted) return;
    const joined = join(this.#chunks, this.#bytes);
    let at = 0;
    for (;;) {
      this.#wanted = FRAME_HEAD_BYTES;
      if (joined.length - at < this.#wanted) break;
      this.#wanted += new DataView(joined.buffer).getUint32(at + 1, true);
      if (joined.length - at < this.#wanted) break;
      this.#take(joined[at] ?? 0, joined.slice(at + FRAME_HEAD_BYTES, at + this.#wanted));
      at += this.#wanted;
    }
    this.#chunks = [joined.slice(at)];
    this.#bytes = joined.length - at;
  }
}

function join(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const joined = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    joined.set(chunk, at);
    at += chunk.length;
  }
  return joined;
}
