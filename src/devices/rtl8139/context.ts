/**
 * The device context of an RTL8139: how each part of the card survives a handoff. The card offers nothing but its own
 * registers, so what cannot be written is brought back by letting the card work: after a reset the receive offset (CBR)
 * and the descriptor whose turn it is are both 0, and frames in loopback move them to where the guest left them.
 */

import { BROADCAST } from "../../ethernet/mac.ts";
import {
  type InOp,
  inb,
  inl,
  inw,
  outb,
  outl,
  outw,
  type PortOp,
  readAll,
  type Sequence,
} from "../../hardware/cpu.ts";
import type { GuestMemory } from "../../hardware/memory.ts";
import type { ContextElement } from "../model.ts";
import {
  CAPR_LAG,
  CR,
  CR9346,
  FCS_BYTES,
  RCR,
  REGISTERS,
  type RegisterName,
  RX_HEADER_BYTES,
  RX_MAX_BYTES,
  ringBytes,
  TCR,
  TX_DESCRIPTORS,
} from "./registers.ts";

/** Registers that are read back from the card and written to it again, in the order of writing. */
const KEPT_REGISTERS = [
  "IDR0",
  "IDR4",
  "MAR0",
  "MAR4",
  "CONFIG0",
  "CONFIG1",
  "CONFIG3",
  "CONFIG4",
  "CONFIG5",
  "BMCR",
  "ANAR",
  "MSR",
  "MULINT",
  "NWAYTR",
  "CSCR",
  "PHY1_PARM",
  "TW_PARM",
  "PHY2_PARM",
] as const satisfies readonly RegisterName[];

export const RTL8139_CONTEXT: readonly ContextElement[] = [
  ...KEPT_REGISTERS.map((name) => ({ name, keeping: "register", how: "read and written back" }) as const),
  { name: "CAPR", keeping: "register", how: "read and written back after CBR" },
  { name: "CR", keeping: "register", how: "TE and RE read and written back" },
  { name: "TCR", keeping: "register", how: "read and written back while TE is set" },
  { name: "RCR", keeping: "shadow", how: "its writes are hooked; written back before the receiver is armed" },
  { name: "RBSTART", keeping: "shadow", how: "hooked and rewritten to host-physical" },
  { name: "TSAD0-3", keeping: "shadow", how: "hooked and rewritten to host-physical" },
  { name: "CBR", keeping: "replay", how: "advanced by loopback frames into a ring of the VMM" },
  { name: "transmit turn", keeping: "replay", how: "advanced by loopback frames" },
  { name: "TSD0-3", keeping: "virtual", how: "status served by the VMM until the descriptor is used again" },
  { name: "TSAD", keeping: "virtual", how: "composed from TSD0-3 while any of them is served" },
  { name: "ISR", keeping: "virtual", how: "taken over from the card, acknowledged by the guest to the VMM" },
  { name: "IMR", keeping: "virtual", how: "the card's own also lets TOK and TER through" },
  { name: "9346CR and EEPROM", keeping: "virtual", how: "each guest has an EEPROM of its own, with its MAC" },
  { name: "MPC", keeping: "virtual", how: "the count so far is added to the card's" },
  {
    name: "TCTR",
    keeping: "virtual",
    how: "stands still while the guest is without the card; an offset is added",
  },
  { name: "TimerInt", keeping: "shadow", how: "moved by TCTR's offset" },
  { name: "ERBCR, ERSR", keeping: "lost", how: "early receive is not used: they read 0" },
  {
    name: "ANLPAR, ANER, DIS, FCSC, REC",
    keeping: "lost",
    how: "the link's own; the next card state shows them",
  },
];

/** What the card itself holds of a guest's context. */
export interface CardContext {
  readonly registers: ReadonlyMap<(typeof KEPT_REGISTERS)[number], number>;
  readonly command: number;
  readonly tcr: number;
  readonly capr: number;
  readonly cbr: number;
}

/** What the model adds to it. */
export interface ModelContext {
  readonly rcr: number;
  /** Host-physical. */
  readonly rbstart: number;
  readonly tsad: readonly number[];
  /** The descriptor whose turn it is. */
  readonly turn: number;
  readonly imr: number;
  readonly timerInt: number;
  /** Operating mode in 9346CR. */
  readonly mode: number;
}

export const portOf = (ioBase: number, name: RegisterName, index = 0): number =>
  ioBase + REGISTERS[name].offset + 4 * index;

