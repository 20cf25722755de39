/** The RTL8139 for the checker: what can be seen of it, and the worlds in which it is explored. */

import type { Access } from "../../devices/model.ts";
import { RESERVED_FROM } from "../../devices/rtl8139/hooks.ts";
import { rtl8139Model } from "../../devices/rtl8139/model.ts";
import {
  CAPR_LAG,
  CR,
  CR9346,
  ISR,
  PORT_BYTES,
  RCR,
  REGISTERS,
  type RegisterName,
  TCR,
  TCTR_MHZ,
  TSD,
  TX_DESCRIPTORS,
  TX_MAX_BYTES,
} from "../../devices/rtl8139/registers.ts";
import { Rtl8139 } from "../../devices/rtl8139/silicon.ts";
import type { Width } from "../../hardware/cpu.ts";
import type { Innards } from "../../hardware/inspection.ts";
import { PAGE_BYTES } from "../../hardware/memory.ts";
import type { Slot } from "../../hardware/silicon.ts";
import { access, frame, HANDOVER, read, SENT, SERVICE, write } from "./accesses.ts";
import type { CardInSight, Circumstance, Hook, Register, Specimen, Step, World } from "./specimen.ts";

const GUEST_BYTES = 5 * PAGE_BYTES;
/** Where a ring of 8 KiB fits with all that may run on behind it, and where it does not. */
const RING = PAGE_BYTES;
const RING_TOO_FAR = 4 * PAGE_BYTES;
const FRAME_BYTES = 60;
/** A frame of FRAME_BYTES does not fit there; the second one is nobody's. */
const NEAR_END = GUEST_BYTES - FRAME_BYTES / 2;
const OUTSIDE = GUEST_BYTES;
/** A frame that takes half the ring with its header and FCS: the second one overflows. */
const HALF_RING = 4096;

const set = (name: RegisterName, value: number): Access => {
  const { offset, bytes } = REGISTERS[name];
  return write(offset, bytes, value);
};
const writes = (name: RegisterName, value: number, says: string): Step =>
  access(`the guest writes ${name}: ${says}`, set(name, value));

const NAMES = Object.keys(REGISTERS) as RegisterName[];
/** No register changes by being read. */
const VIEW: readonly Register[] = NAMES.map((name) => {
  const { offset: port, bytes } = REGISTERS[name];
  return { name, page: undefined, port, bytes };
});

function insert(slot: Slot, mac: Uint8Array): CardInSight {
  const silicon = new Rtl8139(slot, { mac });
  const value = (name: RegisterName): number =>
    silicon.readPort(REGISTERS[name].offset, REGISTERS[name].bytes);
  return {
    silicon,
    page: undefined,
    get missed() {
      return value("MPC");
    },
    busyWith: () => {
      const queued = ~value("TSAD") & 0xf;
      if (queued === 0) return [];
      const descriptors = Array.from({ length: TX_DESCRIPTORS }, (_, n) => n).filter(
        (n) => queued & (1 << n),
      );
      return [`descriptors ${descriptors.join(", ")} queued or being sent`];
    },
    stray: () => undefined,
    note: () => undefined,
    halfProgrammed: [],
    strayFrame: () => undefined,
    starts: () => false,
    view: () => VIEW,
  };
}

/** So many frames are missed, in worlds in which frames are. */
const MISSED_MAX = 2;
const BROADCAST = frame("a frame arrives", new Uint8Array(HALF_RING - 8).fill(0xff), MISSED_MAX);

const ALL = ISR.TOK | ISR.TER | ISR.ROK | ISR.RER | ISR.RXOVW | ISR.TimeOut;
const RUNNING = CR.TE | CR.RE;
/** A driver has opened the card; or only to send. */
const SENDING: readonly Access[] = [set("CR", CR.RST), set("IMR", ALL), set("CR", CR.TE)];
const OPEN: readonly Access[] = [
  set("CR", CR.RST),
  set("RBSTART", RING),
  set("CR", RUNNING),
  set("RCR", RCR.AB),
  set("IMR", ALL),
];

const RESET = access("the guest resets the card", set("CR", CR.RST));
const TURN_OFF = writes("CR", 0, "off");
const SEND_ONLY = writes("CR", CR.TE, "receiver off");
const RUN = writes("CR", RUNNING, "both on");
const ACKNOWLEDGE = writes("ISR", 0xffff, "all acknowledged");
const transmits = (name: "TSD0" | "TSD1" | "TSD2" | "TSD3"): Step =>
  access(`the guest writes ${name}`, set(name, FRAME_BYTES));

