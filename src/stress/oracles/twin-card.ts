/**
 * A private card that follows one guest's operations, with nothing at its connector: what it reads where
 * nothing but those operations counts, and which frames it sends.
 */
import type { Device } from "../../devices/device.ts";
import type { PortOp } from "../../hardware/cpu.ts";
import type { GuestMemory } from "../../hardware/memory.ts";
import type { Silicon, Slot } from "../../hardware/silicon.ts";

export interface TwinOptions {
  readonly device: Device;
  readonly mac: Uint8Array;
  /** The guest's; the twin reads it and writes nothing. */
  readonly memory: GuestMemory;
  /** First port of the card's window, as the guest sees it. */
  readonly ioBase: number;
  readonly onFrame: (frame: Uint8Array) => void;
}

/** What a read must find: `value` in the bits of `mask`. */
export interface Expected {
  readonly value: number;
  readonly mask: number;
}

const NOTHING: Expected = { value: 0, mask: 0 };

export class TwinCard {
  readonly #options: TwinOptions;
  #silicon: Silicon;
  #atPhy = false;

  constructor(options: TwinOptions) {
    this.#options = options;
    this.#silicon = this.#powerOn();
  }

  /** Does what the guest does; answers what a read must find. */
  follow(op: PortOp): Expected {
    const offset = op.port - this.#options.ioBase;
    if (offset < 0 || offset + op.width > 256) return NOTHING;
    const expected = this.#access(op, offset);
    while (this.#atPhy) {
      this.#atPhy = false;
      this.#silicon.transmitted();
    }
    return expected;
  }

  /**
   * The first register of `card` that reads otherwise than the twin's, of those that the guest would read
   * there; to ask changes nothing.
   */
  differsFrom(
    card: Silicon,
  ): { readonly offset: number; readonly found: number; readonly own: number } | undefined {
    const { outside } = this.#options.device;
    for (const { offset, bytes } of outside.passing) {
      const mask = outside.stableBits(this.#silicon, offset, bytes);
      const [found, own] = [card, this.#silicon].map((one) => (one.readPort(offset, bytes) & mask) >>> 0);
      if (found !== undefined && own !== undefined && found !== own) return { offset, found, own };
    }
    return undefined;
  }

  /**
   * Whether the card as it is programmed takes a frame from the wire; how full its ring is does not count.
   */
  takes(frame: Uint8Array): boolean {
    const outcome = this.#silicon.receive(frame);
    return outcome === "stored" || outcome === "overflow";
  }

  #access(op: PortOp, offset: number): Expected {
    switch (op.kind) {
      case "in": {
        const mask = this.#options.device.outside.stableBits(this.#silicon, offset, op.width);
        return { value: this.#silicon.readPort(offset, op.width), mask };
      }
      case "out":
        this.#silicon.writePort(offset, op.width, op.value);
        return NOTHING;
      case "ins":
        for (let i = 0; i < op.count; i++) this.#silicon.readPort(offset, op.width);
        return NOTHING;
      case "outs":
        for (let i = 0; i < op.count; i++) this.#silicon.writePort(offset, op.width, this.#unit(op, i));
        return NOTHING;
    }
  }

  #unit(op: Extract<PortOp, { readonly kind: "outs" }>, i: number): number {
    const bytes = this.#options.memory.bytes(op.address + i * op.width, op.width);
    return bytes.reduceRight((value, byte) => ((value << 8) | byte) >>> 0, 0);
  }

  #powerOn(): Silicon {
    const { device, mac, memory, onFrame } = this.#options;
    const slot: Slot = {
      dmaRead: (address, into) => {
        if (memory.contains(address, into.length)) into.set(memory.bytes(address, into.length));
      },
      dmaWrite: () => undefined,
      setInterrupt: () => undefined,
      transmit: (frame) => {
        this.#atPhy = true;
        onFrame(frame);
      },
      nowNs: () => 0,
      wakeAt: () => undefined,
    };
    return device.makeSilicon(slot, mac);
  }
}
