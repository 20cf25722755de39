/** One number for where a run has ended: what every actor counts and holds, and all of memory. */
import { createHash } from "node:crypto";
import type { ArbiterSnapshot } from "./arbiter-worker.ts";
import type { GuestSnapshot } from "./guest-worker.ts";
import type { NicSnapshot } from "./nic-worker.ts";
import type { WireSnapshot } from "./wire-worker.ts";

export interface FinalState {
  readonly guests: readonly (GuestSnapshot | undefined)[];
  readonly nics: readonly (NicSnapshot | undefined)[];
  readonly arbiter: ArbiterSnapshot | undefined;
  readonly wire: WireSnapshot | undefined;
  readonly memory: SharedArrayBuffer;
}

/** SHA-256, in hex. Time held up to the moment of asking is left out: the moment is the asker's. */
export function stateHash({ memory, ...parts }: FinalState): string {
  const plain = (key: string, value: unknown): unknown => {
    if (key === "heldNs") return undefined;
    if (value instanceof Map) return [...value].sort(([a], [b]) => (a < b ? -1 : 1));
    return value instanceof Uint8Array ? [...value] : value;
  };
  return createHash("sha256")
    .update(JSON.stringify(parts, plain))
    .update(new Uint8Array(memory))
    .digest("hex");
}
