/**
 * What a guest tells on its control channel (ttyS1): lines that begin with "@". The guest may be hostile: lines that are
 * too long are cut, and what is no event is handed on as text.
 */

export type GuestEvent =
  /** Waits for its script. */
  | { readonly kind: "ready" }
  /** The driver has found the card, which has that address. */
  | { readonly kind: "probe"; readonly device: string; readonly mac: string }
  | { readonly kind: "up"; readonly device: string; readonly address: string }
  /** Command number `command` begins; it has ended, with the exit status of its shell. */
  | { readonly kind: "begin"; readonly command: number }
  | { readonly kind: "end"; readonly command: number; readonly status: number; readonly ms: number }
  /** A download is over: its checksum is right, or not; or it broke off. */
  | {
      readonly kind: "fetched";
      readonly bytes: number;
      readonly ms: number;
      readonly outcome: "ok" | "wrong" | "failed";
    }
  /** What the driver has counted so far. */
  | {
      readonly kind: "traffic";
      readonly sentFrames: number;
      readonly sentBytes: number;
      readonly receivedFrames: number;
      readonly receivedBytes: number;
    }
  /** The card cannot be used; no command is run. */
  | { readonly kind: "failed"; readonly what: string }
  /** All commands have ended; the console is a shell. */
  | { readonly kind: "done" }
  | { readonly kind: "other"; readonly line: string };

const LINE_BYTES_MAX = 4096;

const number = String.raw`(\d{1,15})`;
const GRAMMAR: readonly (readonly [RegExp, (match: readonly string[]) => GuestEvent])[] = [
  [/^@ready$/, () => ({ kind: "ready" })],
  [/^@probe (\S+) (\S+)$/, ([, device = "", mac = ""]) => ({ kind: "probe", device, mac })],
  [/^@up (\S+) (\S+)$/, ([, device = "", address = ""]) => ({ kind: "up", device, address })],
  [new RegExp(`^@begin ${number}$`), ([, command]) => ({ kind: "begin", command: Number(command) })],
  [
    new RegExp(`^@end ${number} ${number} ${number}$`),
    ([, command, status, ms]) => ({
      kind: "end",
      command: Number(command),
      status: Number(status),
      ms: Number(ms),
    }),
  ],
  [
    new RegExp(`^@fetched ${number} ${number} (ok|wrong|failed)$`),
    ([, bytes, ms, outcome]) => ({
      kind: "fetched",
      bytes: Number(bytes),
      ms: Number(ms),
      outcome: outcome === "ok" || outcome === "wrong" ? outcome : "failed",
    }),
  ],
  [
    new RegExp(`^@traffic ${number} ${number} ${number} ${number}$`),
    ([, sentFrames, sentBytes, receivedFrames, receivedBytes]) => ({
      kind: "traffic",
      sentFrames: Number(sentFrames),
      sentBytes: Number(sentBytes),
      receivedFrames: Number(receivedFrames),
      receivedBytes: Number(receivedBytes),
    }),
  ],
  [/^@failed (.+)$/, ([, what = ""]) => ({ kind: "failed", what })],
  [/^@done$/, () => ({ kind: "done" })],
];

function eventOf(line: string): GuestEvent {
  for (const [pattern, make] of GRAMMAR) {
    const match = pattern.exec(line);
    if (match !== null) return make(match);
  }
  return { kind: "other", line };
}

/** Cuts what comes over the channel into events. */
export class GuestEvents {
  #rest = "";

  /** The events that `bytes` complete. */
  read(bytes: Uint8Array): readonly GuestEvent[] {
    const events: GuestEvent[] = [];
    for (const byte of bytes) {
      if (byte === 0x0a || this.#rest.length === LINE_BYTES_MAX) {
        events.push(eventOf(this.#rest));
        this.#rest = "";
      }
      if (byte >= 0x20) this.#rest += String.fromCharCode(byte);
    }
    return events;
  }
}
