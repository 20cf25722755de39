/** What a processor does for REP INS and REP OUTS: it moves the bytes, each unit an access of its own to the card. */
import type { Width } from "../hardware/cpu.ts";
import type { HostMemory } from "../hardware/memory.ts";

export interface StringOperation {
  readonly kind: "ins" | "outs";
  readonly width: Width;
  readonly count: number;
  /** Host-physical; wraps at 2^32. */
  readonly address: number;
}

export interface PortAccess {
  readonly read: () => number;
  readonly write: (value: number) => void;
}

export function moveString(op: StringOperation, host: HostMemory, port: PortAccess): void {
  const unit = new Uint8Array(op.width);
  for (let i = 0; i < op.count; i++) {
    const address = (op.address + i * op.width) >>> 0;
    if (op.kind === "ins") {
      const value = port.read();
      for (let lane = 0; lane < op.width; lane++) unit[lane] = value >>> (8 * lane);
      host.write(address, unit);
    } else {
      host.read(address, unit);
      port.write(unit.reduceRight((sum, byte) => ((sum << 8) | byte) >>> 0, 0));
    }
  }
}
