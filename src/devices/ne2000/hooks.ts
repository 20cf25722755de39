/**
 * The hooked list of the NE2000. It changes with the register page, for what a port means does: on page 0
 * what the guest programs and its interrupt status exit; on the other pages everything does, so that the VMM
 * may turn to page 0 and back while it takes an interrupt.
 */
import { type Direction, HookedList, WINDOW_PORTS } from "../hooked-list.ts";
import { DATA_PORT, OFFSET, RESET_PORT, registerAt, WINDOW_BYTES } from "./registers.ts";

function hookAll(list: HookedList, from: number, to: number): void {
  for (let port = from; port < to; port++) {
    list.hook(port, "read");
    list.hook(port, "write");
  }
}

/** Of the reset port only a read does anything. */
const OUTSIDE_REGISTERS: HookedList = (() => {
  const list = new HookedList();
  for (let port = RESET_PORT; port < WINDOW_BYTES; port++) list.hook(port, "read");
  hookAll(list, WINDOW_BYTES, WINDOW_PORTS);
  return list;
})();

const OTHER_PAGES: HookedList = (() => {
  const list = OUTSIDE_REGISTERS.copy();
  hookAll(list, 0, DATA_PORT);
  return list;
})();

/**
 * BNRY, which a driver moves for each frame, is the only register of page 0 that the guest writes straight.
 */
const PAGE_0: HookedList = (() => {
  const list = OUTSIDE_REGISTERS.copy();
  for (let port = 0; port < DATA_PORT; port++) if (port !== OFFSET.BNRY) list.hook(port, "write");
  list.hook(OFFSET.ISR, "read");
  return list;
})();

export interface HookConditions {
  readonly onPage0: boolean;
  /** A remote DMA from the PROM is open: the guest must find its own address there. */
  readonly readingProm: boolean;
  /** CR.RD reads differently on the card. */
  readonly servesCommand: boolean;
  /** BNRY has not yet told the VMM that an overflow of an earlier ownership is over. */
  readonly watchesBoundary: boolean;
  /** Ports of page 0 whose values are served by the VMM. */
  readonly servedPorts: readonly number[];
}

export function composeHooks(conditions: HookConditions): HookedList {
  const { onPage0, readingProm, servesCommand, watchesBoundary, servedPorts } = conditions;
  const list = (onPage0 ? PAGE_0 : OTHER_PAGES).copy();
  if (readingProm) {
    for (let port = DATA_PORT; port < RESET_PORT; port++) list.hook(port, "read");
  }
  if (!onPage0) return list;
  if (servesCommand) list.hook(OFFSET.CR, "read");
  if (watchesBoundary) hookAll(list, OFFSET.BNRY, OFFSET.BNRY + 1);
  for (const port of servedPorts) list.hook(port, "read");
  return list;
}

/** The name of a port, of a register that of page 0, where nearly all accesses are. */
export function registerName(port: number, direction: Direction): string {
  if (port >= WINDOW_BYTES) return `0x${port.toString(16)}`;
  if (port >= RESET_PORT) return "RESET";
  if (port >= DATA_PORT) return "DATA";
  return registerAt(0, port, direction)?.name ?? `0x${port.toString(16)}`;
}
