/** Our silicon in a slot of its own: does steps at once, and every frame it sends has left when the step is over. */

import { HostMemory } from "../hardware/memory.ts";
import type { ReceiveOutcome, Silicon, Slot } from "../hardware/silicon.ts";
import type { Pilot } from "./rules.ts";
import { bytesOf, type Step } from "./step.ts";
import { newTrace, type Trace } from "./trace.ts";

/** Guest memory begins here, behind what a PC keeps for itself. */
export const MEMORY_BASE = 0x10_0000;
/** What programs use of it. */
export const ARENA_BYTES = 0x1_4000;

export class SiliconCard implements Pilot {
  readonly trace: Trace = newTrace();
  readonly #silicon: Silicon;
  readonly #host = new HostMemory(new ArrayBuffer(MEMORY_BASE + ARENA_BYTES));
  #interrupt = false;
  #atPhy = 0;
  #outcome: ReceiveOutcome | undefined;

  constructor(makeSilicon: (slot: Slot) => Silicon) {
    this.#silicon = makeSilicon({
      dmaRead: (address, into) => this.#host.read(address, into),
      dmaWrite: (address, from) => this.#host.write(address, from),
      setInterrupt: (level) => {
        this.#interrupt = level;
      },
      transmit: (frame) => {
        this.trace.sent.push({ at: this.trace.values.length, frame: frame.slice() });
        this.#atPhy++;
      },
      nowNs: () => 0,
      wakeAt: () => undefined,
    });
    this.#silicon.reset();
  }

  /** What became of the frame of the last step, if it was one. */
  get outcome(): ReceiveOutcome | undefined {
    return this.#outcome;
  }

  /** Does one step, adds it to the trace and answers its value. */
  step(step: Step): number {
    this.#outcome = undefined;
    const value = this.#do(step);
    for (; this.#atPhy > 0; this.#atPhy--) this.#silicon.transmitted();
    this.trace.values.push(value);
    this.trace.interrupts.push(this.#interrupt);
    return value;
  }

  peek(offset: number, width: 1 | 2 | 4): number {
    return this.#silicon.readPort(offset, width);
  }

  memory(address: number, bytes: number): Uint8Array {
    const copy = new Uint8Array(bytes);
    this.#host.read(address, copy);
    return copy;
  }

  #do(step: Step): number {
    switch (step.kind) {
      case "in":
        return this.#silicon.readPort(step.offset, step.width);
      case "out":
        this.#silicon.writePort(step.offset, step.width, step.value);
        return 0;
      case "store":
        this.#host.write(step.address, bytesOf(step.payload));
        return 0;
      case "load":
        this.trace.loads.set(this.trace.values.length, this.memory(step.address, step.bytes));
        return 0;
      case "frame":
        this.#outcome = this.#silicon.receive(bytesOf(step.payload));
        return 0;
    }
  }
}

/** All steps on a fresh card. */
export function runOnSilicon(makeSilicon: (slot: Slot) => Silicon, steps: readonly Step[]): Trace {
  const card = new SiliconCard(makeSilicon);
  for (const step of steps) card.step(step);
  return card.trace;
}
