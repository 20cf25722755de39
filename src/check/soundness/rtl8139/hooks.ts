/** What of an RTL8139 can be hooked, when, and the small worlds about single hooks. */
import { RESERVED_FROM } from "../../../devices/rtl8139/hooks.ts";
import { PORT_BYTES, REGISTERS, type RegisterName } from "../../../devices/rtl8139/registers.ts";
import { type Width, widthMask } from "../../../hardware/cpu.ts";
import type { Innards } from "../../../hardware/inspection.ts";
import { access, HANDOVER, read, SENT, SERVICE, write } from "../accesses.ts";
import type { Circumstance, Hook, Step, World } from "../specimen.ts";
import { BROADCAST, OPEN, transmits } from "./accesses.ts";

const NAMES = Object.keys(REGISTERS) as RegisterName[];
const { offset: CONFIG5 } = REGISTERS.CONFIG5;
/** No guest has business there. */
export const isIllegal = (port: number): boolean => port >= RESERVED_FROM && port !== CONFIG5;

const whole = (name: string, from: number, to: number): readonly Hook[] =>
  (["read", "write"] as const).map((direction) => ({
    name,
    page: undefined,
    port: from,
    bytes: to - from,
    direction,
  }));

export const RTL8139_HOOKS: readonly Hook[] = [
  ...NAMES.flatMap((name) =>
    whole(name, REGISTERS[name].offset, REGISTERS[name].offset + REGISTERS[name].bytes),
  ),
  ...whole("0x84 to 0xd7", RESERVED_FROM, CONFIG5),
  ...whole("0xd9 to 0xff", CONFIG5 + 1, PORT_BYTES),
];

const served = (model: Innards): readonly unknown[] => model["servedTsd"] as readonly unknown[];
export const RTL8139_CIRCUMSTANCES: readonly Circumstance[] = [
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
  {
    what: "while TCTR goes on from an earlier ownership",
    holds: (model) => (model["timer"] as { readonly offset: number }).offset !== 0,
  },
];

/** Widths that fit the register; beyond the documented ones, a byte. */
const widthOf = (bytes: number): Width => (bytes === 4 ? 4 : bytes === 2 ? 2 : 1);

export function touches({ name, port, bytes, direction }: Hook): readonly Step[] {
  const width = widthOf(bytes);
  if (direction === "read") return [access(`the guest reads ${name}`, read(port, width))];
  return [0, 0xffff_ffff, 0x5a5a_5a5a].map((pattern) => {
    const value = (pattern & widthMask(width)) >>> 0;
    return access(`the guest writes ${name}: 0x${value.toString(16)}`, write(port, width, value));
  });
}

export const surroundings = ({ name }: Hook): World => ({
  name: "hook",
  what: `accesses to ${name}`,
  start: OPEN,
  amid: ["service"],
  steps: [
    transmits("TSD0"),
    BROADCAST,
    { kind: "pass", what: "five microseconds pass", ns: 5000, untilNs: 10_000 },
    SENT,
    SERVICE,
    HANDOVER,
  ],
});
