/** The body of a line: takes frames one after the other and hands each over when its bits have passed. */
import { NS_PER_S, NS_PER_US } from "../src/base/units.ts";
import { MIN_FRAME_BYTES } from "../src/ethernet/ethernet.ts";
import { MachineRunner, type OnStep } from "../src/machine/actor.ts";
import { type LineEffect, type LineEvent, lineAutomaton } from "./wire.ts";

/** What goes with each frame: preamble and start delimiter 8, FCS 4, the gap of 12 behind it. */
const OVERHEAD_BYTES = 24;
/** How long a frame waits at a station without room before it is offered again. */
const ROOM_RETRY_NS = 20 * NS_PER_US;

/** Nanoseconds that a frame of `bytes` (without FCS) occupies a line of `rateBits` per second; may be a fraction. */
export const frameTimeNs = (bytes: number, rateBits: number): number =>
  ((Math.max(bytes, MIN_FRAME_BYTES) + OVERHEAD_BYTES) * 8 * NS_PER_S) / rateBits;

/** What a line carries; `passed`: over this line once already, so that it takes no time. */
interface Carried {
  readonly bytes: Uint8Array;
  readonly passed?: boolean;
}

export interface LineOptions<Item extends Carried> {
  readonly rateBits: number;
  /** The next frame, undefined when there is none. Asked only when the line can take it. */
  readonly next: () => Item | undefined;
  /** The frame has arrived, at that time. False: there is no room for it now. */
  readonly deliver: (item: Item, atNs: number) => boolean;
  readonly onStep?: OnStep | undefined;
}

export class Line<Item extends Carried> {
  readonly #options: LineOptions<Item>;
  readonly #runner: MachineRunner<LineEvent, LineEffect>;
  #item: Item | undefined;
  /** The time of what is going on; it may lie behind the clock, when that is served late. */
  #atNs = 0;
  #freeAtNs = 0;
  #dueNs: number | undefined;

  constructor(options: LineOptions<Item>) {
    this.#options = options;
    this.#runner = new MachineRunner(lineAutomaton, (effect) => this.#perform(effect), options.onStep);
  }

  get stateName(): string {
    return this.#runner.stateName;
  }

  get idle(): boolean {
    return this.#runner.is("idle");
  }

  /** When `elapse` is to be called; undefined while the line is idle. May be a fraction. */
  get dueNs(): number | undefined {
    return this.#dueNs;
  }

  /** There may be a frame to send, since `atNs`. */
  attend(atNs: number): void {
    this.#atNs = atNs;
    if (this.idle) this.#attend();
  }

  /** `dueNs` has come, or has passed: what follows counts from `dueNs`, so lateness does not add up. */
  elapse(): void {
    this.#atNs = this.#dueNs ?? this.#atNs;
    this.#dueNs = undefined;
    this.#runner.raise("ELAPSED");
  }

  #attend(): void {
    this.#item = this.#options.next();
    if (this.#item !== undefined) this.#runner.raise("START");
  }

  #perform(effect: LineEffect): void {
    switch (effect.type) {
      case "attend":
        return this.#attend();
      case "occupy":
        return this.#occupy();
      case "deliver":
        return this.#deliver();
      case "awaitRoom":
        this.#dueNs = this.#atNs + ROOM_RETRY_NS;
        return;
    }
  }

  #occupy(): void {
    const item = this.#item;
    const passed = item === undefined || item.passed === true;
    const occupiedNs = passed ? 0 : frameTimeNs(item.bytes.length, this.#options.rateBits);
    this.#freeAtNs = Math.max(this.#atNs, this.#freeAtNs) + occupiedNs;
    this.#dueNs = this.#freeAtNs;
  }

  #deliver(): void {
    const taken = this.#item === undefined || this.#options.deliver(this.#item, this.#atNs);
    if (taken) this.#item = undefined;
    this.#runner.raise(taken ? "DELIVERED" : "NO_ROOM");
  }
}
