/**
 * Guests that share a card, each beside a twin alone with a card of its own: both do the same, and whatever the shared
 * guest reads, is interrupted by, receives, sends and finds in its memory must be what its twin sees.
 */
import { Prng } from "../../src/base/prng.ts";
import type { CpuOp, PortOp, Program } from "../../src/hardware/cpu.ts";
import {
  type CardUnderTest,
  DmmBench,
  IO_BASE,
  macOf,
  PrivateSeat,
  type Seat,
  type SharedSeat,
} from "./dmm-bench.ts";

/** A card as the suite needs to know it. */
export interface ModelKind extends CardUnderTest {
  readonly name: string;
  readonly guestBytes: number;
  /** Everything that a guest can read of its card without changing it, by name. */
  view(ioBase: number): Program<ReadonlyMap<string, number>>;
  /** What a kernel may do to its card apart from sending and receiving, by name. */
  readonly stirs: Readonly<Record<string, Stir>>;
  /** What a hostile guest may do next, to reach memory that is not its own. */
  attack(ioBase: number, prng: Prng, memoryBytes: number): PortOp;
}

/** Port operations; what they are is up to `prng`. */
export type Stir = (ioBase: number, prng: Prng, seat: Seat) => Program<void>;

/** Something that happens to the card between two operations of a program. */
type Interjection = { readonly kind: "leave" } | { readonly kind: "arrive"; readonly frame: Uint8Array };

const FRAME_MAX_BYTES = 1514;
const HUGE_BYTES = 65_536;

class Pair {
  readonly shared: SharedSeat;
  readonly twin: PrivateSeat;

  constructor(kind: ModelKind, shared: SharedSeat) {
    this.shared = shared;
    this.twin = new PrivateSeat(kind, shared.mac, kind.guestBytes);
  }
}

export class Duel {
  readonly bench: DmmBench;
  readonly prng: Prng;
  handoffs = 0;
  refusals = 0;
  readonly #kind: ModelKind;
  readonly #pairs: readonly Pair[];
  #trail: string[] = [];

  constructor(kind: ModelKind, guests: number, seed: number) {
    this.#kind = kind;
    this.prng = new Prng(seed);
    this.bench = new DmmBench(kind, { guests, guestBytes: kind.guestBytes });
    this.#pairs = this.bench.seats.map((seat) => new Pair(kind, seat));
  }

