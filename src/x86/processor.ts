/** The processor of a virtual PC, as a guest actor drives it: slice by slice, its idling a HLT. */
import { VpioError } from "../base/errors.ts";
import { NS_PER_MS } from "../base/units.ts";
import { PAGE_BYTES } from "../hardware/memory.ts";
import type { PageLog } from "../hardware/page-log.ts";
import type { Stop, VirtualProcessor } from "../hardware/processor.ts";
import type { X86Machine } from "./machine.ts";

export interface X86ProcessorOptions {
  readonly machine: X86Machine;
  /** Pages of its memory that cards have written to. */
  readonly pages: PageLog;
  /** When it is switched on. */
  readonly startNs: number;
}

export class X86Processor implements VirtualProcessor {
  readonly #options: X86ProcessorOptions;
  #line = false;
  /** The line has risen and no slice has begun since: the machine does not know yet. */
  #news = false;

  constructor(options: X86ProcessorOptions) {
    this.#options = options;
  }

  get line(): boolean {
    return this.#line;
  }

  set line(level: boolean) {
    if (level !== this.#line) this.#news = level;
    this.#line = level;
    this.#options.machine.interruptLine = level;
  }

  get interruptPending(): boolean {
    return this.#news;
  }

  /** Throws a PROGRAM error when nothing can wake the machine any more. */
  resume(_answer: number, nowNs: () => number): Stop {
    const { machine, pages, startNs } = this.#options;
    if (nowNs() < startNs) return { kind: "hlt", untilNs: startNs };
    this.#news = false;
    pages.take((address) => machine.codeWritten(address, PAGE_BYTES));
    const idleMs = machine.runSlice();
    if (machine.isDead)
      throw new VpioError("PROGRAM", "it has switched itself off, or its kernel has given up");
    return idleMs > 0 ? { kind: "hlt", untilNs: nowNs() + idleMs * NS_PER_MS } : { kind: "pause" };
  }
}
