/**
 * Plain data as a short key: equal data, equal key. Keys are SHA-1, so two that are equal by chance are not a
 * concern; that is what makes it possible to remember hundreds of thousands of states with all their packet
 * RAM.
 */
import { createHash } from "node:crypto";
import { invariant } from "../../base/errors.ts";

const TAG = {
  nothing: 1,
  false: 2,
  true: 3,
  number: 4,
  text: 5,
  bytes: 6,
  list: 7,
  map: 8,
  record: 9,
} as const;
const FIRST_WORDS = 1 << 14;

let words = new Int32Array(FIRST_WORDS);
let length = 0;

/** Only plain data has a key: an object of a class would hide what it keeps to itself. */
export function keyOf(value: unknown): string {
  length = 0;
  add(value);
  const bytes = new Uint8Array(words.buffer, 0, 4 * length);
  return createHash("sha1").update(bytes).digest("binary");
}

function push(word: number): void {
  if (length === words.length) grow(1);
  words[length++] = word;
}

function grow(more: number): void {
  const wider = new Int32Array(2 * (words.length + more));
  wider.set(words);
  words = wider;
}

function add(value: unknown): void {
  switch (typeof value) {
    case "undefined":
      return push(TAG.nothing);
    case "boolean":
      return push(value ? TAG.true : TAG.false);
    case "number":
      push(TAG.number);
      push(value);
      return push(Math.floor(value / 2 ** 32));
    case "string":
      push(TAG.text);
      push(value.length);
      for (let i = 0; i < value.length; i++) push(value.charCodeAt(i));
      return;
    default:
      return addObject(value);
  }
}

function addObject(value: unknown): void {
  if (value instanceof Uint8Array || value instanceof Uint16Array) return addBytes(value);
  if (Array.isArray(value)) return addAll(TAG.list, value);
  if (value instanceof Map) {
    const keys: readonly unknown[] = [...value.keys()].sort();
    return addAll(TAG.map, [...keys, ...keys.map((key) => value.get(key))]);
  }
  const plain =
    value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype;
  invariant(plain, `a key of what is no plain data: ${String(value)}`);
  addAll(TAG.record, Object.values(value as object));
}

function addAll(tag: number, items: readonly unknown[]): void {
  push(tag);
  push(items.length);
  for (const item of items) add(item);
}

function addBytes(value: Uint8Array | Uint16Array): void {
  push(TAG.bytes);
  push(value.byteLength);
  const room = Math.ceil(value.byteLength / 4);
  if (length + room > words.length) grow(room);
  // The last word may be a part of what was there before.
  words[length + room - 1] = 0;
  const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  new Uint8Array(words.buffer).set(bytes, 4 * length);
  length += room;
}
