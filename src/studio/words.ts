/** Numbers and messages for people. Pure. */
import { formatDuration } from "../base/units.ts";
import { FORM } from "../protocol/operation.ts";
import type { KeptBytes, MessageView } from "../trace/body.ts";
import type { TraceCard } from "../trace/head.ts";

export const count = (value: number): string => value.toLocaleString("en-US");

/** 0 is "0 ns". */
export const duration = (ns: number): string => formatDuration(Math.round(ns));

/** "12 %". */
export const percent = (part: number): string => `${Math.round(100 * part)} %`;

export const hex = (value: number, bytes = 1): string => `0x${value.toString(16).padStart(2 * bytes, "0")}`;

/** Fields that say nothing to people, and those that are numbers of ports and addresses. */
const HIDDEN = new Set(["form", "width", "count", "posted"]);
const HEXADECIMAL = new Set(["port", "address", "value"]);
const FORMS = Object.keys(FORM);

/** "io out CR value 0x0c". `card`: the one that the ports are of, where that is known. */
export function messageText({ type, fields }: MessageView, card?: TraceCard): string {
  const form = fields.get("form");
  const words: string[] = [type];
  if (typeof form === "number") words.push(FORMS[form] ?? "");
  for (const [name, value] of fields) {
    if (HIDDEN.has(name) || (value === 0 && (name === "address" || name === "value"))) continue;
    // It touches no port.
    if (name === "port" && form === FORM.sync) continue;
    const register = name === "port" && typeof value === "number" ? registerAt(value, card) : undefined;
    if (register === undefined) words.push(name, fieldText(name, value));
    else words.push(register);
  }
  return words.join(" ");
}

/** `port`: an offset in the card's window, or a port as guests see it. */
function registerAt(port: number, card: TraceCard | undefined): string | undefined {
  if (card === undefined || card.paging !== undefined) return undefined;
  const at = port >= card.ioBase ? port - card.ioBase : port;
  const isThere = (offset: number, bytes: number): boolean => at >= offset && at < offset + bytes;
  return card.registers.find(({ bytes, places }) => places.some(({ offset }) => isThere(offset, bytes)))
    ?.name;
}

function fieldText(name: string, value: number | KeptBytes): string {
  if (typeof value === "number") return HEXADECIMAL.has(name) ? hex(value) : String(value);
  if (name === "reason") return `"${new TextDecoder().decode(value.first)}"`;
  return `${count(value.length)} bytes`;
}
