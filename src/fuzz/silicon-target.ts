/** A bare card: its program reaches every port, and its DMA every address. */
import { type CpuOp, type Program, type Width, widthMask } from "../hardware/cpu.ts";
import { GuestMemory, layOut, type Slab } from "../hardware/memory.ts";
import type { Silicon } from "../hardware/silicon.ts";
import { noise, noiseFrame } from "./noise.ts";
import type { FuzzOp } from "./operation.ts";
import type { CardProfile } from "./profile.ts";
import { moveString, type StringOperation } from "./string-operation.ts";
import { checkRead, countOutcome, MACS, newTally, passTime, type Tally, type Target } from "./target.ts";
import { Broken, WatchedSlot } from "./watched-slot.ts";

/** Room for the largest receive ring of an RTL8139 and as much again. */
export const SILICON_MEMORY_BYTES = 1 << 17;
/** Rounds of a driver's interrupt handler before the line is taken to be stuck. */
const INTERRUPT_ROUNDS = 8;

export class SiliconTarget implements Target {
  readonly tally: Tally;
  readonly #profile: CardProfile;
  readonly #slot = new WatchedSlot(SILICON_MEMORY_BYTES);
  readonly #silicon: Silicon;

  constructor(profile: CardProfile) {
    this.#profile = profile;
    this.tally = newTally(this.#slot.tally);
    this.#slot.begin(profile.work);
    this.#silicon = profile.device.makeSilicon(this.#slot, MACS.card);
    this.#slot.dmaRule = profile.dmaRule(this.#silicon);
  }

  apply(op: FuzzOp): void {
    const slot = this.#slot;
    slot.begin(this.#profile.work);
    switch (op.kind) {
      case "in":
        this.#in(op.offset, op.width);
        return;
      case "out":
        return this.#silicon.writePort(op.offset, op.width, op.value);
      case "ins":
      case "outs":
        return this.#string(op);
      case "scribble":
        return slot.host.write(op.address, noise(op.bytes, op.seed));
      case "frame":
        return countOutcome(this.tally, this.#silicon.receive(noiseFrame(op, MACS)));
      case "transmitted":
        return this.#leave();
      case "timer":
        return this.#silicon.timer();
      case "pass":
        return passTime(slot, this.#silicon, op.ns, this.#profile.work);
      case "reset":
        return this.#silicon.reset();
      case "service":
      case "handOff":
        throw new Broken(`${op.kind} is for a shared card`);
    }
  }

  /** After a power-on reset a driver must find a card that sends and receives, with whatever its EEPROM now holds. */
  finish(): void {
    this.#slot.begin(this.#profile.work);
    this.#silicon.reset();
    this.#leave();
    const received: Uint8Array[] = [];
    const [slab] = layOut([SILICON_MEMORY_BYTES], false);
    const driver = this.#profile.device.makeDriver({
      ioBase: 0,
      memory: new GuestMemory(this.#slot.buffer, slab as Slab),
      onReceive: (frame) => received.push(frame),
      promiscuous: false,
    });
    this.#run(driver.open());
    const frame = noiseFrame({ bytes: 300, to: "broadcast", seed: 1 }, MACS);
    const sent = this.tally.sentFrames;
    this.#run(driver.transmit(frame));
    if (this.tally.sentFrames !== sent + 1) throw new Broken("the card does not send after a reset");
    this.#leave();
    this.apply({ kind: "frame", bytes: 300, to: "broadcast", seed: 1 });
    for (let i = 0; this.#slot.interrupt && i < INTERRUPT_ROUNDS; i++) this.#run(driver.interrupt());
    if (received.length !== 1 || received[0]?.every((byte, i) => byte === frame[i]) !== true)
      throw new Broken("the card does not receive after a reset");
    if (!driver.transmitIdle || this.#slot.interrupt) throw new Broken("the card does not come to rest");
  }

  #in(offset: number, width: Width): number {
    const value = this.#silicon.readPort(offset, width);
    checkRead(value, width, offset);
    return value;
  }

  #leave(): void {
    if (!this.#slot.phyBusy) return;
    this.#slot.phyBusy = false;
    this.#slot.begin(this.#profile.work);
    this.#silicon.transmitted();
  }

  #string(op: StringOperation & { readonly offset: number }): void {
    const { offset, width } = op;
    moveString(op, this.#slot.host, {
      read: () => {
        this.#slot.begin(this.#profile.work);
        return this.#in(offset, width);
      },
      write: (value) => {
        this.#slot.begin(this.#profile.work);
        this.#silicon.writePort(offset, width, value);
      },
    });
  }

  #run<T>(program: Program<T>): T {
    let step = program.next(0);
    while (!step.done) step = program.next(this.#execute(step.value));
    return step.value;
  }

  #execute(op: CpuOp): number {
    this.#slot.begin(this.#profile.work);
    switch (op.kind) {
      case "in":
        return this.#in(op.port, op.width);
      case "out":
        this.#silicon.writePort(op.port, op.width, (op.value & widthMask(op.width)) >>> 0);
        return 0;
      case "ins":
      case "outs":
        this.#string({ ...op, offset: op.port });
        return 0;
      case "hlt":
        this.#slot.clockNs += 1000;
        return 0;
      case "clock":
        return this.#slot.clockNs;
      case "cli":
      case "sti":
        return 0;
    }
  }
}
