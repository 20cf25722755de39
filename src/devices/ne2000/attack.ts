/**
 * Attacks with an NE2000. It never masters the bus; what it can be made to miss is its own packet RAM (0x4000
 * .. 0x7fff), whose neighbours in a careless emulation are somebody's memory.
 */

import { inb, insw, outb, outsw, outw, type Program } from "../../hardware/cpu.ts";
import type { Attack, AttackMachine, CardAttack } from "../attack.ts";
import { hostileFrame } from "../hostile-frame.ts";
import { CR, DATA_PORT, DCR, ISR, OFFSET, RAM, RCR, RESET_PORT } from "./registers.ts";

const REMOTE_READ = CR.STA | CR.READ;
const REMOTE_WRITE = CR.STA | CR.WRITE;
/** Polls of a status before the attack goes on without it. */
const POLLS = 256;
const CHUNK_BYTES = 64;

interface Target {
  /** Where a remote DMA begins, and its bytes. */
  readonly address: number;
  readonly bytes: number;
}

/** A receive ring and the pages around it. */
interface Ring {
  readonly start: number;
  readonly stop: number;
  readonly current: number;
}

/** Behind the PROM, below the packet RAM, behind it, and around the end of the 16-bit address space. */
const OUTSIDE: readonly Target[] = [0x0020, 0x2000, 0x8000, 0xbffe, 0xfffe].map((address) => ({
  address,
  bytes: CHUNK_BYTES,
}));
const OVER_END: readonly Target[] = [0x7f00, 0x7ffe].map((address) => ({ address, bytes: 0x400 }));

const OUTSIDE_RING: Ring = { start: 0xc0, stop: 0xff, current: 0xc1 };
const OVER_END_RING: Ring = { start: 0x7e, stop: 0xff, current: 0x7f };
const GOOD_RING: Ring = { start: 0x46, stop: 0x80, current: 0x47 };

export function ne2000Attack(kind: CardAttack, machine: AttackMachine): Attack {
  switch (kind) {
    case "dma-outside":
      return reach(machine, OUTSIDE, OUTSIDE_RING, { page: 0xff, bytes: 0xffff });
    case "dma-over-end":
      return reach(machine, OVER_END, OVER_END_RING, { page: 0x7f, bytes: 1514 });
    case "never-idle":
      return neverIdle(machine.ioBase);
  }
}

/** Remote DMA at each target, both ways; a transmit from `from`; then a receiver armed on `ring`. */
function reach(
  machine: AttackMachine,
  targets: readonly Target[],
  ring: Ring,
  from: { readonly page: number; readonly bytes: number },
): Attack {
  const { ioBase, memory } = machine;
  const longest = Math.max(...targets.map((target) => target.bytes));
  const out = memory.allocate(longest, 2);
  const back = memory.allocate(longest, 2);
  memory.write(out, hostileFrame(machine.mac, longest));
  function* round(): Program<number> {
    yield* start(ioBase, GOOD_RING);
    for (const target of targets) {
      yield* remote(ioBase, REMOTE_WRITE, target);
      yield outsw(ioBase + DATA_PORT, out, target.bytes / 2);
      yield* remote(ioBase, REMOTE_READ, target);
      yield insw(ioBase + DATA_PORT, back, target.bytes / 2);
    }
    yield outb(ioBase + OFFSET.TPSR, from.page);
    yield outb(ioBase + OFFSET.TBCR0, from.bytes & 0xff);
    yield outb(ioBase + OFFSET.TBCR1, from.bytes >>> 8);
    yield outb(ioBase + OFFSET.CR, CR.STA | CR.ABORT | CR.TXP);
    yield* start(ioBase, ring);
    return 2 * targets.length + 2;
  }
  return { setUp: function* () {}, round };
}

/** Resets the card and arms its receiver on `ring` (DP8390D section 11, "Initialization sequence"). */
function* start(ioBase: number, ring: Ring): Program<void> {
  yield outb(ioBase + RESET_PORT, yield inb(ioBase + RESET_PORT));
  for (let polls = 0; polls < POLLS && ((yield inb(ioBase + OFFSET.ISR)) & ISR.RST) === 0; polls++);
  yield outb(ioBase + OFFSET.CR, CR.STP | CR.ABORT);
  yield outb(ioBase + OFFSET.DCR, DCR.WTS | DCR.LS | DCR.FT_8_BYTES);
  yield outb(ioBase + OFFSET.RCR, RCR.AB | RCR.AM | RCR.PRO);
  yield outb(ioBase + OFFSET.TCR, 0);
  yield outb(ioBase + OFFSET.PSTART, ring.start);
  yield outb(ioBase + OFFSET.PSTOP, ring.stop);
  yield outb(ioBase + OFFSET.BNRY, ring.start);
  yield outb(ioBase + OFFSET.IMR, 0);
  yield outb(ioBase + OFFSET.CR, CR.STP | CR.ABORT | CR.PAGE_1);
  yield outb(ioBase + OFFSET.CURR, ring.current);
  yield outb(ioBase + OFFSET.CR, CR.STA | CR.ABORT);
}

function* remote(ioBase: number, command: number, { address, bytes }: Target): Program<void> {
  yield outb(ioBase + OFFSET.RSAR0, address & 0xff);
  yield outb(ioBase + OFFSET.RSAR1, address >>> 8);
  yield outb(ioBase + OFFSET.RBCR0, bytes & 0xff);
  yield outb(ioBase + OFFSET.RBCR1, bytes >>> 8);
  yield outb(ioBase + OFFSET.CR, command);
}

/** Opens a remote write, writes one word of it, and opens it again before it is over. */
function neverIdle(ioBase: number): Attack {
  function* round(): Program<number> {
    yield* remote(ioBase, REMOTE_WRITE, { address: RAM.start, bytes: CHUNK_BYTES });
    yield outw(ioBase + DATA_PORT, 0xffff);
    return 1;
  }
  return { setUp: () => start(ioBase, GOOD_RING), round };
}
