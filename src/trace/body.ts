/** The fields of a message as words in a column: numbers as they are, bytes by their length and the first of them. */
import { fieldsOf, MESSAGES, type Message, type MessageType } from "../protocol/messages.ts";
import type { Column } from "./column.ts";
import { MESSAGE_TYPES, type Trace } from "./trace.ts";

/** Enough for the headers of a frame. */
const KEPT_BYTES = 48;

const FIELDS = new Map(
  MESSAGE_TYPES.map((type, id) => [type, { id, fields: Object.entries(MESSAGES[type].fields) }]),
);

/** Puts the fields of a message behind what is there. */
export function putBody(words: Column, message: Message): void {
  const values = fieldsOf(message);
  for (const [name] of FIELDS.get(message.type)?.fields ?? []) {
    const value = values[name];
    if (value instanceof Uint8Array) putBytes(words, value);
    else words.push(value ?? 0);
  }
}

function putBytes(words: Column, bytes: Uint8Array): void {
  words.push(bytes.length);
  for (let at = 0; at < Math.min(bytes.length, KEPT_BYTES); at += 4) {
    const byte = (i: number): number => bytes[at + i] ?? 0;
    words.push((byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24)) >>> 0);
  }
}

/** Bytes as they were, but for the end of long ones. */
export interface KeptBytes {
  readonly length: number;
  readonly first: Uint8Array;
}

export interface MessageView {
  readonly type: MessageType;
  readonly fields: ReadonlyMap<string, number | KeptBytes>;
}

/** A message of a trace; undefined when there is none of that number. */
export function messageView(trace: Trace, index: number): MessageView | undefined {
  const type = index < trace.types.length ? MESSAGE_TYPES[trace.types.at(index)] : undefined;
  if (type === undefined) return undefined;
  const fields = new Map<string, number | KeptBytes>();
  let at = trace.bodies.at(index);
  for (const [name, kind] of FIELDS.get(type)?.fields ?? []) {
    const value = trace.words.at(at++);
    if (kind === "u32") {
      fields.set(name, value);
      continue;
    }
    const first = new Uint8Array(Math.min(value, KEPT_BYTES));
    for (let i = 0; i < first.length; i++) first[i] = trace.words.at(at + (i >> 2)) >>> (8 * (i & 3));
    at += Math.ceil(first.length / 4);
    fields.set(name, { length: value, first });
  }
  return { type, fields };
}

/** The value of a field that is a number; undefined when the message has none. */
export function numberIn(message: MessageView | undefined, field: string): number | undefined {
  const value = message?.fields.get(field);
  return typeof value === "number" ? value : undefined;
}
