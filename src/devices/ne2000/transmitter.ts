/**
 * The transmitter (DP8390D section 8.0): one frame at a time out of the packet RAM, onto the wire or back to
 * the card.
 */
import { crc32 } from "../../ethernet/crc.ts";
import type { Inspectable } from "../../hardware/inspection.ts";
import type { Slot } from "../../hardware/silicon.ts";
import type { Core } from "./core.ts";
import type { Loopback } from "./loopback.ts";
import type { CardMemory } from "./memory.ts";
import { CRC_BYTES } from "./receiver.ts";
import { CR, ISR, PAGE_BYTES, TCR, TSR } from "./registers.ts";

export class Transmitter implements Inspectable {
  readonly #core: Core;
  readonly #memory: CardMemory;
  readonly #loopback: Loopback;
  readonly #slot: Slot;
  /** What CR.TXP stands for: a frame that waits for the PHY, or one that is there. */
  #state: "idle" | "waiting" | "leaving" = "idle";
  /** The PHY has a frame; after a reset of the card it may be one that the card no longer knows. */
  #phyBusy = false;

  constructor(core: Core, memory: CardMemory, loopback: Loopback, slot: Slot) {
    this.#core = core;
    this.#memory = memory;
    this.#loopback = loopback;
    this.#slot = slot;
  }

  inspect() {
    return { state: this.#state, phyBusy: this.#phyBusy };
  }

  get busy(): boolean {
    return this.#state !== "idle";
  }

  /** CR.TXP was set, on a running card that is not transmitting. */
  start(): void {
    const { registers } = this.#core;
    registers.CR |= CR.TXP;
    registers.TSR = TSR.ALWAYS;
    registers.NCR = 0;
    this.#state = "waiting";
    if (!this.#phyBusy) this.#send();
  }

  /** The frame at the PHY has left. */
  transmitted(): void {
    this.#phyBusy = false;
    if (this.#state === "waiting") this.#send();
    else if (this.#state === "leaving") this.#end(TSR.PTX, ISR.PTX);
  }

  /** The card is reset: whatever was being transmitted is no longer its own. */
  abandon(): void {
    this.#state = "idle";
  }

  #send(): void {
    const { registers } = this.#core;
    const bytes = registers.TBCR0 | (registers.TBCR1 << 8);
    const end = registers.TPSR * PAGE_BYTES + bytes;
    registers.CLDA0 = end & 0xff;
    registers.CLDA1 = (end >>> 8) & 0xff;
    if (bytes === 0) {
      this.#end(TSR.ABT, ISR.TXE);
      return;
    }
    const data = this.#memory.fetch(registers.TPSR, bytes);
    if (this.#core.loopback !== 0) {
      this.#end(TSR.PTX | this.#loopback.run(data), ISR.PTX);
      return;
    }
    const frame = (registers.TCR & TCR.CRC) === 0 ? data : withoutCrc(data);
    if (frame === undefined) {
      this.#end(TSR.PTX, ISR.PTX);
      return;
    }
    this.#state = "leaving";
    this.#phyBusy = true;
    this.#slot.transmit(frame);
  }

  /** A card that was told to stop meanwhile enters the reset state now. */
  #end(status: number, event: number): void {
    const { registers } = this.#core;
    this.#state = "idle";
    registers.CR &= ~CR.TXP;
    registers.TSR = TSR.ALWAYS | status;
    this.#core.raise(this.#core.stopped ? event | ISR.RST : event);
  }
}

/**
 * A frame that came with its own CRC. With a wrong one it leaves damaged, and no station takes it: the wire
 * of vpio, which carries no CRC, does not carry it either. Then undefined.
 */
function withoutCrc(data: Uint8Array): Uint8Array | undefined {
  if (data.length <= CRC_BYTES) return undefined;
  const frame = data.subarray(0, -CRC_BYTES);
  const sent = new DataView(data.buffer, data.byteOffset + frame.length, CRC_BYTES).getUint32(0, true);
  return sent === crc32(frame) ? frame : undefined;
}
