/** The NE2000 for the checker: what can be seen of it, and the worlds in which it is explored. */
import { type Direction, WINDOW_PORTS } from "../../devices/hooked-list.ts";
import type { Access } from "../../devices/model.ts";
import { ne2000Model } from "../../devices/ne2000/model.ts";
import { listens } from "../../devices/ne2000/programmed.ts";
import {
  PAGE_BYTES as CARD_PAGE_BYTES,
  CR,
  DATA_PORT,
  DCR,
  EECR,
  OFFSET,
  pageOf,
  RAM,
  RCR,
  RESET_PORT,
  RESET_PULSE,
  type RegisterName,
  registerAt,
  TCR,
  WINDOW_BYTES,
} from "../../devices/ne2000/registers.ts";
import { staysInProm, staysInRam } from "../../devices/ne2000/remote-range.ts";
import { STATUSES } from "../../devices/ne2000/served.ts";
import { Ne2000 } from "../../devices/ne2000/silicon.ts";
import { ne2000Automaton } from "../../devices/ne2000/statechart.ts";
import type { Innards } from "../../hardware/inspection.ts";
import { PAGE_BYTES } from "../../hardware/memory.ts";
import type { Slot } from "../../hardware/silicon.ts";
import { access, frame, HANDOVER, read, SENT, SERVICE, write } from "./accesses.ts";
import type { CardInSight, Circumstance, Hook, Register, Specimen, Step, World } from "./specimen.ts";

const PAGES = [0, 1, 2, 3] as const;
/** Reading these changes them, on page 0. */
const CHANGED_BY_READING: readonly RegisterName[] = ["FIFO", "CNTR0", "CNTR1", "CNTR2"];
const TRANSFER: readonly number[] = [OFFSET.RSAR0, OFFSET.RSAR1, OFFSET.RBCR0, OFFSET.RBCR1];

const nameAt = (page: number, port: number): string =>
  registerAt(page, port, "read")?.name ?? `port 0x${port.toString(16)} of page ${page}`;

const VIEWS: readonly (readonly Register[])[] = PAGES.map((page) =>
  Array.from({ length: DATA_PORT }, (_, port) => ({ name: nameAt(page, port), page, port, bytes: 1 })).filter(
    ({ name }) => page !== 0 || !(CHANGED_BY_READING as readonly string[]).includes(name),
  ),
);

/** Silicon with what its guest has begun to program. */
class Ne2000InSight implements CardInSight {
  readonly silicon: Ne2000;
  #remoteProgrammed = false;
  #transmitProgrammed = false;
  #underWay = false;

  constructor(slot: Slot, mac: Uint8Array) {
    this.silicon = new Ne2000(slot, { mac });
  }

