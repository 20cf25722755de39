/**
 * One virtual processor: runs a program, lets the interrupt handler in at operation boundaries, and stops at each
 * operation that somebody else must execute. It never waits by itself; who calls it decides when it goes on.
 */
import { invariant } from "../base/errors.ts";
import type { CpuOp, PortOp, Program } from "./cpu.ts";

/** What a processor runs. */
export interface Software {
  /** From power-on to the end of the guest's work. */
  main(): Program<void>;
  /** The interrupt handler; a new one for each interrupt. Runs with interrupts off. */
  interrupt(): Program<void>;
}

/**
 * Why the processor has stopped: an operation for the outside, or the program's end. `pause`: nothing is wanted, but the
 * program has kept to itself for so long that others must get their turn; resume with 0.
 */
export type Stop =
  | PortOp
  | Extract<CpuOp, { readonly kind: "hlt" }>
  | { readonly kind: "end" }
  | { readonly kind: "pause" };

/** A virtual processor as its VM drives it. */
export interface VirtualProcessor {
  /** The level of the interrupt line, as the VMM last set it. */
  line: boolean;
  /** True when a pending interrupt would be taken, or would end a HLT. */
  readonly interruptPending: boolean;
  /** Goes on with the answer to the operation it stopped at, up to the next stop. Throws what its software throws. */
  resume(answer: number, nowNs: () => number): Stop;
}

/** Operations without effect outside (clock, cli, sti) that a program may do in a row. */
const INTERNAL_OPERATIONS_MAX = 1000;

/** A processor whose software is programs of ours. */
export class Processor implements VirtualProcessor {
  line = false;
  readonly #software: Software;
  readonly #main: Program<void>;
  #handler: Program<void> | undefined;
  /** Answer for the main program, kept while a handler runs in between. */
  #mainAnswer = 0;
  #maskDepth = 0;
  /** The answer that a pause has kept. */
  #paused: number | undefined;
  /** After a handler the main program gets one operation in, however busy the line: as after IRET. */
  #breathe = false;

  constructor(software: Software) {
    this.#software = software;
    this.#main = software.main();
  }

  get interruptPending(): boolean {
    return this.line && this.#handler === undefined;
  }

  resume(answer: number, nowNs: () => number): Stop {
    if (this.#paused !== undefined) {
      answer = this.#paused;
      this.#paused = undefined;
    }
    for (let internal = 0; ; internal++) {
      if (internal > INTERNAL_OPERATIONS_MAX) {
        this.#paused = answer;
        return { kind: "pause" };
      }
      if (this.#handler === undefined && this.#takesInterrupt()) {
        this.#mainAnswer = answer;
        this.#handler = this.#software.interrupt();
      }
      const inHandler = this.#handler !== undefined;
      const step = (this.#handler ?? this.#main).next(answer);
      if (step.done) {
        if (!inHandler) return { kind: "end" };
        this.#handler = undefined;
        this.#breathe = true;
        answer = this.#mainAnswer;
        continue;
      }
      if (!inHandler) this.#breathe = false;
      switch (step.value.kind) {
        case "cli":
          this.#maskDepth++;
          answer = 0;
          break;
        case "sti":
          invariant(this.#maskDepth > 0, "sti without cli");
          this.#maskDepth--;
          answer = 0;
          break;
        case "clock":
          answer = nowNs();
          break;
        default:
          return step.value;
      }
    }
  }

  #takesInterrupt(): boolean {
    return this.line && this.#maskDepth === 0 && !this.#breathe;
  }
}
