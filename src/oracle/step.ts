/**
 * What is done to a card, one step at a time, as data: two cards are given the same steps and must answer alike. A
 * program of steps has a text form, one step a line, that a failure prints and that can be pasted to run it again.
 */
import { VpioError } from "../base/errors.ts";
import { Prng } from "../base/prng.ts";
import type { Width } from "../hardware/cpu.ts";

/** `bytes` bytes: those of `head`, and behind them what `seed` gives (0 gives zeros). */
export interface Payload {
  readonly head: Uint8Array;
  readonly bytes: number;
  readonly seed: number;
}

export type Step =
  /** IN at an offset of the card's window. */
  | { readonly kind: "in"; readonly offset: number; readonly width: Width }
  /** OUT. */
  | { readonly kind: "out"; readonly offset: number; readonly width: Width; readonly value: number }
  /** The processor writes memory. */
  | { readonly kind: "store"; readonly address: number; readonly payload: Payload }
  /** The processor reads memory. */
  | { readonly kind: "load"; readonly address: number; readonly bytes: number }
  /** A frame arrives from the wire (without FCS). */
  | { readonly kind: "frame"; readonly payload: Payload };

export type StepOf<K extends Step["kind"]> = Extract<Step, { readonly kind: K }>;

export const inStep = (offset: number, width: Width): Step => ({ kind: "in", offset, width });
export const outStep = (offset: number, width: Width, value: number): Step => ({
  kind: "out",
  offset,
  width,
  value: value >>> 0,
});
/** All of `bytes` literally. */
export const literal = (bytes: Uint8Array): Payload => ({ head: bytes, bytes: bytes.length, seed: 0 });
export const zeros = (bytes: number): Payload => ({ head: new Uint8Array(0), bytes, seed: 0 });

/** The bytes a payload stands for. */
export function bytesOf({ head, bytes, seed }: Payload): Uint8Array {
  if (head.length === bytes) return head;
  const all = new Uint8Array(bytes);
  if (seed !== 0) new Prng(seed).fill(all);
  all.set(head);
  return all;
}

const hex = (value: number): string => value.toString(16);

function formatPayload({ head, bytes, seed }: Payload): string {
  const literalBytes = Array.from(head, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${literalBytes === "" ? "-" : literalBytes} ${bytes} ${seed}`;
}

/** One line: `in OFFSET WIDTH`, `out OFFSET WIDTH VALUE`, `store ADDRESS HEAD BYTES SEED`, `load ADDRESS BYTES`, `frame HEAD BYTES SEED`. */
export function formatStep(step: Step): string {
  switch (step.kind) {
    case "in":
      return `in ${hex(step.offset)} ${step.width}`;
    case "out":
      return `out ${hex(step.offset)} ${step.width} ${hex(step.value)}`;
    case "store":
      return `store ${hex(step.address)} ${formatPayload(step.payload)}`;
    case "load":
      return `load ${hex(step.address)} ${step.bytes}`;
    case "frame":
      return `frame ${formatPayload(step.payload)}`;
  }
}

export const formatSteps = (steps: readonly Step[]): string => steps.map(formatStep).join("\n");

/** Reads what `formatSteps` wrote; empty lines and what follows a `#` are left out. Throws a USAGE error. */
export function parseSteps(text: string): Step[] {
  const steps: Step[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const words = line.replace(/#.*/, "").trim().split(/\s+/);
    if (words[0] === "") continue;
    const step = parseStep(words);
    if (step === undefined) throw new VpioError("USAGE", `line ${index + 1}: no step: ${line.trim()}`);
    steps.push(step);
  }
  return steps;
}

function parseStep([kind = "", ...words]: readonly string[]): Step | undefined {
  const number = (at: number, base: number): number => Number.parseInt(words[at] ?? "", base);
  const width = number(1, 10);
  const isWidth = width === 1 || width === 2 || width === 4;
  switch (kind) {
    case "in":
      return isWidth ? whole({ kind, offset: number(0, 16), width }) : undefined;
    case "out":
      return isWidth ? whole({ kind, offset: number(0, 16), width, value: number(2, 16) }) : undefined;
    case "load":
      return whole({ kind, address: number(0, 16), bytes: number(1, 10) });
    case "store":
      return withPayload(words.slice(1), (payload) => whole({ kind, address: number(0, 16), payload }));
    case "frame":
      return withPayload(words, (payload) => ({ kind, payload }));
    default:
      return undefined;
  }
}

/** The step, when all its numbers are numbers. */
function whole(step: Step): Step | undefined {
  return Object.values(step).some((field) => Number.isNaN(field)) ? undefined : step;
}

function withPayload(
  words: readonly string[],
  make: (payload: Payload) => Step | undefined,
): Step | undefined {
  const [head = "", bytes = "", seed = ""] = words;
  if (!/^(-|([0-9a-f]{2})+)$/.test(head) || !/^\d+$/.test(bytes) || !/^\d+$/.test(seed)) return undefined;
  const digits = head === "-" ? [] : (head.match(/../g) ?? []);
  if (digits.length > Number(bytes)) return undefined;
  const literalBytes = Uint8Array.from(digits, (pair) => Number.parseInt(pair, 16));
  return make({ head: literalBytes, bytes: Number(bytes), seed: Number(seed) });
}
