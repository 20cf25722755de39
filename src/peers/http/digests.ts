/**
 * Digests of the server's files. A large one takes long, and the wire must not stand still meanwhile: so they
 * are worked out slice by slice, one file at a time, as long as somebody waits for them.
 */
import { Sha256 } from "../../base/sha256.ts";
import { NS_PER_US } from "../../base/units.ts";
import type { ByteSource } from "../tcp/byte-source.ts";

/** About a millisecond's work. */
const SLICE_BYTES = 64 * 1024;
/** Left to everybody else between two slices. */
const PAUSE_NS = 200 * NS_PER_US;
const MAX_REMEMBERED = 64;

export interface Waiting {
  readonly sizeBytes: number;
  readonly answer: (digest: string) => void;
}

interface Job {
  readonly file: ByteSource;
  readonly hash: Sha256;
  doneBytes: number;
}

export class Digests {
  readonly #file: (sizeBytes: number) => ByteSource;
  /** By size, the one worked out first in front. */
  readonly #known = new Map<number, string>();
  readonly #waiting = new Set<Waiting>();
  readonly #slice = new Uint8Array(SLICE_BYTES);
  #job: Job | undefined;
  #dueNs = 0;

  constructor(file: (sizeBytes: number) => ByteSource) {
    this.#file = file;
  }

  /** When `timer` is to be called. */
  nextNs(): number | undefined {
    return this.#waiting.size === 0 ? undefined : this.#dueNs;
  }

  /** Answers, at once or later, unless it is cancelled meanwhile. */
  ask(waiting: Waiting, nowNs: number): void {
    const known = this.#known.get(waiting.sizeBytes);
    if (known !== undefined) return waiting.answer(known);
    this.#dueNs = Math.max(this.#dueNs, nowNs);
    this.#waiting.add(waiting);
  }

  cancel(waiting: Waiting): void {
    this.#waiting.delete(waiting);
  }

  /** Does one slice, when it is time. */
  timer(nowNs: number): void {
    const [first] = this.#waiting;
    if (first === undefined || this.#dueNs > nowNs) return;
    this.#dueNs = nowNs + PAUSE_NS;
    this.#work(this.#wantedJob() ?? this.#begin(first.sizeBytes));
  }

  /** The job under way, if anybody still waits for it. */
  #wantedJob(): Job | undefined {
    const sizeBytes = this.#job?.file.sizeBytes;
    return [...this.#waiting].some((waiting) => waiting.sizeBytes === sizeBytes) ? this.#job : undefined;
  }

  #begin(sizeBytes: number): Job {
    this.#job = { file: this.#file(sizeBytes), hash: new Sha256(), doneBytes: 0 };
    return this.#job;
  }

  #work(job: Job): void {
    const slice = this.#slice.subarray(0, job.file.sizeBytes - job.doneBytes);
    job.file.read(job.doneBytes, slice);
    job.hash.update(slice);
    job.doneBytes += slice.length;
    if (job.doneBytes < job.file.sizeBytes) return;
    this.#job = undefined;
    this.#answer(job.file.sizeBytes, job.hash.digest());
  }

  #answer(sizeBytes: number, digest: string): void {
    this.#remember(sizeBytes, digest);
    for (const waiting of [...this.#waiting]) {
      if (waiting.sizeBytes !== sizeBytes) continue;
      this.#waiting.delete(waiting);
      waiting.answer(digest);
    }
  }

  #remember(sizeBytes: number, digest: string): void {
    this.#known.set(sizeBytes, digest);
    if (this.#known.size <= MAX_REMEMBERED) return;
    for (const oldest of this.#known.keys()) {
      this.#known.delete(oldest);
      return;
    }
  }
}
