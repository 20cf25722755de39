/**
 * Makes a program that shows a difference shorter: first whole stretches of steps go, then single ones, then what is
 * left gets simpler values. What is kept shows the same difference.
 */
import { MIN_FRAME_BYTES } from "../ethernet/ethernet.ts";
import { type Payload, type Step, zeros } from "./step.ts";

/** Runs a candidate; answers the steps that were really done when it still shows the difference. */
export type Attempt = (steps: readonly Step[]) => Promise<readonly Step[] | undefined>;

/** Candidates tried at most. */
const TRIES = 1500;

export async function shrink(failing: readonly Step[], attempt: Attempt): Promise<readonly Step[]> {
  const shrinking = new Shrinking(failing, attempt);
  await shrinking.dropStretches();
  await shrinking.simplifyValues();
  await shrinking.dropStretches();
  return shrinking.best;
}

class Shrinking {
  best: readonly Step[];
  readonly #attempt: Attempt;
  #tries = 0;

  constructor(failing: readonly Step[], attempt: Attempt) {
    this.best = failing;
    this.#attempt = attempt;
  }

  /** Halves, quarters and so on down to single steps, as long as any of them can go. */
  async dropStretches(): Promise<void> {
    for (let length = Math.ceil(this.best.length / 2); length >= 1; ) {
      let dropped = false;
      for (let from = this.best.length - length; from > -length; from -= length) {
        const start = Math.max(0, from);
        const without = [...this.best.slice(0, start), ...this.best.slice(from + length)];
        if (await this.#improve(without)) dropped = true;
      }
      if (length === 1 && !dropped) return;
      if (!dropped || length > 1) length = Math.max(1, Math.floor(length / 2));
    }
  }

  async simplifyValues(): Promise<void> {
    for (let at = 0; at < this.best.length; at++) {
      for (const simpler of simplerThan(this.best[at] as Step)) {
        const candidate = this.best.with(at, simpler);
        if (await this.#improve(candidate)) break;
      }
    }
  }

  async #improve(candidate: readonly Step[]): Promise<boolean> {
    if (this.#tries++ >= TRIES) return false;
    const done = await this.#attempt(candidate);
    if (done === undefined || done.length > this.best.length) return false;
    this.best = done;
    return true;
  }
}

/** The simplest first. */
function simplerThan(step: Step): readonly Step[] {
  switch (step.kind) {
    case "in":
    case "load":
      return [];
    case "out":
      return simplerValues(step.value).map((value) => ({ ...step, value }));
    case "store":
      return [zeros(step.payload.bytes), ...simplerPayloads(step.payload)].map((payload) => ({
        ...step,
        payload,
      }));
    case "frame":
      return simplerPayloads(step.payload).map((payload) => ({ ...step, payload }));
  }
}

/** 0, one of its bits, all but one of them. */
function simplerValues(value: number): readonly number[] {
  const bits = Array.from({ length: 32 }, (_, i) => (1 << i) >>> 0).filter((bit) => (value & bit) !== 0);
  if (value === 0) return [];
  if (bits.length === 1) return [0];
  return [0, ...bits, ...bits.map((bit) => (value & ~bit) >>> 0)];
}

function simplerPayloads(payload: Payload): readonly Payload[] {
  const { head, bytes } = payload;
  const short = Math.min(bytes, MIN_FRAME_BYTES);
  const lengths = bytes > short ? [short, Math.floor(bytes / 2)] : [];
  const shorter = lengths
    .filter((length) => length >= head.length)
    .map((length) => ({ ...payload, bytes: length }));
  return payload.seed === 0
    ? shorter
    : [...shorter.map((each) => ({ ...each, seed: 0 })), ...shorter, { ...payload, seed: 0 }];
}
