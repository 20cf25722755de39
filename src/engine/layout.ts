/**
 * Where everything lies in host memory: a slab for each guest, then the VMM's own memory for each card, and behind them
 * the banks of Linux guests, whose virtual machines make their memory themselves.
 */

import { invariant } from "../base/errors.ts";
import { type CardId, type GuestId, guestId, guestPhysical, hostPhysical } from "../base/ids.ts";
import { Prng } from "../base/prng.ts";
import { type Bank, GuestMemory, HostMemory, layOut, type OwnMemory, type Slab } from "../hardware/memory.ts";
import { PageLog } from "../hardware/page-log.ts";
import type { Guest, Scenario } from "../scenario/scenario.ts";
import { SCRATCH_BYTES } from "../scenario/schema.ts";
import type { MemoryCheck } from "./report.ts";

export interface HostLayout {
  readonly memory: SharedArrayBuffer;
  /** By guest id. */
  readonly guests: readonly Slab[];
  /** By card id: guest-physical equals host-physical here. */
  readonly scratch: readonly Slab[];
  /** The page logs of the guests with memory of their own. */
  readonly pageLogs: ReadonlyMap<GuestId, SharedArrayBuffer>;
  /** Their memory: of those that have been built. */
  readonly own: ReadonlyMap<GuestId, OwnMemory>;
}

const hasOwnMemory = ({ workload }: Guest): boolean => workload.kind === "linux";

/**
 * In passthrough mode guest-physical is host-physical: without IOMMU and without rewriting it must be. A Linux guest's
 * memory begins at 0; its card, which is its own there, sees that memory alone.
 */
export function layOutHost(scenario: Scenario): HostLayout {
  const common = scenario.guests.filter((guest) => !hasOwnMemory(guest));
  const own = scenario.guests.filter(hasOwnMemory);
  const bytesOf = ({ memoryBytes }: Guest): number => memoryBytes;
  const sizes = [...common.map(bytesOf), ...scenario.cards.map(() => SCRATCH_BYTES), ...own.map(bytesOf)];
  const slabs = layOut(sizes, true);
  const lastCommon = slabs[common.length + scenario.cards.length - 1];
  const passthrough = scenario.mode === "passthrough";
  const placeOf = (guest: Guest): Slab => {
    const firstOwn = common.length + scenario.cards.length;
    const slab = slabs[hasOwnMemory(guest) ? firstOwn + own.indexOf(guest) : common.indexOf(guest)];
    invariant(slab !== undefined, "each guest has its slab");
    if (!passthrough) return { ...slab, guest: guestPhysical(0) };
    return hasOwnMemory(guest) ? { ...slab, host: hostPhysical(0), guest: guestPhysical(0) } : slab;
  };
  return {
    memory: new SharedArrayBuffer(lastCommon === undefined ? 0 : lastCommon.host + lastCommon.bytes),
    guests: scenario.guests.map(placeOf),
    scratch: slabs.slice(common.length, common.length + scenario.cards.length),
    pageLogs: new Map(own.map(({ id, memoryBytes }) => [id, PageLog.create(memoryBytes)])),
    own: new Map(),
  };
}

/** Host memory as a card sees it. */
export function hostMemoryOf(layout: HostLayout, { mode, cards }: Scenario, card: CardId): HostMemory {
  const banks = [...layout.own].map(([guest, memory]) => ({ guest, bank: bankOf(layout, guest, memory) }));
  const alone = mode === "passthrough" ? banks.find(({ guest }) => guest === cards[card]?.owner) : undefined;
  if (alone !== undefined) return new HostMemory(new ArrayBuffer(0), [alone.bank]);
  return new HostMemory(layout.memory, mode === "passthrough" ? [] : banks.map(({ bank }) => bank));
}

function bankOf(layout: HostLayout, guest: GuestId, { buffer, offset, bytes }: OwnMemory): Bank {
  const noteWrite = noteWriteOf(layout, guest);
  invariant(noteWrite !== undefined, "memory of a guest's own has a page log");
  return { host: slabOf(layout.guests, guest).host, bytes: new Uint8Array(buffer, offset, bytes), noteWrite };
}

/** What is to be told of foreign writes to a guest's memory; undefined when nobody wants to know. */
export function noteWriteOf(layout: HostLayout, guest: GuestId): Bank["noteWrite"] | undefined {
  const log = layout.pageLogs.get(guest);
  const pages = log && new PageLog(log);
  return pages && ((address, bytes) => pages.note(address, bytes));
}

/** A guest's memory, as its own programs and the VMM see it. */
export function guestMemoryOf(layout: HostLayout, guest: GuestId): GuestMemory {
  const slab = slabOf(layout.guests, guest);
  const own = layout.own.get(guest);
  if (own === undefined) return new GuestMemory(layout.memory, slab);
  return new GuestMemory(own.buffer, { ...slab, host: hostPhysical(own.offset) });
}

/** The VMM's own memory for a card. */
export const scratchOf = (layout: HostLayout, card: CardId): GuestMemory =>
  new GuestMemory(layout.memory, slabOf(layout.scratch, card));

function slabOf(slabs: readonly Slab[], index: number): Slab {
  const slab = slabs[index];
  invariant(slab !== undefined, `host memory has slab ${index}`);
  return slab;
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

/** Fills every guest's memory in the common buffer with its pattern. */
export function fillMemory(layout: HostLayout, seed: number): void {
  const host = new HostMemory(layout.memory);
  for (const [guest, slab] of layout.guests.entries()) {
    if (layout.pageLogs.has(guestId(guest))) continue;
    const pattern = patternOf(seed, guest);
    const bytes = host.slab(slab);
    for (let at = 0; at < bytes.length; at += pattern.length) {
      bytes.set(pattern.subarray(0, Math.min(pattern.length, bytes.length - at)), at);
    }
  }
}

/** Compares what `guest` has not taken into use (from guest-physical `brk` on) with its pattern, byte for byte. */
export function checkMemory(layout: HostLayout, seed: number, guest: number, brk: number): MemoryCheck {
  const slab = slabOf(layout.guests, guest);
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
