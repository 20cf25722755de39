/**
 * Every message between actors, in one table: who sends it to whom, what it carries. The types, the codec and the
 * documentation follow from it. Messages mirror the paths of an I/O operation: passthrough, trap, interrupt, handoff.
 */
import type { Role } from "./address.ts";

/** How a field is laid out in a cell: unsigned 32 bits, or bytes (the last field, if any). */
export type FieldKind = "u32" | "bytes";

interface MessageRow {
  readonly from: readonly Role[];
  readonly to: readonly Role[];
  readonly fields: Readonly<Record<string, FieldKind>>;
  readonly what: string;
}

/** The fields of a port operation; see `PortOperation`. */
const OPERATION = {
  form: "u32",
  port: "u32",
  width: "u32",
  value: "u32",
  count: "u32",
  address: "u32",
} as const;

export const MESSAGES = {
  io: {
    from: ["guest", "arbiter"],
    to: ["nic"],
    fields: { epoch: "u32", posted: "u32", ...OPERATION },
    what: "A port operation for the silicon. `port` is an offset in the card's window, `address` host-physical. `epoch` is the fencing token of a guest. A posted one is not answered unless it is refused.",
  },
  ioDone: {
    from: ["nic"],
    to: ["guest", "arbiter"],
    fields: { value: "u32" },
    what: "The answer to an `io`.",
  },
  fenced: {
    from: ["nic"],
    to: ["guest"],
    fields: { epoch: "u32", posted: "u32", ...OPERATION },
    what: "The operation came with a stale epoch and was refused, unexecuted. The guest issues it again by the trap path.",
  },
  exit: {
    from: ["guest"],
    to: ["arbiter"],
    fields: { ...OPERATION },
    what: "A hooked operation, or any operation of a guest that does not hold the card. `port` is the guest's own port number, `address` guest-physical.",
  },
  resume: { from: ["arbiter"], to: ["guest"], fields: { value: "u32" }, what: "The answer to an `exit`." },
  grant: {
    from: ["arbiter"],
    to: ["guest"],
    fields: { epoch: "u32" },
    what: "The card is the guest's, under this epoch.",
  },
  revoke: {
    from: ["arbiter"],
    to: ["guest"],
    fields: { epoch: "u32" },
    what: "Give the card back at the next operation boundary.",
  },
  revoked: {
    from: ["guest"],
    to: ["arbiter"],
    fields: { epoch: "u32", issued: "u32" },
    what: "From here on everything exits. `issued` operations were sent to the card under this epoch.",
  },
  hooks: {
    from: ["arbiter"],
    to: ["guest"],
    fields: { list: "bytes" },
    what: "The I/O permission bitmap from here on (HookedList).",
  },
  injectIrq: {
    from: ["arbiter"],
    to: ["guest"],
    fields: { level: "u32" },
    what: "The virtual interrupt line.",
  },
  machineCheck: {
    from: ["arbiter"],
    to: ["guest"],
    fields: { reason: "bytes" },
    what: "The guest is ended; UTF-8 says why.",
  },
  ended: {
    from: ["guest"],
    to: ["arbiter"],
    fields: {},
    what: "The guest is gone: its program is over, or its worker died.",
  },
  fence: {
    from: ["arbiter"],
    to: ["nic"],
    fields: { epoch: "u32", holder: "u32", drain: "u32", awaited: "u32" },
    what: "From here on only `epoch` passes (0: nobody's). With `drain`, first wait until `awaited` operations of the old epoch have been executed.",
  },
  drained: {
    from: ["nic"],
    to: ["arbiter"],
    fields: { epoch: "u32" },
    what: "The fence to this epoch is up; no older operation will be executed.",
  },
  irq: {
    from: ["nic"],
    to: ["arbiter"],
    fields: { level: "u32" },
    what: "The card's interrupt line has changed.",
  },
  cardLost: { from: ["nic"], to: ["arbiter"], fields: {}, what: "The card's worker died." },
  frame: {
    from: ["nic", "wire", "uplink"],
    to: ["wire", "nic", "uplink"],
    fields: { bytes: "bytes" },
    what: "An Ethernet frame, without FCS.",
  },
  frameSent: { from: ["wire"], to: ["nic"], fields: {}, what: "The frame has left the card's port." },
  holder: {
    from: ["arbiter"],
    to: ["wire"],
    fields: { present: "u32", guest: "u32" },
    what: "Who can receive through the card from here on (`present` 0: nobody).",
  },
  frameWaiting: {
    from: ["wire"],
    to: ["arbiter"],
    fields: { guest: "u32" },
    what: "A frame is held for a guest that does not hold the card.",
  },
  timer: {
    from: ["guest", "nic", "arbiter", "wire", "uplink"],
    to: ["guest", "nic", "arbiter", "wire", "uplink"],
    fields: { id: "u32" },
    what: "A timer that the actor set for itself has run out. Never crosses threads.",
  },
} as const satisfies Record<string, MessageRow>;

export type MessageType = keyof typeof MESSAGES;

interface FieldTypes {
  readonly u32: number;
  readonly bytes: Uint8Array;
}

type FieldsOf<T extends MessageType> = {
  readonly [F in keyof (typeof MESSAGES)[T]["fields"]]: (typeof MESSAGES)[T]["fields"][F] extends FieldKind
    ? FieldTypes[(typeof MESSAGES)[T]["fields"][F]]
    : never;
};

/** One message; `type` tells which. `bytes` fields of a received message are valid until the handler returns. */
export type Message = { [T in MessageType]: { readonly type: T } & FieldsOf<T> }[MessageType];
export type MessageOf<T extends MessageType> = Extract<Message, { readonly type: T }>;

/** The fields of `message` by their names, for those who go by the table: the types of a union do not follow it. */
export const fieldsOf = (message: Message): Readonly<Record<string, number | Uint8Array>> =>
  message as unknown as Readonly<Record<string, number | Uint8Array>>;
