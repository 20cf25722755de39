/** Where everything lies in host memory: a slab for each guest, then the VMM's own memory for each card. */
import { Prng } from "../base/prng.ts";
import { HostMemory, layOut, type Slab } from "../hardware/memory.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { SCRATCH_BYTES } from "../scenario/schema.ts";
import type { MemoryCheck } from "./report.ts";

export interface HostLayout {
  readonly memory: SharedArrayBuffer;
  /** By guest id. */
  readonly guests: readonly Slab[];
  /** By card id: guest-physical equals host-physical here. */
  readonly scratch: readonly Slab[];
}

/** In passthrough mode guest-physical is host-physical: without IOMMU and without rewriting it must be. */
export function layOutHost(scenario: Scenario): HostLayout {
  const guestBytes = scenario.guests.map(({ memoryBytes }) => memoryBytes);
  const sizes = [...guestBytes, ...scenario.cards.map(() => SCRATCH_BYTES)];
  const identity = layOut(sizes, true);
  const rewritten = scenario.mode === "passthrough" ? identity : layOut(sizes, false);
  const last = identity[identity.length - 1];
  const bytes = last === undefined ? 0 : last.host + last.bytes;
  return {
    memory: new SharedArrayBuffer(bytes),
    guests: rewritten.slice(0, guestBytes.length),
    scratch: identity.slice(guestBytes.length),
  };
}

const PATTERN_WORDS = 4093;
/** Patterns made so far, of one seed: a campaign needs the same ones for every run. */
const patterns = { seed: -1, byGuest: new Map<number, Uint8Array>() };

/** The pattern that memory holds before its guest takes it into use: no two guests' are alike. */
function patternOf(seed: number, guest: number): Uint8Array {
  if (patterns.seed !== seed) {
    patterns.seed = seed;
    patterns.byGuest.clear();
  }
  const known = patterns.byGuest.get(guest);
  if (known !== undefined) return known;
  const prng = new Prng(seed).fork(`memory of guest ${guest}`);
  const words = Uint32Array.from({ length: PATTERN_WORDS }, () => prng.u32());
  const pattern = new Uint8Array(words.buffer);
  patterns.byGuest.set(guest, pattern);
  return pattern;
}

/** Fills every guest's memory with its pattern. */
export function fillMemory(layout: HostLayout, seed: number): void {
  const host = new HostMemory(layout.memory);
  for (const [guest, slab] of layout.guests.entries()) {
    const pattern = patternOf(seed, guest);
    const bytes = host.slab(slab);
    for (let at = 0; at < bytes.length; at += pattern.length) {
      bytes.set(pattern.subarray(0, Math.min(pattern.length, bytes.length - at)), at);
    }
  }
}

/** Compares what `guest` has not taken into use (from guest-physical `brk` on) with its pattern, byte for byte. */
export function checkMemory(layout: HostLayout, seed: number, guest: number, brk: number): MemoryCheck {
  const slab = layout.guests[guest] as Slab;
  const pattern = patternOf(seed, guest);
  const bytes = new HostMemory(layout.memory).slab(slab);
  const from = brk - slab.guest;
  let changedBytes = 0;
  let firstChanged: number | undefined;
  for (let begin = from; begin < bytes.length; ) {
    const phase = begin % pattern.length;
    const end = Math.min(bytes.length, begin - phase + pattern.length);
    const intact = pattern.subarray(phase, phase + end - begin);
    // Nearly always they are equal, which is seen at once.
    if (Buffer.compare(bytes.subarray(begin, end), intact) !== 0) {
      for (let at = begin; at < end; at++) {
        if (bytes[at] === intact[at - begin]) continue;
        changedBytes++;
        firstChanged ??= slab.guest + at;
      }
    }
    begin = end;
  }
  return { comparedBytes: bytes.length - from, changedBytes, firstChanged };
}
