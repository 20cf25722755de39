/** What of an NE2000 can be hooked, when, and the small worlds about single hooks. */
import { type Direction, WINDOW_PORTS } from "../../../devices/hooked-list.ts";
import {
  CR,
  DATA_PORT,
  OFFSET,
  RESET_PORT,
  registerAt,
  TCR,
  WINDOW_BYTES,
} from "../../../devices/ne2000/registers.ts";
import { STATUSES } from "../../../devices/ne2000/served.ts";
import { ne2000Automaton } from "../../../devices/ne2000/statechart.ts";
import type { Innards } from "../../../hardware/inspection.ts";
import { access, HANDOVER, read, SENT, SERVICE, write } from "../accesses.ts";
import type { Circumstance, Hook, Step, World } from "../specimen.ts";
import { BROADCAST, commands, OPEN, RUN, set } from "./accesses.ts";
import { PAGES } from "./in-sight.ts";

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

export const NE2000_HOOKS: readonly Hook[] = [
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

/** What the model's follower remembers, as it shows it. */
interface CardInnards {
  readonly state: number;
  readonly servesCommand: boolean;
  readonly served: {
    readonly statuses: ReadonlyMap<string, number>;
    readonly tallies: readonly number[];
    readonly fifo: unknown;
  };
  readonly overflow: { readonly held: unknown; readonly reset: number };
}
const when =
  (holds: (card: CardInnards, is: (tag: string) => boolean) => boolean) =>
  (model: Innards): boolean => {
    const card = model["card"] as CardInnards;
    return holds(card, (tag) => ne2000Automaton.hasTag(card.state, tag));
  };
export const NE2000_CIRCUMSTANCES: readonly Circumstance[] = [
  ...PAGES.map((page) => ({
    what: `on page ${page}`,
    holds: when(({ state }) => ne2000Automaton.name(state).endsWith(`page${page}`)),
  })),
  ...STATUSES.map((name) => ({
    what: `on page 0, while ${name} of an earlier ownership is served`,
    holds: when(({ served }, is) => is("page0") && served.statuses.has(name)),
  })),
  {
    what: "on page 0, while counts of an earlier ownership go on",
    holds: when(({ served }, is) => is("page0") && served.tallies.some((count) => count > 0)),
  },
  {
    what: "on page 0, while the FIFO of an earlier ownership is served",
    holds: when(({ served }, is) => is("page0") && served.fifo !== undefined),
  },
  {
    what: "on page 0, while CR.RD differs on the card",
    holds: when(({ servesCommand }, is) => is("page0") && servesCommand),
  },
  {
    what: "on page 0, while an overflow of an earlier ownership goes on or a packet is being sent",
    holds: when(
      ({ overflow: { held, reset } }, is) =>
        is("page0") && (held !== undefined || reset !== 0 || is("sendingPacket")),
    ),
  },
  { what: "while a remote read of the PROM is open", holds: when((_, is) => is("readingProm")) },
];

const placeOf = ({ name, page = 0 }: Hook): string => (page === 0 ? name : `${name} of page ${page}`);

export function touches(hook: Hook): readonly Step[] {
  const { port, direction } = hook;
  if (direction === "read") return [access(`the guest reads ${placeOf(hook)}`, read(port, 1))];
  return [0, 0xff, 0x5a].map((value) =>
    access(`the guest writes ${placeOf(hook)}: 0x${value.toString(16)}`, write(port, 1, value)),
  );
}

/** The guest is on the page where the hook's ports mean what it is about. */
export function surroundings(hook: Hook): World {
  const page = (hook.page ?? 0) << 6;
  return {
    name: "hook",
    what: `accesses to ${placeOf(hook)}`,
    start: [...OPEN, set("CR", RUN | page)],
    amid: ["service"],
    steps: [
      access("the guest turns to page 0 and acknowledges all", set("CR", RUN), set("ISR", 0xff)),
      access(
        "the guest transmits in loopback",
        set("CR", RUN),
        set("TCR", TCR.LB_NIC),
        set("CR", RUN | CR.TXP | page),
      ),
      commands("transmit", RUN | CR.TXP),
      commands("remote read", CR.STA | CR.READ),
      commands("send packet", CR.STA | CR.SEND),
      access(
        "the guest begins to read the PROM",
        set("RSAR0", 0),
        set("RSAR1", 0),
        set("CR", CR.STA | CR.READ),
      ),
      // Of a word, if that is what the card believes its transfers to be made of.
      access("the guest reads a byte from the data port", read(DATA_PORT, 1)),
      BROADCAST,
      SENT,
      SERVICE,
      HANDOVER,
    ],
  };
}

/**
 * What the emulated card never has to show: it meets no collision and no damaged frame, so these count
 * nothing.
 */
const NEVER_COUNTS =
  "reads 0 on this card, which meets no collision and no damaged frame; a real one counts there";
const COUNTERS: readonly number[] = [OFFSET.NCR, OFFSET.CNTR0];

export const excuse = ({ port, direction }: Hook): string | undefined =>
  direction === "read" && COUNTERS.includes(port) ? NEVER_COUNTS : undefined;
