/**
 * A private card that follows one guest's operations, with nothing at its connector: what it reads where
 * nothing but those operations counts, and which frames it sends.
 */
import { DEVICES } from "../../devices/catalogue.ts";
import * as Ne2000 from "../../devices/ne2000/registers.ts";
import { composeHooks } from "../../devices/rtl8139/hooks.ts";
import * as Rtl8139 from "../../devices/rtl8139/registers.ts";
import type { PortOp, Width } from "../../hardware/cpu.ts";
import type { GuestMemory } from "../../hardware/memory.ts";
import type { Silicon, Slot } from "../../hardware/silicon.ts";
import type { CardKind } from "../../scenario/scenario.ts";

export interface TwinOptions {
  readonly kind: CardKind;
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

/** RTL8139 registers that change by themselves: with frames, with time. */
const RTL_RESTLESS: readonly Rtl8139.RegisterName[] = [
  ...(["TSD0", "TSD1", "TSD2", "TSD3", "TSAD"] as const),
  ...(["ISR", "CBR", "TCTR", "MPC"] as const),
];
/** By offset: the bits of the byte there that stay as they were written. */
const RTL_STABLE: readonly number[] = (() => {
  const bits: number[] = new Array(Rtl8139.PORT_BYTES).fill(0);
  for (const [name, { offset, bytes }] of Object.entries(Rtl8139.REGISTERS)) {
    const restless = (RTL_RESTLESS as readonly string[]).includes(name);
    bits.fill(restless ? 0 : 0xff, offset, offset + bytes);
  }
  bits[Rtl8139.REGISTERS.CR.offset] = 0xff & ~Rtl8139.CR.BUFE;
  return bits;
})();

/**
 * RTL8139 registers that a guest reads from the card itself, whatever the VMM serves, and that stay as they
 * are.
 */
const RTL_PASSING: readonly Rtl8139.RegisterSpec[] = (() => {
  const hooks = composeHooks([0, 0, 0, 0], true, true);
  return Object.entries(Rtl8139.REGISTERS).flatMap(([name, spec]) => {
    const restless = (RTL_RESTLESS as readonly string[]).includes(name);
    return restless || hooks.covers(spec.offset, spec.bytes, "read") ? [] : [spec];
  });
})();

/** NE2000 registers that only the processor changes. */
const NE_STABLE: readonly Ne2000.RegisterName[] = [
  ...Ne2000.PAR,
  ...Ne2000.MAR,
  ...(["BNRY", "PSTART", "PSTOP", "TPSR", "RCR", "TCR", "DCR", "IMR", "8029ID0", "8029ID1"] as const),
  ...(["9346CR", "CONFIG0", "CONFIG2", "CONFIG3", "8029ASID0", "8029ASID1"] as const),
];
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
   * there; to ask changes nothing. Of an NE2000, where that depends on the page, none is looked at.
   */
  differsFrom(
    card: Silicon,
  ): { readonly offset: number; readonly found: number; readonly own: number } | undefined {
    if (this.#options.kind !== "rtl8139") return undefined;
    for (const { offset, bytes } of RTL_PASSING) {
      const mask = this.#stableBits(offset, bytes);
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
        const mask = this.#stableBits(offset, op.width);
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

  #stableBits(offset: number, width: Width): number {
    let mask = 0;
    for (let lane = 0; lane < width; lane++) mask |= this.#stableBitsAt(offset + lane, width) << (8 * lane);
    return mask >>> 0;
  }

  #stableBitsAt(offset: number, width: Width): number {
    if (this.#options.kind === "rtl8139") return RTL_STABLE[offset] ?? 0;
    if (offset >= Ne2000.DATA_PORT || width !== 1) return 0;
    if (offset === Ne2000.OFFSET.CR) return 0xff & ~Ne2000.CR.TXP;
    const page = Ne2000.pageOf(this.#silicon.readPort(Ne2000.OFFSET.CR, 1));
    const register = Ne2000.registerAt(page, offset, "read");
    return register !== undefined && NE_STABLE.includes(register.name) ? 0xff : 0;
  }

  #powerOn(): Silicon {
    const { kind, mac, memory, onFrame } = this.#options;
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
    return DEVICES[kind].makeSilicon(slot, mac);
  }
}
