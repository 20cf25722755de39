/**
 * Our native drivers on QEMU's card, as they are: the driver lives here and takes its decisions from what QEMU's card
 * answers; its memory lies in QEMU's, where the card masters the bus. All that it did becomes a program, which our own
 * card is then given too.
 */
import { VpioError } from "../base/errors.ts";
import { guestPhysical, hostPhysical } from "../base/ids.ts";
import { Prng } from "../base/prng.ts";
import type { DriverCounters, NetDriver } from "../devices/driver.ts";
import { MAX_FRAME_BYTES } from "../ethernet/ethernet.ts";
import { hlt, type PortOp, type Program } from "../hardware/cpu.ts";
import { GuestMemory } from "../hardware/memory.ts";
import { Processor } from "../hardware/processor.ts";
import { type Script, writeFromPowerOn } from "./author.ts";
import type { OracleCard } from "./cards.ts";
import { compare, type Verdict } from "./compare.ts";
import { randomFrame } from "./frames.ts";
import { QemuCard } from "./qemu-card.ts";
import { ARENA_BYTES, MEMORY_BASE } from "./silicon-card.ts";
import { bytesOf, inStep, literal, type Payload, type Step } from "./step.ts";
import { newTrace, type Trace } from "./trace.ts";

export interface DriverSession {
  readonly script: Script;
  /** Of the program as a whole, on our card and on QEMU's. */
  readonly verdict: Verdict;
  readonly counters: DriverCounters;
  /** What the driver was given to send, and what came out of QEMU's card. */
  readonly given: readonly Uint8Array[];
  readonly sent: readonly Uint8Array[];
  /** What arrived at QEMU's card, and what the driver handed up. */
  readonly arrived: readonly Uint8Array[];
  readonly received: readonly Uint8Array[];
}

export interface DriverSessionOptions {
  readonly card: OracleCard;
  readonly seed: number;
  /** Frames each way. */
  readonly frames: number;
  readonly promiscuous: boolean;
}

/** A window that the steps count offsets from. */
const IO_BASE = 0xc000;
/** What a HLT without interrupt takes. */
const HLT_NS = 1000;

/** Throws a PROGRAM error when the driver finds no card, an INTERNAL one when it leaves what can be compared. */
export async function runDriverSession(options: DriverSessionOptions): Promise<DriverSession> {
  const qemu = await QemuCard.start(options.card);
  try {
    return await new Session(options, qemu).run();
  } finally {
    qemu.close();
  }
}

class Session {
  readonly #options: DriverSessionOptions;
  readonly #qemu: QemuCard;
  readonly #driver: NetDriver;
  readonly #processor: Processor;
  /** The driver's memory, and what of it QEMU has. */
  readonly #local = new Uint8Array(new ArrayBuffer(ARENA_BYTES));
  readonly #remote = new Uint8Array(ARENA_BYTES);
  readonly #given: Uint8Array[] = [];
  readonly #received: Uint8Array[] = [];
  readonly #arrivals: Payload[] = [];
  #arrivedCount = 0;
  readonly #steps: Step[] = [];
  readonly #trace: Trace = newTrace();
  /** Steps that nobody has waited for yet. */
  #posted: Step[] = [];
  #clockNs = 0;

