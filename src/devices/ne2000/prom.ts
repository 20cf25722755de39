/** The PROM that a guest finds in its card: the same as any, with the guest's own address. */
import { type Width, widthMask } from "../../hardware/cpu.ts";
import { CardMemory } from "./memory.ts";
import { PROM } from "./registers.ts";
import type { Transfer } from "./remote-range.ts";

export class Prom {
  readonly #bytes: Uint8Array;

  constructor(mac: Uint8Array) {
    const memory = new CardMemory(mac);
    this.#bytes = Uint8Array.from({ length: PROM.bytes }, (_, at) => memory.read(PROM.start + at));
  }

  /**
   * One read of the data port: in units of words or bytes, at least one, as many as fit. Answers what is left
   * too.
   */
  read(
    transfer: Transfer,
    words: boolean,
    width: Width,
  ): { readonly value: number; readonly left: Transfer } {
    const unit = words ? 2 : 1;
    let { address, bytes } = transfer;
    let value = 0;
    for (let done = 0; done < width; done += unit) {
      const at = address & ~(unit - 1);
      const low = this.#bytes[at] ?? 0xff;
      const high = this.#bytes[at + 1] ?? 0xff;
      value |= (bytes === 0 ? widthMask(unit) : words ? low | (high << 8) : low) << (8 * done);
      if (bytes > 0) address += unit;
      bytes = Math.max(0, bytes - unit);
    }
    return { value: (value & widthMask(width)) >>> 0, left: { address, bytes } };
  }
}
