/**
 * Attacks with an NE2000. It never masters the bus; what it can be made to miss is its own packet RAM (0x4000 .. 0x7fff),
 * whose neighbours in a careless emulation are somebody's memory.
 */
import { inb, insw, outb, outsw, outw, type Program } from "../hardware/cpu.ts";
import type { Attack, CardAttack, HostileMachine } from "./hostile.ts";
import { hostileFrame } from "./hostile-frame.ts";

const CR = 0x00;
const PSTART = 0x01;
const PSTOP = 0x02;
const BNRY = 0x03;
const TPSR = 0x04;
const TBCR0 = 0x05;
const TBCR1 = 0x06;
const ISR = 0x07;
const CURR = 0x07;
const RSAR0 = 0x08;
const RSAR1 = 0x09;
const RBCR0 = 0x0a;
const RBCR1 = 0x0b;
const RCR = 0x0c;
const TCR = 0x0d;
const DCR = 0x0e;
const IMR = 0x0f;
const DATA = 0x10;
const RESET = 0x1f;

const CR_STP = 0x01;
const CR_STA = 0x02;
const CR_TXP = 0x04;
const CR_READ = 0x08;
const CR_WRITE = 0x10;
const CR_ABORT = 0x20;
const CR_PAGE_1 = 0x40;
/** Word-wide transfers, normal operation, 8 bytes of FIFO threshold. */
const DCR_WORDS = 0x49;
const RCR_PROMISCUOUS = 0x1c;
const RST_TRIES = 256;
const ISR_RST = 0x80;

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

export function ne2000Attack(kind: CardAttack, machine: HostileMachine): Attack {
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
  machine: HostileMachine,
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
      yield* remote(ioBase, CR_WRITE, target);
      yield outsw(ioBase + DATA, out, target.bytes / 2);
      yield* remote(ioBase, CR_READ, target);
      yield insw(ioBase + DATA, back, target.bytes / 2);
    }
    yield outb(ioBase + TPSR, from.page);
    yield outb(ioBase + TBCR0, from.bytes & 0xff);
    yield outb(ioBase + TBCR1, from.bytes >>> 8);
    yield outb(ioBase + CR, CR_STA | CR_ABORT | CR_TXP);
    yield* start(ioBase, ring);
    return 2 * targets.length + 2;
  }
  return { setUp: function* () {}, round };
}

/** Resets the card and arms its receiver on `ring` (DP8390D section 11, "Initialization sequence"). */
function* start(ioBase: number, ring: Ring): Program<void> {
  yield outb(ioBase + RESET, yield inb(ioBase + RESET));
  for (let tries = 0; tries < RST_TRIES && ((yield inb(ioBase + ISR)) & ISR_RST) === 0; tries++);
  yield outb(ioBase + CR, CR_STP | CR_ABORT);
  yield outb(ioBase + DCR, DCR_WORDS);
  yield outb(ioBase + RCR, RCR_PROMISCUOUS);
  yield outb(ioBase + TCR, 0);
  yield outb(ioBase + PSTART, ring.start);
  yield outb(ioBase + PSTOP, ring.stop);
  yield outb(ioBase + BNRY, ring.start);
  yield outb(ioBase + IMR, 0);
  yield outb(ioBase + CR, CR_STP | CR_ABORT | CR_PAGE_1);
  yield outb(ioBase + CURR, ring.current);
  yield outb(ioBase + CR, CR_STA | CR_ABORT);
}

function* remote(ioBase: number, command: number, { address, bytes }: Target): Program<void> {
  yield outb(ioBase + RSAR0, address & 0xff);
  yield outb(ioBase + RSAR1, address >>> 8);
  yield outb(ioBase + RBCR0, bytes & 0xff);
  yield outb(ioBase + RBCR1, bytes >>> 8);
  yield outb(ioBase + CR, CR_STA | command);
}

/** Opens a remote write, writes one word of it, and opens it again before it is over. */
function neverIdle(ioBase: number): Attack {
  function* round(): Program<number> {
    yield* remote(ioBase, CR_WRITE, { address: 0x4000, bytes: CHUNK_BYTES });
    yield outw(ioBase + DATA, 0xffff);
    return 1;
  }
  return { setUp: () => start(ioBase, GOOD_RING), round };
}
