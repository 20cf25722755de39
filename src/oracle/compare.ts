/** Compares what two cards answered to the same program. */
import type { Script } from "./author.ts";
import type { Excuse } from "./rules.ts";
import type { Trace } from "./trace.ts";

/** The first thing at which the cards part. */
export interface Difference {
  readonly kind: "value" | "interrupt" | "memory" | "sent";
  /** The step; for a frame that one card alone sent, the one before which it was missed. */
  readonly at: number;
  /** What the step touches. */
  readonly name: string;
  readonly ours: string;
  readonly qemu: string;
}

export interface Verdict {
  readonly difference: Difference | undefined;
  /** Steps with an answer that differs in nothing but excused bits. */
  readonly masked: number;
  /** By mask: how often its bits differed. */
  readonly excused: ReadonlyMap<string, number>;
}

const NONE: readonly Excuse[] = [];
const hex = (value: number): string => `0x${value.toString(16)}`;

/** `ours`: what the card on trial answered; `qemu`: what QEMU's did. */
export function compare(script: Script, ours: Trace, qemu: Trace): Verdict {
  return new Comparison(script, ours, qemu).run();
}

class Comparison {
  readonly #script: Script;
  readonly #ours: Trace;
  readonly #qemu: Trace;
  readonly #excused = new Map<string, number>();
  #masked = 0;

  constructor(script: Script, ours: Trace, qemu: Trace) {
    this.#script = script;
    this.#ours = ours;
    this.#qemu = qemu;
  }

  run(): Verdict {
    const sent = this.#sent();
    const answers = this.#answers();
    const first = sent === undefined || (answers !== undefined && answers.at <= sent.at) ? answers : sent;
    return { difference: first, masked: this.#masked, excused: this.#excused };
  }

  #answers(): Difference | undefined {
    for (let at = 0; at < this.#script.steps.length; at++) {
      const difference = this.#value(at) ?? this.#memory(at) ?? this.#interrupt(at);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }

  #value(at: number): Difference | undefined {
    const ours = this.#ours.values[at] as number;
    const qemu = this.#qemu.values[at] as number;
    if (ours === qemu) return undefined;
    const differing = (ours ^ qemu) >>> 0;
    if (this.#excuse(at, 0, differing) === 0) {
      this.#masked++;
      return undefined;
    }
    return this.#difference("value", at, hex(ours), hex(qemu));
  }

  #memory(at: number): Difference | undefined {
    const ours = this.#ours.loads.get(at);
    const qemu = this.#qemu.loads.get(at);
    if (ours === undefined || qemu === undefined || Buffer.compare(ours, qemu) === 0) return undefined;
    for (let i = 0; i < ours.length; i++) {
      const differing = ((ours[i] as number) ^ (qemu[i] ?? ~0)) & 0xff;
      if (differing === 0 || this.#excuse(at, i, differing) === 0) continue;
      const piece = (bytes: Uint8Array): string =>
        `+${hex(i)} ${Buffer.from(bytes.slice(i, i + 16)).toString("hex")}`;
      return this.#difference("memory", at, piece(ours), piece(qemu));
    }
    this.#masked++;
    return undefined;
  }

  #interrupt(at: number): Difference | undefined {
    const ours = this.#ours.interrupts[at] as boolean;
    const qemu = this.#qemu.interrupts[at] as boolean;
    return ours === qemu ? undefined : this.#difference("interrupt", at, String(ours), String(qemu));
  }

  /** QEMU's trace says of a frame only before which arriving frame it left; so frames are compared in their order. */
  #sent(): Difference | undefined {
    const [ours, qemu] = [this.#ours.sent, this.#qemu.sent];
    for (let i = 0; i < Math.max(ours.length, qemu.length); i++) {
      const mine = ours[i];
      const theirs = qemu[i];
      if (mine !== undefined && theirs !== undefined && Buffer.compare(mine.frame, theirs.frame) === 0)
        continue;
      return this.#difference("sent", (mine ?? theirs)?.at ?? 0, shown(mine?.frame), shown(theirs?.frame));
    }
    return undefined;
  }

  /** What is left of `differing` bits when the excused ones are taken away. */
  #excuse(at: number, byte: number, differing: number): number {
    let left = differing;
    for (const excuse of this.#script.excuses.get(at) ?? NONE) {
      if (excuse.byte !== byte || (left & excuse.bits) === 0) continue;
      left = (left & ~excuse.bits) >>> 0;
      this.#excused.set(excuse.mask, (this.#excused.get(excuse.mask) ?? 0) + 1);
    }
    return left;
  }

  #difference(kind: Difference["kind"], at: number, ours: string, qemu: string): Difference {
    return { kind, at, name: this.#script.names[at] ?? "", ours, qemu };
  }
}

function shown(frame: Uint8Array | undefined): string {
  if (frame === undefined) return "no frame";
  return `${frame.length} bytes ${Buffer.from(frame.subarray(0, 32)).toString("hex")}`;
}
