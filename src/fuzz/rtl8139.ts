/** How to attack an RTL8139. */
import type { Prng } from "../base/prng.ts";
import { DEVICES } from "../devices/catalogue.ts";
import {
  CAPR_LAG,
  CR,
  CR9346,
  RCR,
  REGISTERS,
  type RegisterName,
  type RegisterSpec,
  RX_HEADER_BYTES,
  RX_MAX_BYTES,
  ringBytes,
  TCR,
  TSD,
  TX_DESCRIPTORS,
  TX_MAX_BYTES,
} from "../devices/rtl8139/registers.ts";
import type { Program } from "../hardware/cpu.ts";
import type { Silicon } from "../hardware/silicon.ts";
import type { FuzzOp } from "./operation.ts";
import { borderAddress, borderValue, type CardProfile, out, type Space } from "./profile.ts";
import type { DmaRule } from "./watched-slot.ts";

const SPECS: readonly (RegisterSpec & { readonly name: RegisterName })[] = (
  Object.keys(REGISTERS) as RegisterName[]
).map((name) => ({ name, ...REGISTERS[name] }));
const at = (name: RegisterName): number => REGISTERS[name].offset;

/** Registers that start something, or say where. */
const HOT = [
  ...(["TSD0", "TSD1", "TSD2", "TSD3", "TSAD0", "TSAD1", "TSAD2", "TSAD3"] as const),
  ...(["RBSTART", "RBSTART", "CR", "CR", "CAPR", "CAPR", "IMR", "ISR", "TCR", "RCR", "RCR"] as const),
  ...(["CR9346", "TimerInt", "TCTR", "MPC", "BMCR"] as const),
];
const RUNNING = CR.TE | CR.RE;
const SIZES = [0, 1, 13, 59, 60, 1514, TX_MAX_BYTES, TX_MAX_BYTES + 1, 4096, TSD.SIZE];
const WRITES = new Map<RegisterName, (prng: Prng, space: Space) => number>([
  ...(["TSAD0", "TSAD1", "TSAD2", "TSAD3", "RBSTART"] as const).map((name) => [name, borderAddress] as const),
  ...(["TSD0", "TSD1", "TSD2", "TSD3"] as const).map((name) => [name, status] as const),
  ["CR", command],
  ["RCR", receiveConfiguration],
  ["TCR", (prng) => prng.pick([0, 0, TCR.LBK, prng.u32()])],
  ["CR9346", eepromCommand],
]);

function command(prng: Prng): number {
  if (prng.chance(1, 16)) return prng.below(256);
  return prng.pick([0, CR.TE, CR.RE, RUNNING, RUNNING, RUNNING, RUNNING, RUNNING]);
}

function status(prng: Prng): number {
  const size = prng.chance(1, 3) ? prng.below(TSD.SIZE + 1) : prng.pick(SIZES);
  return prng.chance(1, 8) ? prng.u32() : size;
}

function receiveConfiguration(prng: Prng): number {
  const open = RCR.AAP | RCR.APM | RCR.AM | RCR.AB;
  return prng.chance(1, 3)
    ? prng.u32()
    : open | (prng.u32() & (RCR.AR | RCR.AER | RCR.WRAP | RCR.RBLEN | RCR.MXDMA));
}

/** Mostly the mode that lets the card go on working; the EEPROM's lines are clocked by a recipe. */
function eepromCommand(prng: Prng): number {
  return prng.chance(1, 6) ? prng.below(256) : prng.pick([CR9346.EEM_CONFIG, CR9346.EEM_NORMAL]);
}

function write(prng: Prng, space: Space): Extract<FuzzOp, { readonly kind: "out" }> {
  const spec = prng.chance(2, 3) ? { name: prng.pick(HOT) } : prng.pick(SPECS);
  const { offset, bytes, reset } = REGISTERS[spec.name];
  const value = WRITES.get(spec.name)?.(prng, space) ?? borderValue(prng, 8 * bytes, reset);
  return out(offset, bytes, value);
}

function recipe(prng: Prng, space: Space): readonly FuzzOp[] {
  switch (prng.below(6)) {
    case 0:
      return armReceiver(prng, space);
    case 4:
      return flood(prng, space);
    case 1:
      return transmit(prng, space);
    case 2:
      return loopBack(prng, space);
    case 3:
      return programEeprom(prng);
    default:
      return [
        { kind: "frame", bytes: prng.pick([60, 64, 1514, 1600]), to: "card", seed: prng.u32() },
        out(at("CAPR"), 2, prng.chance(1, 2) ? prng.below(0x1_0000) : 4 * prng.below(0x2000) - CAPR_LAG),
      ];
  }
}