  get page(): number {
    return pageOf(this.#registers.CR);
  }

  get missed(): number {
    return this.#registers.CNTR2;
  }

  get halfProgrammed(): readonly string[] {
    return [
      ...(this.#remoteProgrammed ? ["a remote DMA half-programmed"] : []),
      ...(this.#transmitProgrammed ? ["a transmit half-programmed"] : []),
    ];
  }

  busyWith(): readonly string[] {
    const { transmitter, remote } = this.silicon.inspect();
    return [
      ...(transmitter.state === "idle" ? [] : ["a transmit under way"]),
      ...(remote.bytesLeft > 0 && this.#remote !== CR.ABORT
        ? [`a remote ${this.#remoteName} under way`]
        : []),
    ];
  }

  stray(): string | undefined {
    const { PSTART, PSTOP, CR: command } = this.#registers;
    const first = RAM.start / CARD_PAGE_BYTES;
    const end = (RAM.start + RAM.bytes) / CARD_PAGE_BYTES;
    if (listens(command, this.#registers) && !(PSTART >= first && PSTART < PSTOP && PSTOP <= end))
      return `the card receives into pages 0x${PSTART.toString(16)} to 0x${PSTOP.toString(16)}`;
    const { address, bytesLeft: bytes } = this.silicon.inspect().remote;
    if (bytes === 0 || this.#remote === CR.ABORT) return undefined;
    const geometry = { start: PSTART, stop: PSTOP, words: (this.#registers.DCR & DCR.WTS) !== 0 };
    const stays = staysInRam({ address, bytes }, geometry);
    if (stays || (this.#remote === CR.READ && staysInProm({ address, bytes }, geometry))) return undefined;
    return `a remote ${this.#remoteName} of ${bytes} bytes at 0x${address.toString(16)} is under way`;
  }

  strayFrame(): string | undefined {
    const { TPSR, TBCR0, TBCR1 } = this.#registers;
    const start = TPSR * CARD_PAGE_BYTES;
    const bytes = TBCR0 | (TBCR1 << 8);
    if (start >= RAM.start && start + bytes <= RAM.start + RAM.bytes) return undefined;
    return `the card sends ${bytes} bytes from 0x${start.toString(16)}`;
  }

  note(access: Access): void {
    const underWay = this.#remote !== CR.ABORT && this.silicon.inspect().remote.bytesLeft > 0;
    // What was programmed while it was under way has been carried out with it.
    if (this.#underWay && !underWay) this.#remoteProgrammed = false;
    this.#underWay = underWay;
    this.#noteWrite(access);
  }

  #noteWrite({ port, width, direction, value }: Access): void {
    if (direction === "read") {
      if (port >= RESET_PORT && port < WINDOW_BYTES) this.#forget();
      return;
    }
    if (width !== 1 || port >= DATA_PORT) return;
    if (port === OFFSET.CR) {
      this.#remoteProgrammed = false;
      if ((value & (CR.TXP | CR.STP)) !== 0) this.#transmitProgrammed = false;
    } else if (this.page === 0) {
      if (TRANSFER.includes(port)) this.#remoteProgrammed = true;
      const sizes = port === OFFSET.TBCR0 || port === OFFSET.TBCR1;
      if (sizes && (this.#registers.CR & CR.STP) === 0) this.#transmitProgrammed = true;
    }
  }

  starts({ port, width, direction, value }: Access): boolean {
    if (direction === "read" || port !== OFFSET.CR || width !== 1) return false;
    const transmits = (value & CR.TXP) !== 0 && (value & CR.STP) === 0;
    return transmits || ((value & CR.ABORT) === 0 && (value & CR.RD) !== 0);
  }

  view(): readonly Register[] {
    return VIEWS[this.page] ?? [];
  }

  get #registers() {
    return this.silicon.inspect().core;
  }

  /** CR.RD, if it is a command. */
  get #remote(): number {
    const { CR: command } = this.#registers;
    return (command & CR.ABORT) !== 0 || (command & CR.RD) === 0 ? CR.ABORT : command & CR.RD;
  }

  get #remoteName(): string {
    return this.#remote === CR.READ ? "read" : this.#remote === CR.WRITE ? "write" : "read of a packet";
  }

  #forget(): void {
    this.#remoteProgrammed = false;
    this.#transmitProgrammed = false;
  }
}

const set = (name: RegisterName, value: number): Access => write(OFFSET[name], 1, value);
const writes = (name: RegisterName, value: number, says: string): Step =>
  access(`the guest writes ${name}: ${says}`, set(name, value));
const commands = (says: string, value: number): Step => writes("CR", value, says);

const TX_PAGE = 0x40;
const RING = { start: 0x46, stop: 0x4a } as const;
const BEHIND_RAM = 0x80;
const FRAME_BYTES = 60;
const ALL = 0x7f;
const RUN = CR.STA | CR.ABORT;
const STOP = CR.STP | CR.ABORT;
const WORDS = DCR.WTS | DCR.LS | DCR.FT_8_BYTES;

/** A driver has opened the card. */
const OPEN: readonly Access[] = [
  set("CR", STOP),
  set("DCR", WORDS),
  set("PSTART", RING.start),
  set("PSTOP", RING.stop),
  set("BNRY", RING.start),
  set("TPSR", TX_PAGE),
  set("TBCR0", FRAME_BYTES),
  set("TBCR1", 0),
  set("RCR", RCR.AB),
  set("TCR", 0),
  set("IMR", ALL),
  set("CR", STOP | CR.PAGE_1),
  set("CURR", RING.start),
  set("CR", RUN),
];

const MISSED_MAX = 2;
const BROADCAST = frame("a frame arrives", new Uint8Array(FRAME_BYTES).fill(0xff), MISSED_MAX);
const RESET = access("the guest reads the reset port", read(RESET_PULSE, 1));
const ACKNOWLEDGE = writes("ISR", 0xff, "all acknowledged");
const MASK = writes("IMR", 0, "all masked");
const reads = (name: RegisterName): Step => access(`the guest reads ${name}`, read(OFFSET[name], 1));
const READ_WORD = access("the guest reads a word from the data port", read(DATA_PORT, 2));
const WRITE_WORD = access("the guest writes a word to the data port", write(DATA_PORT, 2, 0x1234));

/** RSAR: to the beginning of `page`. */
const points = (says: string, page: number): Step =>
  access(`the guest writes RSAR: ${says}`, set("RSAR0", 0), set("RSAR1", page));

const WORLDS: readonly World[] = [
  {
    name: "transmit",
    what: "a frame after the other, stopped and reset on the way; sizes",
    start: OPEN,
    amid: ["service", "drain", "exit"],
    steps: [
      commands("transmit", RUN | CR.TXP),
      commands("transmit, and stop", STOP | CR.TXP),
      commands("stop", STOP),
      commands("start", RUN),
      writes("TBCR0", FRAME_BYTES, "a frame"),
      writes("TBCR1", 0, "a frame"),
      writes("TBCR1", 0x40, "more than there is"),
      ACKNOWLEDGE,
      MASK,
      RESET,
      SENT,
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
      writes("TCR", TCR.LB_NIC, "loopback"),
      writes("TCR", 0, "no loopback"),
      commands("transmit", RUN | CR.TXP),
      commands("stop", STOP),
      commands("start", RUN),
      reads("FIFO"),
      reads("CNTR1"),
      BROADCAST,
      SENT,
      SERVICE,
      HANDOVER,
    ],
  },
  {
    name: "remote",
    what: "remote DMA within packet RAM, outside and from the PROM, ended and gone on with",
    start: [...OPEN, set("RBCR0", 4), set("RSAR1", TX_PAGE), set("CR", RUN)],
    amid: ["service"],
    steps: [
      points("packet RAM", TX_PAGE),
      points("behind it", BEHIND_RAM),
      points("the PROM", 0),
      writes("RBCR0", 4, "four bytes"),
      commands("remote read", CR.STA | CR.READ),
      commands("remote write", CR.STA | CR.WRITE),
      commands("remote DMA ended", RUN),
      READ_WORD,
      WRITE_WORD,
      ACKNOWLEDGE,
      MASK,
      SERVICE,
      HANDOVER,
    ],
  },
  {
    name: "send packet",
    promptVmm: true,
    what: "packets read out of the ring by the send-packet command",
    start: [...OPEN, set("DCR", WORDS | DCR.AR)],
    amid: ["service"],
    steps: [
      BROADCAST,
      commands("send packet", CR.STA | CR.SEND),
      commands("remote DMA ended", RUN),
      access(
        "the guest reads 64 bytes from the data port",
        ...new Array<Access>(32).fill(read(DATA_PORT, 2)),
      ),
      writes("BNRY", RING.start, "the start of the ring"),
      ACKNOWLEDGE,
      SERVICE,
      HANDOVER,
    ],
  },
  {
    name: "receive",
    what: "rings in packet RAM and outside, filled, read and overflowed",
    start: OPEN,
    amid: ["service", "drain", "exit"],
    steps: [
      BROADCAST,
      writes("BNRY", RING.start, "the start of the ring"),
      writes("BNRY", RING.start + 2, "its middle"),
      writes("PSTOP", RING.stop, "packet RAM"),
      writes("PSTOP", BEHIND_RAM + 1, "behind it"),
      writes("RCR", RCR.AB, "broadcasts"),
      writes("RCR", RCR.AB | RCR.MON, "monitor"),
      commands("stop", STOP),
      commands("start", RUN),
      reads("CNTR2"),
      ACKNOWLEDGE,
      MASK,
      SERVICE,
      HANDOVER,
      RESET,
    ],
  },
  {
    name: "pages",
    what: "register pages, with interrupts meanwhile",
    start: OPEN,
    amid: ["service", "exit"],
    steps: [
      ...PAGES.map((page) => commands(`page ${page}`, RUN | (page << 6))),
      access("the guest writes port 1: PSTART, PAR0 or 9346CR", write(1, 1, RING.start)),
      access("the guest writes port 7: ISR or CURR", write(7, 1, RING.start + 1)),
      access("the guest writes port 15: IMR or MAR7", write(15, 1, ALL)),
      BROADCAST,
      SERVICE,
      HANDOVER,
    ],
  },
  {
    name: "registers",
    what: "every other register that can be written",
    bound: 3,
    start: OPEN,
    amid: [],
    steps: [
      ...PAGES.map((page) => commands(`page ${page}`, STOP | (page << 6))),
      ...Array.from({ length: DATA_PORT - 1 }, (_, i) =>
        access(`the guest writes port 0x${(i + 1).toString(16)}`, write(i + 1, 1, 0x5a)),
      ),
      access("the guest writes port 1: CONFIG registers open", write(1, 1, EECR.CONFIG_WRITE)),
      access("the guest reads port 0x20", read(WINDOW_BYTES, 1)),
      access("the guest writes port 0xff", write(WINDOW_PORTS - 1, 1, 0)),
      HANDOVER,
      RESET,
    ],
  },
];

/** Another guest has had an address of its own, a ring and frames in it; a reset leaves these in the card. */
const STRANGER: readonly Access[] = [
  set("CR", STOP | CR.PAGE_1),
  ...Array.from({ length: DATA_PORT - 1 }, (_, i) => write(i + 1, 1, 0x61 + i)),
  set("CR", STOP | CR.PAGE_3),
  write(OFFSET["9346CR"], 1, EECR.CONFIG_WRITE),
  set("CONFIG2", 0xa0),
  set("CONFIG3", 0x06),
  set("CR", STOP),
  set("DCR", WORDS),
  set("PSTART", 0x51),
  set("PSTOP", 0x71),
  set("BNRY", 0x55),
  set("TPSR", 0x52),
  set("TBCR0", 0x77),
  set("TBCR1", 0x01),
  set("RCR", RCR.PRO),
  set("TCR", TCR.CRC),
  set("RSAR0", 0),
  set("RSAR1", TX_PAGE),
  set("RBCR0", 0x44),
  set("RBCR1", 0),
  set("CR", CR.STP | CR.WRITE),
  write(DATA_PORT, 2, 0xdead),
  set("CR", STOP),
  set("RSAR0", 0),
  set("RSAR1", RING.start),
  set("CR", CR.STP | CR.WRITE),
  write(DATA_PORT, 2, 0xbeef),
  write(DATA_PORT, 2, 0xbeef),
  set("CR", STOP),
];

const DIRECTIONS = ["read", "write"] as const;
const hook = (
  name: string,
  page: number | undefined,
  from: number,
  to: number,
  direction: Direction,
): Hook => ({
  name,
  page,
  port: from,
  bytes: to - from,
  direction,
});

const HOOKS: readonly Hook[] = [
  ...PAGES.flatMap((page) =>
    Array.from({ length: DATA_PORT }, (_, port) =>
      DIRECTIONS.map((direction) =>
        hook(registerAt(page, port, direction)?.name ?? `port ${port}`, page, port, port + 1, direction),
      ),
    ).flat(),
  ),
  ...DIRECTIONS.flatMap((direction) => [
    hook("data port", undefined, DATA_PORT, RESET_PORT, direction),
    hook("reset port", undefined, RESET_PORT, WINDOW_BYTES, direction),
    hook("0x20 to 0xff", undefined, WINDOW_BYTES, WINDOW_PORTS, direction),
  ]),
];

interface ServedInnards {
  readonly statuses: ReadonlyMap<string, number>;
  readonly tallies: readonly number[];
  readonly fifo: unknown;
}
const served = (model: Innards): ServedInnards => model["served"] as ServedInnards;
const isIn = (tag: string) => (model: Innards) => ne2000Automaton.hasTag(model["state"] as number, tag);
const CIRCUMSTANCES: readonly Circumstance[] = [
  ...PAGES.map((page) => ({
    what: `on page ${page}`,
    holds: (model: Innards) => ne2000Automaton.name(model["state"] as number).endsWith(`page${page}`),
  })),
  ...STATUSES.map((name) => ({
    what: `on page 0, while ${name} of an earlier ownership is served`,
    holds: (model: Innards) => isIn("page0")(model) && served(model).statuses.has(name),
  })),
  {
    what: "on page 0, while counts of an earlier ownership go on",
    holds: (model) => isIn("page0")(model) && served(model).tallies.some((count) => count > 0),
  },
  {
    what: "on page 0, while the FIFO of an earlier ownership is served",
    holds: (model) => isIn("page0")(model) && served(model).fifo !== undefined,
  },
  {
    what: "on page 0, while CR.RD differs on the card",
    holds: (model) => isIn("page0")(model) && model["servesCommand"] === true,
  },
  {
    what: "on page 0, while an overflow of an earlier ownership goes on or a packet is being sent",
    holds: (model) => {
      const { held, reset } = model["overflow"] as { readonly held: unknown; readonly reset: number };
      return isIn("page0")(model) && (held !== undefined || reset !== 0 || isIn("sendingPacket")(model));
    },
  },
  { what: "while a remote read of the PROM is open", holds: isIn("readingProm") },
];

/** Leaves the card on the hook's page, where its ports mean what it is about. */
function worldOf({ name, page = 0, port, direction }: Hook): World {
  const where = page === 0 ? name : `${name} of page ${page}`;
  const touched: readonly Step[] =
    direction === "read"
      ? [access(`the guest reads ${where}`, read(port, 1))]
      : [0, 0xff, 0x5a].map((value) =>
          access(`the guest writes ${where}: 0x${value.toString(16)}`, write(port, 1, value)),
        );
  return {
    name: "hook",
    what: `accesses to ${where}`,
    start: OPEN,
    amid: ["service"],
    steps: [
      ...touched,
      ...(page === 0 ? [] : [commands(`page ${page}`, RUN | (page << 6))]),
      commands("page 0", RUN),
      commands("transmit", RUN | CR.TXP),
      BROADCAST,
      SENT,
      SERVICE,
      HANDOVER,
    ],
  };
}

export const NE2000: Specimen = {
  kind: "ne2000",
  model: ne2000Model,
  guestBytes: PAGE_BYTES,
  illegal: (port) => port >= WINDOW_BYTES,
  dmaOf: () => "",
  insert: (slot, mac) => new Ne2000InSight(slot, mac),
  stranger: STRANGER,
  worlds: WORLDS,
  hooks: HOOKS,
  circumstances: CIRCUMSTANCES,
  worldOf,
};