export function readRegister(ioBase: number, name: RegisterName): InOp {
  const port = portOf(ioBase, name);
  const { bytes } = REGISTERS[name];
  return bytes === 1 ? inb(port) : bytes === 2 ? inw(port) : inl(port);
}

export function writeRegister(ioBase: number, name: RegisterName, value: number): PortOp {
  const port = portOf(ioBase, name);
  const { bytes } = REGISTERS[name];
  return bytes === 1 ? outb(port, value) : bytes === 2 ? outw(port, value) : outl(port, value);
}

/** The context of a card after power-on, with `mac` as its address. */
export function powerOnContext(mac: Uint8Array): CardContext {
  const registers = new Map(KEPT_REGISTERS.map((name) => [name, REGISTERS[name].reset as number]));
  const byte = (i: number): number => mac[i] ?? 0;
  registers.set("IDR0", (byte(0) | (byte(1) << 8) | (byte(2) << 16) | (byte(3) << 24)) >>> 0);
  registers.set("IDR4", byte(4) | (byte(5) << 8));
  return { registers, command: 0, tcr: REGISTERS.TCR.reset, capr: REGISTERS.CAPR.reset, cbr: 0 };
}

/** Reads the context out of a quiet card. `command`: CR as it was before the receiver was disarmed. */
export function* saveCard(ioBase: number, command: number): Sequence<CardContext> {
  const names = [...KEPT_REGISTERS, "TCR", "CAPR", "CBR"] as const;
  const values = yield* readAll(names.map((name) => readRegister(ioBase, name)));
  const registers = new Map(KEPT_REGISTERS.map((name, i) => [name, values[i] ?? 0]));
  const [tcr = 0, capr = 0, cbr = 0] = values.slice(KEPT_REGISTERS.length);
  return { registers, command: command & (CR.TE | CR.RE), tcr, capr, cbr };
}

/** Programs a freshly reset card. Its receiver is armed, if it was, from the moment loopback ends. */
export function* restoreCard(
  ioBase: number,
  card: CardContext,
  model: ModelContext,
  scratch: GuestMemory,
): Sequence<void> {
  yield* replay(ioBase, card, model, scratch);
  yield writeRegister(ioBase, "CR9346", CR9346.EEM_CONFIG);
  for (const name of KEPT_REGISTERS) yield writeRegister(ioBase, name, card.registers.get(name) ?? 0);
  yield writeRegister(ioBase, "RBSTART", model.rbstart);
  for (const [n, address] of model.tsad.entries()) yield outl(portOf(ioBase, "TSAD0", n), address);
  yield writeRegister(ioBase, "CAPR", card.capr);
  yield writeRegister(ioBase, "CR9346", model.mode);
  // What the replay has raised goes before the first frame can come in: a status bit of the guest's own stays.
  yield writeRegister(ioBase, "ISR", 0xffff);
  // TCR takes writes only while TE is set; with it loopback ends, and frames from the wire come in.
  const armed = card.command & CR.RE;
  yield writeRegister(ioBase, "CR", CR.TE | armed);
  yield writeRegister(ioBase, "TCR", card.tcr);
  if ((card.command & CR.TE) === 0) yield writeRegister(ioBase, "CR", armed);
  yield* startTimer(ioBase, model.timerInt);
  yield writeRegister(ioBase, "IMR", model.imr);
}

/**
 * Starts the timer from 0. TCTR must not pass `timerInt` (it would go all the way round) before that is written, and
 * what it runs out on meanwhile must be near: hence 0 twice.
 */
function* startTimer(ioBase: number, timerInt: number): Sequence<number> {
  yield writeRegister(ioBase, "TCTR", 0);
  yield writeRegister(ioBase, "TimerInt", timerInt);
  return yield writeRegister(ioBase, "TCTR", 0);
}

/** Entries of the ring that a loopback frame may take: at least a frame of 60 bytes, at most one of 1,512. */
const ENTRY_MIN_BYTES = 68;
const ENTRY_MAX_BYTES = 1520;
const TX_BYTES = ENTRY_MAX_BYTES;

/** Sizes of ring entries (multiples of 4) that together advance CBR from 0 to `cbr` in a ring of that size. */
export function planAdvance(cbr: number, ring: number): readonly number[] {
  if (cbr === 0) return [];
  let left = cbr < ENTRY_MIN_BYTES ? cbr + ring : cbr;
  const entries: number[] = [];
  for (let more = Math.ceil(left / ENTRY_MAX_BYTES) - 1; more >= 0; more--) {
    const entry = Math.min(ENTRY_MAX_BYTES, left - more * ENTRY_MIN_BYTES);
    entries.push(entry);
    left -= entry;
  }
  return entries;
}

