/** Numbers and messages for people. Pure. */
import { formatDuration } from "../base/units.ts";
import type { KeptBytes, MessageView } from "../trace/body.ts";

export const count = (value: number): string => value.toLocaleString("en-US");

/** 0 is "0 ns". */
export const duration = (ns: number): string => formatDuration(Math.round(ns));

export const hex = (value: number, bytes = 1): string => `0x${value.toString(16).padStart(2 * bytes, "0")}`;

/** Fields that say nothing to people, and those that are numbers of ports and addresses. */
const HIDDEN = new Set(["form", "width", "count", "posted"]);
const HEXADECIMAL = new Set(["port", "address", "value"]);
const FORMS = ["in", "out", "ins", "outs", "sync"];

/** `io out port 0x37 value 0x0c`. */
export function messageText({ type, fields }: MessageView): string {
  const form = fields.get("form");
  const words: string[] = [type];
  if (typeof form === "number") words.push(FORMS[form] ?? "");
  for (const [name, value] of fields) {
    if (HIDDEN.has(name) || (value === 0 && (name === "address" || name === "value"))) continue;
    words.push(name, fieldText(name, value));
  }
  return words.join(" ");
}

function fieldText(name: string, value: number | KeptBytes): string {
  if (typeof value === "number") return HEXADECIMAL.has(name) ? hex(value) : String(value);
  if (name === "reason") return `"${new TextDecoder().decode(value.first)}"`;
  return `${count(value.length)} bytes`;
}
