/**
 * The hooked list of the RTL8139: what always exits, and what exits only while the VMM serves a value of an earlier
 * ownership in place of the card's.
 */
import { HookedList, WINDOW_PORTS } from "../hooked-list.ts";
import { REGISTERS, type RegisterName, type RegisterSpec } from "./registers.ts";

export const SPECS: Readonly<Record<RegisterName, RegisterSpec>> = REGISTERS;
const NAMES = Object.keys(REGISTERS) as RegisterName[];
const ALWAYS_HOOKED: readonly (readonly [RegisterName, "read" | "write" | "both"])[] = [
  ["TSD0", "write"],
  ["TSD1", "write"],
  ["TSD2", "write"],
  ["TSD3", "write"],
  ["TSAD0", "both"],
  ["TSAD1", "both"],
  ["TSAD2", "both"],
  ["TSAD3", "both"],
  ["RBSTART", "both"],
  ["CR", "write"],
  ["IMR", "both"],
  ["ISR", "both"],
  ["RCR", "write"],
  ["CR9346", "both"],
];
/** First port behind the documented registers: C+ mode and the CIS live there, and no guest has business with them. */
export const RESERVED_FROM = 0x84;

function hookRegister(list: HookedList, name: RegisterName, how: "read" | "write" | "both"): void {
  const { offset, bytes } = SPECS[name];
  for (let port = offset; port < offset + bytes; port++) {
    if (how !== "write") list.hook(port, "read");
    if (how !== "read") list.hook(port, "write");
  }
}

const BASE_HOOKS: HookedList = (() => {
  const list = new HookedList();
  for (const [name, how] of ALWAYS_HOOKED) hookRegister(list, name, how);
  for (let port = RESERVED_FROM; port < 0x100; port++) {
    if (port === REGISTERS.CONFIG5.offset) continue;
    list.hook(port, "read");
    list.hook(port, "write");
  }
  return list;
})();

const NAME_AT: readonly (RegisterName | undefined)[] = Array.from({ length: WINDOW_PORTS }, (_, port) =>
  NAMES.find((name) => port >= SPECS[name].offset && port < SPECS[name].offset + SPECS[name].bytes),
);

/** The register that a port belongs to; undefined between them and outside the window. */
export const nameAt = (port: number): RegisterName | undefined => NAME_AT[port];

/** Names of the descriptors' status registers, by descriptor. */
const TSD_NAMES = ["TSD0", "TSD1", "TSD2", "TSD3"] as const;

/**
 * What exits now. `servedTsd`: statuses of an earlier ownership, by descriptor; `countsMissed`, `movesTimer`: MPC or TCTR
 * differ from the card's own.
 */
export function composeHooks(
  servedTsd: readonly (number | undefined)[],
  countsMissed: boolean,
  movesTimer: boolean,
): HookedList {
  const list = BASE_HOOKS.copy();
  for (const [n, name] of TSD_NAMES.entries())
    if (servedTsd[n] !== undefined) hookRegister(list, name, "read");
  if (servedTsd.some((served) => served !== undefined)) hookRegister(list, "TSAD", "read");
  if (countsMissed) hookRegister(list, "MPC", "both");
  if (movesTimer) {
    hookRegister(list, "TCTR", "both");
    hookRegister(list, "TimerInt", "both");
  }
  return list;
}