  constructor(options: DriverSessionOptions, qemu: QemuCard) {
    const { card, frames, promiscuous } = options;
    this.#options = options;
    this.#qemu = qemu;
    const prng = new Prng(options.seed);
    for (let i = 0; i < frames; i++) {
      this.#given.push(bytesOf(randomFrame(prng, card.mac, 14, MAX_FRAME_BYTES)));
      this.#arrivals.push(randomFrame(prng, card.mac, 60, MAX_FRAME_BYTES));
    }
    const slab = { host: hostPhysical(0), bytes: ARENA_BYTES, guest: guestPhysical(MEMORY_BASE) };
    this.#driver = card.makeDriver({
      ioBase: IO_BASE,
      memory: new GuestMemory(this.#local.buffer, slab),
      onReceive: (frame) => this.#received.push(frame),
      promiscuous,
    });
    this.#processor = new Processor({ main: () => this.#main(), interrupt: () => this.#driver.interrupt() });
  }

  async run(): Promise<DriverSession> {
    for (let answer = 0; ; ) {
      const stop = this.#processor.resume(answer, () => this.#clockNs);
      if (stop.kind === "end") break;
      if (stop.kind === "pause") answer = 0;
      else if (stop.kind === "hlt") answer = await this.#halt();
      else answer = await this.#operate(stop);
    }
    // On a card that the driver has closed nothing comes of a frame; but it shows what has been sent before it.
    await this.#arrive(this.#arrivals[0] ?? literal(new Uint8Array(60)));
    return this.#compare();
  }

  *#main(): Program<void> {
    const driver = this.#driver;
    yield* driver.open();
    for (const frame of this.#given) {
      while (!(yield* driver.transmit(frame))) yield hlt();
      yield hlt();
    }
    while (this.#arrivedCount < this.#arrivals.length) yield hlt();
    yield* driver.close();
  }

  /** A processor that waits sees the next frame arrive, or an interrupt that is pending. */
  async #halt(): Promise<number> {
    await this.#flush();
    this.#clockNs += HLT_NS;
    const next = this.#arrivals[this.#arrivedCount];
    if (this.#processor.line || next === undefined) return 0;
    this.#arrivedCount++;
    await this.#arrive(next);
    return 0;
  }

  async #arrive(payload: Payload): Promise<void> {
    this.#posted.push({ kind: "frame", payload });
    this.#posted.push({ kind: "load", address: MEMORY_BASE, bytes: ARENA_BYTES });
    await this.#flush();
    const found = this.#trace.loads.get(this.#steps.length - 1);
    if (found === undefined) return;
    this.#local.set(found);
    this.#remote.set(found);
  }

  async #operate(op: PortOp): Promise<number> {
    const offset = op.port - IO_BASE;
    switch (op.kind) {
      case "in":
        this.#posted.push(inStep(offset, op.width));
        await this.#flush();
        return this.#trace.values.at(-1) as number;
      case "out":
        this.#pushMemory();
        this.#posted.push({ kind: "out", offset, width: op.width, value: op.value });
        return 0;
      case "ins": {
        await this.#flush();
        const first = this.#trace.values.length;
        for (let i = 0; i < op.count; i++) this.#posted.push(inStep(offset, op.width));
        await this.#flush();
        for (let i = 0; i < op.count * op.width; i++) {
          const unit = this.#trace.values[first + Math.floor(i / op.width)] as number;
          this.#local[op.address - MEMORY_BASE + i] = unit >>> (8 * (i % op.width));
        }
        return 0;
      }
      case "outs":
        for (let i = 0; i < op.count; i++) {
          const at = op.address - MEMORY_BASE + i * op.width;
          let value = 0;
          for (let byte = 0; byte < op.width; byte++)
            value |= (this.#local[at + byte] as number) << (8 * byte);
          this.#posted.push({ kind: "out", offset, width: op.width, value: value >>> 0 });
        }
        return 0;
    }
  }

  /** What the driver has written to its memory goes to QEMU's, ahead of the operation that may make the card look. */
  #pushMemory(): void {
    const [local, remote] = [this.#local, this.#remote];
    if (!this.#options.card.mastersBus || Buffer.compare(local, remote) === 0) return;
    let first = 0;
    while (local[first] === remote[first]) first++;
    let end = ARENA_BYTES;
    while (local[end - 1] === remote[end - 1]) end--;
    const bytes = local.slice(first, end);
    this.#posted.push({ kind: "store", address: MEMORY_BASE + first, payload: literal(bytes) });
    remote.set(bytes, first);
  }

  async #flush(): Promise<void> {
    const steps = this.#posted;
    this.#posted = [];
    const trace = await this.#qemu.run(steps);
    const first = this.#steps.length;
    this.#steps.push(...steps);
    this.#trace.values.push(...trace.values);
    this.#trace.interrupts.push(...trace.interrupts);
    for (const [at, bytes] of trace.loads) this.#trace.loads.set(first + at, bytes);
    for (const { at, frame } of trace.sent) this.#trace.sent.push({ at: first + at, frame });
    this.#processor.line = trace.interrupts.at(-1) ?? this.#processor.line;
  }

  #compare(): DriverSession {
    const script = writeFromPowerOn(this.#options.card, (author) => {
      for (const step of this.#steps) author.step(step);
    });
    const fence = [...script.refusals.keys()][0];
    if (fence !== undefined) {
      throw new VpioError("INTERNAL", `the native driver does what the fence "${fence}" keeps programs from`);
    }
    return {
      script,
      verdict: compare(script, script.trace, this.#trace),
      counters: this.#driver.counters,
      given: this.#given,
      sent: this.#trace.sent.map(({ frame }) => frame),
      arrived: this.#arrivals.slice(0, this.#arrivedCount).map(bytesOf),
      received: this.#received,
    };
  }
}
