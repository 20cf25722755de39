/**
 * A guest's virtual card: the silicon itself, in a slot that stands between it and the host. Its DMA reaches the guest's
 * memory and nothing else; its frames go to the VMM.
 */
import { type PortOp, widthMask } from "../src/hardware/cpu.ts";
import { littleEndian, putLittleEndian } from "../src/hardware/little-endian.ts";
import type { ReceiveOutcome, Silicon, Slot } from "../src/hardware/silicon.ts";
import type { Ports } from "../src/machine/actor.ts";
import { actionFor, type FailurePolicy, type Violation } from "../src/vpio/failure.ts";
import type { GuestDesk } from "./vmm.ts";

export interface VirtualCardOptions {
  readonly desk: GuestDesk;
  readonly makeSilicon: (slot: Slot, mac: Uint8Array) => Silicon;
  readonly ports: Ports;
  /** The card's own timer among those of the actor. */
  readonly timer: number;
  readonly failure: FailurePolicy;
  /** Takes a frame for the physical card; the bytes are the callee's. `sent` is to be called when that has taken it. */
  readonly onTransmit: (frame: Uint8Array) => void;
}

/** What became of the frames for one guest. */
export type ReceiveCounts = Readonly<Record<ReceiveOutcome, number>>;

export class VirtualCard {
  readonly received: Record<ReceiveOutcome, number> = {
    stored: 0,
    filtered: 0,
    off: 0,
    overflow: 0,
    refused: 0,
  };
  readonly #options: VirtualCardOptions;
  readonly #silicon: Silicon;

  constructor(options: VirtualCardOptions) {
    this.#options = options;
    this.#silicon = options.makeSilicon(this.#slot(), options.desk.guest.mac);
  }

  /** Once the guest is gone its card stands still: no frame, no timer, no interrupt. */
  get #silent(): boolean {
    return this.#options.desk.ended !== undefined;
  }

  /** Carries an operation out whose port is an offset in the card's window; answers what the guest reads. */
  access(op: PortOp): number {
    switch (op.kind) {
      case "in":
        return this.#silicon.readPort(op.port, op.width);
      case "out":
        this.#silicon.writePort(op.port, op.width, (op.value & widthMask(op.width)) >>> 0);
        return 0;
      case "ins":
      case "outs":
        this.#string(op);
        return 0;
    }
  }

  receive(frame: Uint8Array): void {
    if (!this.#silent) this.received[this.#silicon.receive(frame)]++;
  }

  /** The physical card has taken the frame. */
  sent(): void {
    if (!this.#silent) this.#silicon.transmitted();
  }

  timer(): void {
    if (!this.#silent) this.#silicon.timer();
  }

  /** Unit by unit, as long as the guest lives: a unit may make the card leave the guest's memory. */
  #string(op: Extract<PortOp, { readonly kind: "ins" | "outs" }>): void {
    const { memory } = this.#options.desk.guest;
    if (!memory.contains(op.address, op.count * op.width)) {
      this.#stop("string operation", op.address, op.count * op.width);
      return;
    }
    for (let i = 0; i < op.count && !this.#silent; i++) {
      const unit = memory.bytes(op.address + i * op.width, op.width);
      if (op.kind === "ins") putLittleEndian(unit, 0, op.width, this.#silicon.readPort(op.port, op.width));
      else this.#silicon.writePort(op.port, op.width, littleEndian(unit, 0, op.width));
    }
  }

  #slot(): Slot {
    const { desk, ports, timer, onTransmit } = this.#options;
    const { memory, noteWrite } = desk.guest;
    return {
      dmaRead: (address, into) => {
        if (memory.contains(address, into.length)) into.set(memory.bytes(address, into.length));
        else {
          into.fill(0);
          this.#stop("DMA read", address, into.length);
        }
      },
      dmaWrite: (address, from) => {
        if (memory.contains(address, from.length)) {
          memory.write(address, from);
          noteWrite?.(address, from.length);
        } else this.#stop("DMA write", address, from.length);
      },
      setInterrupt: (level) => {
        if (!this.#silent) desk.inject(level);
      },
      transmit: (frame) => onTransmit(frame.slice()),
      nowNs: ports.nowNs,
      wakeAt: (atNs) => ports.setTimer(timer, atNs),
    };
  }

  /**
   * Counts what would have left the guest's memory. The card goes on as if it had been done: under "device-interrupt" it
   * reports what a card reports that knows of nothing.
   */
  #stop(register: string, address: number, bytes: number): void {
    const { desk, failure } = this.#options;
    if (this.#silent) return;
    const reason = `${register} of ${bytes} bytes at 0x${address.toString(16)} leaves the guest's memory`;
    const violation: Violation = { kind: "dma", register, reason, action: actionFor(failure, "dma") };
    if (desk.record(violation)) desk.machineCheck(reason);
  }
}
