/**
 * Storage for the registers, and the way from a port access (any offset, any width) to the registers it
 * covers.
 */
import type { Width } from "../../hardware/cpu.ts";
import { PORT_BYTES, REGISTERS, type RegisterName, type RegisterSpec } from "./registers.ts";

/** The content of every register; unsigned when read through `readLanes`, as bits otherwise. */
export type RegisterValues = Record<RegisterName, number>;

export const SPECS: Readonly<Record<RegisterName, RegisterSpec>> = REGISTERS;
const NAMES = Object.keys(REGISTERS) as RegisterName[];

/** Which register each byte of the window belongs to. */
const NAME_AT: readonly (RegisterName | undefined)[] = (() => {
  const names: (RegisterName | undefined)[] = new Array(PORT_BYTES).fill(undefined);
  for (const name of NAMES) names.fill(name, SPECS[name].offset, SPECS[name].offset + SPECS[name].bytes);
  return names;
})();

const maskOf = (bytes: number): number => (bytes >= 4 ? 0xffff_ffff : (1 << (8 * bytes)) - 1);

const RESET_VALUES = Object.fromEntries(NAMES.map((name) => [name, SPECS[name].reset])) as RegisterValues;

export const newRegisterValues = (): RegisterValues => ({ ...RESET_VALUES });

/** Sets every register but those of `kept` to its reset value. */
export function resetRegisters(values: RegisterValues, kept: readonly RegisterName[]): void {
  for (const name of NAMES) {
    if (!kept.includes(name)) values[name] = SPECS[name].reset;
  }
}

/**
 * Composes a port read from the values that `sample` gives for the registers it covers; reserved bytes are 0.
 */
export function readLanes(offset: number, width: Width, sample: (name: RegisterName) => number): number {
  const end = offset + width;
  let value = 0;
  for (let at = offset; at < end; ) {
    const name = NAME_AT[at];
    if (name === undefined) {
      at++;
      continue;
    }
    const spec = SPECS[name];
    const lane = at - spec.offset;
    const take = Math.min(spec.bytes - lane, end - at);
    value |= ((sample(name) >>> (8 * lane)) & maskOf(take)) << (8 * (at - offset));
    at += take;
  }
  return value >>> 0;
}

/**
 * Splits a port write into the registers it covers, lowest offset first. `store` gets the written bits in
 * their place in the register, and a mask of the bits that the access covers.
 */
export function writeLanes(
  offset: number,
  width: Width,
  value: number,
  store: (name: RegisterName, bits: number, lanes: number) => void,
): void {
  const end = offset + width;
  for (let at = offset; at < end; ) {
    const name = NAME_AT[at];
    if (name === undefined) {
      at++;
      continue;
    }
    const spec = SPECS[name];
    const lane = at - spec.offset;
    const take = Math.min(spec.bytes - lane, end - at);
    const lanes = (maskOf(take) << (8 * lane)) >>> 0;
    store(name, (((value >>> (8 * (at - offset))) << (8 * lane)) & lanes) >>> 0, lanes);
    at += take;
  }
}

/** What `name` holds after a write of `bits` under `lanes`, by the rules of the table. */
export function merged(name: RegisterName, before: number, bits: number, lanes: number): number {
  const spec = SPECS[name];
  if (spec.whole && lanes !== maskOf(spec.bytes)) return before;
  const writable = spec.writable & lanes;
  switch (spec.access) {
    case "RO":
      return before;
    case "RW":
      return ((before & ~writable) | (bits & writable)) >>> 0;
    case "W1C":
      return before & ~(bits & writable);
    case "WCLR":
      return 0;
  }
}