/** Five microseconds. */
const TICKS = 5 * TCTR_MHZ;
const RCR_16K = 0x0000_0800;
const KEPT = [
  ...(["IDR0", "IDR4", "MAR0", "MAR4", "CONFIG0", "CONFIG1", "CONFIG3", "CONFIG4", "CONFIG5"] as const),
  ...(["BMCR", "ANAR", "MSR", "MULINT", "NWAYTR", "CSCR", "PHY1_PARM", "TW_PARM", "PHY2_PARM"] as const),
  "TCR",
] as const;

const WORLDS: readonly World[] = [
  {
    name: "transmit",
    what: "four descriptors, in turn and out of turn",
    start: SENDING,
    amid: [],
    steps: [
      ...(["TSD0", "TSD1", "TSD2", "TSD3"] as const).map(transmits),
      SENT,
      SERVICE,
      HANDOVER,
      RESET,
      TURN_OFF,
      writes("CR", CR.TE, "on"),
    ],
  },
  {
    name: "buffers",
    what: "transmit buffers within the guest's memory, at its end and outside; sizes",
    start: SENDING,
    amid: ["service", "drain", "exit"],
    steps: [
      transmits("TSD0"),
      transmits("TSD1"),
      writes("TSD0", TSD.OWN | FRAME_BYTES, "still the host's"),
      writes("TSD0", TX_MAX_BYTES + 1, "too long"),
      writes("TSAD0", 0, "within"),
      writes("TSAD0", NEAR_END, "at the end of memory"),
      writes("TSAD0", OUTSIDE, "outside"),
      TURN_OFF,
      writes("CR", CR.TE, "on"),
      ACKNOWLEDGE,
      writes("IMR", 0, "all masked"),
      SENT,
      SERVICE,
      HANDOVER,
    ],
  },
  {
    name: "rings",
    what: "receive rings within the guest's memory and partly outside, armed and disarmed",
    start: OPEN,
    amid: ["service", "drain", "exit"],
    steps: [
      BROADCAST,
      writes("RBSTART", RING, "within"),
      writes("RBSTART", RING_TOO_FAR, "the ring runs over the end"),
      writes("RCR", RCR.AB, "8 KiB"),
      writes("RCR", RCR.AB | RCR.WRAP | RCR_16K, "16 KiB and what runs on behind them: too large"),
      SEND_ONLY,
      RUN,
      SERVICE,
      HANDOVER,
      RESET,
    ],
  },
  {
    name: "overflow",
    what: "a ring that fills, is read and overflows; missed frames",
    start: OPEN,
    amid: ["service", "exit"],
    steps: [
      BROADCAST,
      writes("CAPR", HALF_RING - CAPR_LAG, "read up to the middle"),
      writes("CAPR", 0x1_0000 - CAPR_LAG, "read up to the start"),
      ACKNOWLEDGE,
      writes("IMR", 0, "all masked"),
      writes("MPC", 0, "cleared"),
      SEND_ONLY,
      RUN,
      SERVICE,
      HANDOVER,
    ],
  },
  {
    name: "loopback",
    what: "frames that the card sends to itself",
    start: OPEN,
    amid: ["service"],
    steps: [
      writes("TCR", TCR.LBK, "loopback"),
      writes("TCR", 0, "no loopback"),
      transmits("TSD0"),
      transmits("TSD1"),
      writes("RBSTART", RING_TOO_FAR, "the ring runs over the end"),
      SEND_ONLY,
      RUN,
      BROADCAST,
      SENT,
      SERVICE,
      HANDOVER,
    ],
  },
  {
    name: "eeprom",
    what: "operating modes in 9346CR, the lines of the EEPROM, with a transmit and a frame",
    start: OPEN,
    amid: [],
    steps: [
      writes("CR9346", CR9346.EEM_NORMAL, "normal"),
      writes("CR9346", CR9346.EEM_CONFIG, "configuration"),
      writes("CR9346", CR9346.EEM_AUTOLOAD, "load from the EEPROM"),
      writes("CR9346", CR9346.EEM_PROGRAM, "programming"),
      writes("CR9346", CR9346.EEM_PROGRAM | CR9346.EECS, "programming, selected"),
      writes("CR9346", CR9346.EEM_PROGRAM | CR9346.EECS | CR9346.EEDI | CR9346.EESK, "a one clocked in"),
      transmits("TSD0"),
      BROADCAST,
      SENT,
      SERVICE,
      HANDOVER,
    ],
  },
  {
    name: "timer",
    what: "the timer, and time that passes",
    start: OPEN,
    amid: ["service", "drain", "exit"],
    steps: [
      writes("TimerInt", 2 * TICKS, "ten microseconds"),
      writes("TimerInt", 0, "off"),
      writes("TCTR", 0, "started again"),
      { kind: "pass", what: "five microseconds pass", ns: 5000, untilNs: 25_000 },
      ACKNOWLEDGE,
      writes("IMR", 0, "all masked"),
      SERVICE,
      HANDOVER,
    ],
  },
  {
    name: "registers",
    bound: 3,
    what: "every other register that can be written",
    start: OPEN,
    amid: [],
    steps: [
      ...KEPT.map((name) => writes(name, 0x5a5a_5a5a, "something else")),
      writes("CR9346", CR9346.EEM_CONFIG, "configuration"),
      writes("CR9346", CR9346.EEM_NORMAL, "normal"),
      access("the guest reads port 0x84", read(RESERVED_FROM, 1)),
      access("the guest writes port 0xff", write(PORT_BYTES - 1, 1, 0)),
      HANDOVER,
      RESET,
    ],
  },
];