/** Where the VMM's own ring and frame for replays lie: taken once from its memory, used for every guest of the card. */
interface ReplayBuffers {
  readonly ring: number;
  readonly frame: number;
}
const REPLAY_BUFFERS = new WeakMap<GuestMemory, ReplayBuffers>();

function replayBuffers(scratch: GuestMemory): ReplayBuffers {
  const known = REPLAY_BUFFERS.get(scratch);
  if (known !== undefined) return known;
  const ring = scratch.allocate(0x1_0000 + CAPR_LAG + RX_MAX_BYTES, 256);
  const buffers = { ring, frame: scratch.allocate(TX_BYTES) };
  REPLAY_BUFFERS.set(scratch, buffers);
  return buffers;
}

/** An address that no station has, for the frames of a replay: locally administered. */
const REPLAY_UNICAST = Uint8Array.of(0x02, 0, 0, 0, 0, 0);
const REPLAY_MULTICAST = Uint8Array.of(0x03, 0, 0, 0, 0, 0);

/**
 * Where the frames of a replay go, so that the receiver accepts them as the guest has configured it. Cards differ in
 * what a write of RCR does to CBR (QEMU's zeroes it), so RCR is not written behind a replay; undefined when the guest's
 * accepts no frame at all.
 */
function replayDestination(rcr: number): Uint8Array | undefined {
  if (rcr & (RCR.AAP | RCR.APM)) return REPLAY_UNICAST;
  if (rcr & RCR.AB) return BROADCAST;
  return rcr & RCR.AM ? REPLAY_MULTICAST : undefined;
}

/** The card takes the address of the replay for its own meanwhile, and every group. */
function* openFilter(ioBase: number): Sequence<void> {
  yield writeRegister(ioBase, "IDR0", 0x02);
  yield writeRegister(ioBase, "IDR4", 0);
  yield writeRegister(ioBase, "MAR0", 0xffff_ffff);
  yield writeRegister(ioBase, "MAR4", 0xffff_ffff);
}

/** Moves CBR and the transmit turn to where the guest left them. In loopback nothing comes in from the wire. */
function* replay(
  ioBase: number,
  card: CardContext,
  model: ModelContext,
  scratch: GuestMemory,
): Sequence<void> {
  const ring = ringBytes(model.rcr);
  const entries = planAdvance(card.cbr, ring);
  const turnsAlone = (model.turn - entries.length + ring) % TX_DESCRIPTORS;
  const buffers = replayBuffers(scratch);
  const destination = replayDestination(model.rcr);
  scratch.bytes(buffers.frame, TX_BYTES).fill(0);
  scratch.write(buffers.frame, destination ?? REPLAY_UNICAST);
  yield* openFilter(ioBase);
  yield writeRegister(ioBase, "CR", CR.TE);
  yield writeRegister(ioBase, "TCR", TCR.LBK);
  for (let turn = 0; turn < turnsAlone; turn++) {
    yield* loopFrame(ioBase, turn, buffers.frame, ENTRY_MIN_BYTES);
  }
  yield writeRegister(ioBase, "RBSTART", buffers.ring);
  yield writeRegister(ioBase, "RCR", destination === undefined ? model.rcr | RCR.APM : model.rcr);
  yield writeRegister(ioBase, "CR", CR.TE | CR.RE);
  let offset = 0;
  for (const [i, entry] of entries.entries()) {
    yield* loopFrame(ioBase, (turnsAlone + i) % TX_DESCRIPTORS, buffers.frame, entry);
    offset = (offset + entry) % ring;
    yield outw(portOf(ioBase, "CAPR"), (offset - CAPR_LAG) & 0xffff);
  }
  if (destination === undefined) yield writeRegister(ioBase, "RCR", model.rcr);
}

/** Sends one frame in loopback that takes `entryBytes` of the receive ring. */
function* loopFrame(ioBase: number, turn: number, frame: number, entryBytes: number): Sequence<void> {
  yield outl(portOf(ioBase, "TSAD0", turn), frame);
  yield outl(portOf(ioBase, "TSD0", turn), entryBytes - RX_HEADER_BYTES - FCS_BYTES);
}
