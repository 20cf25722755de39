/**
 * The messages of src/protocol/messages.ts with the values left out that no protocol decision reads: ports, data, the
 * holder's name. What the VMM does to the card in a sequence of operations is one `vmm` message here, and one answer.
 */

/** Which of the DMM's sequences: one round trip stands for all of its operations. */
export type VmmSequence = "restore" | "trap" | "interrupt" | "quiesce" | "save" | "reset";

export type Msg =
  | { readonly type: "io"; readonly epoch: number; readonly posted: boolean; readonly sync: boolean }
  | {
      readonly type: "vmm";
      readonly what: VmmSequence;
      /** The guest whose context `restore` loads. */
      readonly guest: number;
      /** `trap`: the operation starts a transmit. */
      readonly start: boolean;
    }
  /** To the VMM: was there a status to take over; is the transmitter idle. Both false to a guest. */
  | { readonly type: "ioDone"; readonly found: boolean; readonly idle: boolean }
  | { readonly type: "fenced"; readonly epoch: number; readonly posted: boolean }
  | { readonly type: "fence"; readonly epoch: number; readonly drain: boolean; readonly awaited: number }
  | { readonly type: "grant"; readonly epoch: number }
  | { readonly type: "revoked"; readonly epoch: number; readonly issued: number }
  | { readonly type: "injectIrq" | "irq"; readonly level: boolean }
  /** `platform`: it needs no card. */
  | { readonly type: "exit"; readonly platform: boolean }
  | {
      readonly type: "resume" | "revoke" | "machineCheck" | "ended" | "drained" | "cardLost";
    };

export type MsgOf<T extends Msg["type"]> = Extract<Msg, { readonly type: T }>;

/** Nobody's epoch. */
export const NO_EPOCH = 0;
/** The name of an epoch just begun; it has its own as soon as the step is over (see src/check/canonical.ts). */
export const FRESH_EPOCH = 0xfff;

/** Other names for the epochs or guests that a message, or a body, speaks of. */
export interface Renaming {
  epoch(epoch: number): number;
  guest(guest: number): number;
}

export function renameMsg(message: Msg, to: Renaming): Msg {
  switch (message.type) {
    case "io":
    case "fenced":
    case "fence":
    case "grant":
    case "revoked":
      return { ...message, epoch: to.epoch(message.epoch) };
    case "vmm":
      return { ...message, guest: to.guest(message.guest) };
    default:
      return message;
  }
}

/** As one reads it in a counterexample. */
export function describeMsg(message: Msg): string {
  switch (message.type) {
    case "io":
      return `${message.posted ? "posted write" : message.sync ? "sync" : "read"} under epoch ${message.epoch}`;
    case "vmm":
      return `${message.what}${message.start ? ", starts a transmit" : ""}`;
    case "ioDone":
      return message.found ? "ioDone, status found" : "ioDone";
    case "fenced":
      return `fenced ${message.posted ? "posted write" : "operation"} of epoch ${message.epoch}`;
    case "fence":
      return `fence to epoch ${message.epoch}${message.drain ? `, after ${message.awaited} operations` : ""}`;
    case "grant":
      return `grant of epoch ${message.epoch}`;
    case "revoked":
      return `revoked, epoch ${message.epoch}, ${message.issued} issued`;
    case "exit":
      return message.platform ? "exit to the platform" : "exit";
    case "irq":
    case "injectIrq":
      return `${message.type} ${message.level ? "up" : "down"}`;
    default:
      return message.type;
  }
}