/** Another guest has had addresses of its own, and groups; a reset leaves these in the card. */
const STRANGER: readonly Access[] = [
  set("IDR0", 0x4433_2211),
  set("IDR4", 0x6655),
  set("MAR0", 0x0f0f_0f0f),
  set("MAR4", 0xf0f0_f0f0),
];

const whole = (name: string, from: number, to: number): readonly Hook[] =>
  (["read", "write"] as const).map((direction) => ({
    name,
    page: undefined,
    port: from,
    bytes: to - from,
    direction,
  }));

const { offset: CONFIG5 } = REGISTERS.CONFIG5;
const HOOKS: readonly Hook[] = [
  ...NAMES.flatMap((name) =>
    whole(name, REGISTERS[name].offset, REGISTERS[name].offset + REGISTERS[name].bytes),
  ),
  ...whole("0x84 to 0xd7", RESERVED_FROM, CONFIG5),
  ...whole("0xd9 to 0xff", CONFIG5 + 1, PORT_BYTES),
];

const served = (model: Innards): readonly unknown[] => model["servedTsd"] as readonly unknown[];
const CIRCUMSTANCES: readonly Circumstance[] = [
  ...[0, 1, 2, 3].map((n) => ({
    what: `while TSD${n} of an earlier ownership is served`,
    holds: (model: Innards) => served(model)[n] !== undefined,
  })),
  {
    what: "while any TSD of an earlier ownership is served",
    holds: (model) => served(model).some((status) => status !== undefined),
  },
  {
    what: "while frames missed in an earlier ownership count",
    holds: (model) => model["missedBefore"] !== 0,
  },
  { what: "while TCTR goes on from an earlier ownership", holds: (model) => model["timerOffset"] !== 0 },
];

/** Widths that fit the register; beyond the documented ones, a byte. */
const widthOf = (bytes: number): Width => (bytes === 4 ? 4 : bytes === 2 ? 2 : 1);

function worldOf({ name, port, bytes, direction }: Hook): World {
  const width = widthOf(bytes);
  const touched: readonly Step[] =
    direction === "read"
      ? [access(`the guest reads ${name}`, read(port, width))]
      : [0, 0xffff_ffff, 0x5a5a_5a5a].map((value) =>
          access(`the guest writes ${name}: 0x${value.toString(16)}`, write(port, width, value)),
        );
  return {
    name: "hook",
    what: `accesses to ${name}`,
    start: OPEN,
    amid: ["service"],
    steps: [
      ...touched,
      transmits("TSD0"),
      BROADCAST,
      { kind: "pass", what: "five microseconds pass", ns: 5000, untilNs: 10_000 },
      SENT,
      SERVICE,
      HANDOVER,
    ],
  };
}

export const RTL8139: Specimen = {
  kind: "rtl8139",
  model: rtl8139Model,
  guestBytes: GUEST_BYTES,
  illegal: (port) => port >= RESERVED_FROM && port !== CONFIG5,
  dmaOf: (port) =>
    port >= REGISTERS.TSD0.offset && port < REGISTERS.RBSTART.offset ? `transmit ${(port >> 2) & 3}` : "ring",
  insert,
  stranger: STRANGER,
  worlds: WORLDS,
  hooks: HOOKS,
  circumstances: CIRCUMSTANCES,
  worldOf,
};