function armReceiver(prng: Prng, space: Space): readonly FuzzOp[] {
  const configuration = receiveConfiguration(prng);
  const start = ringStart(prng, space.memoryBytes - ringBytes(configuration)) ?? borderAddress(prng, space);
  return [
    out(at("CR9346"), 1, prng.pick([CR9346.EEM_CONFIG, CR9346.EEM_NORMAL])),
    out(at("RBSTART"), 4, start),
    out(at("RCR"), 4, configuration),
    out(at("CR"), 1, RUNNING),
    out(at("TCR"), 4, 0),
  ];
}

/** Inside memory with its slack, or up to the last byte of it without; `room`: all that is left beside the ring. */
function ringStart(prng: Prng, room: number): number | undefined {
  if (room >= 0 && prng.chance(1, 6)) return room;
  return room > RX_MAX_BYTES && prng.chance(3, 4) ? prng.below(room - RX_MAX_BYTES + 1) : undefined;
}

/** Frames go round the ring, with the driver behind them or ahead. */
function flood(prng: Prng, space: Space): readonly FuzzOp[] {
  const ops = [...armReceiver(prng, space)];
  const bytes = prng.pick([60, 1514, 1514, 4000]);
  for (let i = prng.between(4, 24); i > 0; i--) {
    ops.push({ kind: "frame", bytes, to: "broadcast", seed: prng.u32() });
    if (prng.chance(3, 4)) ops.push(out(at("CAPR"), 2, 4 * prng.below(0x4000) - CAPR_LAG));
  }
  return ops;
}

/** All descriptors, in turn or not. */
function transmit(prng: Prng, space: Space): readonly FuzzOp[] {
  const first = prng.below(TX_DESCRIPTORS);
  const ops: FuzzOp[] = [out(at("CR"), 1, RUNNING)];
  for (let i = 0; i < TX_DESCRIPTORS; i++) {
    const n = (first + i) % TX_DESCRIPTORS;
    const inside = prng.chance(3, 4)
      ? prng.below(space.memoryBytes - TX_MAX_BYTES)
      : borderAddress(prng, space);
    ops.push(out(at("TSAD0") + 4 * n, 4, inside), out(at("TSD0") + 4 * n, 4, status(prng)));
  }
  return ops;
}

function loopBack(prng: Prng, space: Space): readonly FuzzOp[] {
  return [...armReceiver(prng, space), out(at("TCR"), 4, TCR.LBK), ...transmit(prng, space)];
}

/** Clocks an opcode and noise into the EEPROM, and mostly leaves it alone again. */
function programEeprom(prng: Prng): readonly FuzzOp[] {
  const line = (bits: number): FuzzOp => out(at("CR9346"), 1, CR9346.EEM_PROGRAM | bits);
  const ops: FuzzOp[] = [line(0), line(CR9346.EECS)];
  const bits = prng.pick([9, 25, 30]);
  for (let i = 0; i < bits; i++) {
    const data = CR9346.EECS | (i === 0 || prng.chance(1, 2) ? CR9346.EEDI : 0);
    ops.push(line(data), line(data | CR9346.EESK));
  }
  if (prng.chance(7, 8)) ops.push(line(0), out(at("CR9346"), 1, CR9346.EEM_NORMAL));
  return ops;
}

/**
 * The card reads what a descriptor names, and writes to its ring and the slack behind it. Its registers say what these
 * are; none of them changes by being read.
 */
function dmaRule(silicon: Silicon): DmaRule {
  const get = (name: RegisterName, n = 0): number => silicon.readPort(at(name) + 4 * n, 4);
  return (direction, address, bytes) => {
    if (direction === "read") {
      for (let n = 0; n < TX_DESCRIPTORS; n++) {
        if (get("TSAD0", n) === address && (get("TSD0", n) & TSD.SIZE) === bytes) return undefined;
      }
      return "no descriptor asks for it";
    }
    const offset = (address - get("RBSTART")) >>> 0;
    const ring = ringBytes(get("RCR"));
    const slack = get("RCR") & RCR.WRAP ? RX_MAX_BYTES : 0;
    return offset < ring && offset + bytes <= ring + slack ? undefined : "outside the receive ring";
  };
}

/** Every register but the clock, which ticks by itself. */
function* view(ioBase: number): Program<readonly number[]> {
  const values: number[] = [];
  for (const { name, offset, bytes } of SPECS) {
    if (name !== "TCTR") values.push(yield { kind: "in", port: ioBase + offset, width: bytes });
  }
  return values;
}

export const rtl8139Profile: CardProfile = {
  card: "rtl8139",
  device: DEVICES.rtl8139,
  registers: SPECS.map(({ offset, bytes }) => ({ offset, width: bytes })),
  // One round of the descriptors in loopback: each is read, and stored in two pieces with its header and FCS.
  work: { slotCalls: 32, dmaBytes: TX_DESCRIPTORS * (2 * TX_MAX_BYTES + RX_HEADER_BYTES + 4) },
  vmmOperations: { access: 128, handOff: 512 },
  write,
  recipe,
  dmaRule,
  view,
};