  /** The pair whose shared guest holds the card. */
  get #owner(): Pair {
    const pair = this.#pairs.find(({ shared }) => shared === this.bench.owner);
    if (pair === undefined) throw new Error("nobody holds the card");
    return pair;
  }

  /** Each guest in turn gets the card for the first time, finds it as after power-on and starts its driver. */
  openAll(): void {
    for (const { shared } of this.#pairs) {
      if (!this.handOff(shared.id)) throw new Error("a card that was only opened is not reusable");
      this.compareViews();
      this.both("open", (seat) => seat.driver.open(), []);
    }
  }

  /** One random thing happens at the card or to it. */
  step(): void {
    const { prng } = this;
    switch (prng.below(12)) {
      case 0:
      case 1:
        return this.transmit();
      case 2:
      case 3:
      case 4:
        return this.arrive(this.randomFrame());
      case 5:
      case 6:
        return this.service();
      case 7:
        return this.leave();
      case 8:
        return this.pass(1000 * prng.below(200));
      case 9:
        return this.compareViews();
      default:
        return this.stir();
    }
  }

  transmit(): void {
    const frame = this.randomFrame().subarray(0, FRAME_MAX_BYTES);
    if (frame.length < 14) return;
    this.both(`transmit ${frame.length}`, (seat) => seat.driver.transmit(frame), this.#interjections(1));
  }

  /** The interrupt handler, when the line is up. */
  service(): void {
    if (this.#owner.twin.line)
      this.both("interrupt", (seat) => seat.driver.interrupt(), this.#interjections(3));
  }

  stir(): void {
    const seed = this.prng.u32();
    const [name, stir] = this.prng.pick(Object.entries(this.#kind.stirs));
    this.both(name, (seat) => stir(IO_BASE, new Prng(seed), seat), this.#interjections(1));
  }

  leave(): void {
    this.#note("leave");
    this.#owner.shared.leave();
    this.#owner.twin.leave();
    this.#settle();
  }

  arrive(frame: Uint8Array): void {
    this.#note(`arrive ${frame.length} to ${[...frame.subarray(0, 6)].join(":")}`);
    this.#arriveAtBoth(frame);
    this.#settle();
  }

  pass(ns: number): void {
    this.#note(`pass ${ns}`);
    this.#owner.shared.pass(ns);
    this.#owner.twin.pass(ns);
    this.#settle();
  }

  compareViews(): void {
    this.both("view", () => this.#kind.view(IO_BASE), []);
  }

  /** False when the card is not reusable. What is still at the PHY then leaves: it belongs to nobody any more. */
  handOff(to: number): boolean {
    this.#note(`hand off to ${to}`);
    const from = this.bench.owner;
    if (!this.bench.handOff(this.bench.seat(to))) {
      this.refusals++;
      return false;
    }
    this.handoffs++;
    this.bench.leave();
    this.#pairs.find(({ shared }) => shared === from)?.twin.leave();
    this.#settle();
    return true;
  }

  /** Runs the same program at both seats of the owner; each operation must have the same answer. */
  both(
    what: string,
    make: (seat: Seat) => Program<unknown>,
    interjections: readonly (Interjection | undefined)[],
  ): void {
    this.#note(what);
    const { shared, twin } = this.#owner;
    const left = make(shared);
    const right = make(twin);
    let answer = 0;
    for (let i = 0; ; i++) {
      const [a, b] = [left.next(answer), right.next(answer)];
      if (a.done || b.done) {
        this.#equal(a.done, b.done, `${what} ends`);
        break;
      }
      this.#equal(describe(a.value), describe(b.value), `operation ${i} of ${what}`);
      answer = twin.execute(b.value);
      this.#equal(shared.execute(a.value), answer, `${describe(a.value)}, operation ${i} of ${what}`);
      this.#interject(interjections[i]);
    }
    this.#settle();
  }

  /** What each guest sent and received, and all of its memory. */
  compareOutcomes(): void {
    for (const { shared, twin } of this.#pairs) {
      this.#equal(shared.sent.length, twin.sent.length, `frames sent by guest ${shared.id}`);
      for (const [i, frame] of shared.sent.entries()) {
        this.#equal(
          hex(frame),
          hex(twin.sent[i] ?? new Uint8Array(0)),
          `frame ${i} sent by guest ${shared.id}`,
        );
      }
      this.#equal(shared.received.map(hex).join(), twin.received.map(hex).join(), "frames received");
      const [left, right] = [shared, twin].map((seat) => seat.memory.bytes(0, this.#kind.guestBytes));
      const at = left?.findIndex((byte, i) => byte !== right?.[i]) ?? -1;
      this.#equal(at, -1, `memory of guest ${shared.id}`);
      this.#equal(shared.driver.transmitIdle, twin.driver.transmitIdle, "transmitIdle");
      this.#equal(JSON.stringify(shared.driver.counters), JSON.stringify(twin.driver.counters), "counters");
    }
    this.#equal(this.bench.slot.strays.join(), "", "DMA outside of what the card was lent");
  }

  randomFrame(): Uint8Array {
    const { prng } = this;
    const huge = prng.chance(1, 50);
    const frame = new Uint8Array(
      huge ? prng.below(HUGE_BYTES) : prng.chance(1, 10) ? prng.below(60) : prng.between(60, 1514),
    );
    prng.fill(frame);
    const to = prng.below(8);
    if (to < 5) frame.set(this.#owner.shared.mac.subarray(0, frame.length));
    else if (to === 5) frame.fill(0xff, 0, 6);
    else if (to === 6) frame.set(macOf(prng.below(this.#pairs.length)).subarray(0, frame.length));
    return frame;
  }

  #interjections(perOperation: number): readonly (Interjection | undefined)[] {
    const { prng } = this;
    if (prng.chance(1, 2)) return [];
    return Array.from({ length: 12 }, () => {
      if (!prng.chance(perOperation, 8)) return undefined;
      return prng.chance(1, 2) ? { kind: "leave" } : { kind: "arrive", frame: this.randomFrame() };
    });
  }

  #interject(what: Interjection | undefined): void {
    if (what === undefined) return;
    this.#note(`  between: ${what.kind}`);
    if (what.kind === "arrive") this.#arriveAtBoth(what.frame);
    else {
      this.#owner.shared.leave();
      this.#owner.twin.leave();
    }
    this.#settle();
  }

  #arriveAtBoth(frame: Uint8Array): void {
    const { shared, twin } = this.#owner;
    this.#equal(shared.arrive(frame), twin.arrive(frame), "what became of a frame");
  }

  /** An interrupt exits at once: the VMM has followed it when the guest goes on, and both guests see one line. */
  #settle(): void {
    this.bench.follow();
    const { shared, twin } = this.#owner;
    this.#equal(shared.line, twin.line, "the interrupt line");
  }

  #note(what: string): void {
    this.#trail.push(`${this.bench.owner?.id}: ${what}`);
    if (this.#trail.length > 60) this.#trail = this.#trail.slice(-40);
  }

  #equal<T extends string | number | boolean | undefined>(shared: T, twin: T, what: string): void {
    if (shared === twin) return;
    const [a, b] = [shared, twin].map((value) =>
      typeof value === "number" ? `0x${value.toString(16)}` : value,
    );
    throw new Error(`${what}: the shared guest has ${a}, its twin ${b}; after\n${this.#trail.join("\n")}`);
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function describe(op: CpuOp): string {
  if (op.kind === "out") return `out${op.width} 0x${op.port.toString(16)} <- 0x${op.value.toString(16)}`;
  return "port" in op ? `${op.kind}${op.width} 0x${op.port.toString(16)}` : op.kind;
}
