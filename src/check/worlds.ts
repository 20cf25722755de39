/**
 * The worlds that are explored. All of a protocol at once is more than memory holds, so each world has everything that
 * bears on one question, and leaves the rest out.
 */
import type { Bounds, Receive } from "./bodies/contract.ts";
import type { PolicyName } from "./policies.ts";

export const WORLDS = {
  order: "posted writes, fences and refusals: guests pass operations through while the card changes hands",
  card: "transmits, interrupts, frames: a card that works while it changes hands",
  failures: "guests halt, end, fail and die; the card dies; the watchdog bites",
  receivers: "guests want the card back to receive, whether they listen or a frame is held for them",
} as const;
export type World = keyof typeof WORLDS;

const NOTHING = {
  passed: 0,
  transmitters: 0,
  frames: false,
  endings: false,
  faults: false,
  crashes: false,
  cardLoss: false,
  receive: "nothing",
  platform: false,
} as const;

/**
 * Of four guests and more two transmit, and the others only want the card. Where guests take turns each arrangement of them
 * is a state of its own, so there it is one, and of three guests already.
 */
function transmittersOf(guests: number, policy: PolicyName): number {
  if (policy === "round-robin") return guests <= 2 ? guests : 1;
  return guests <= 3 ? guests : 2;
}

/** Of four guests that take turns one is frail. */
const frailOf = (guests: number, policy: PolicyName): number =>
  policy === "round-robin" && guests >= 4 ? 1 : guests;

export function boundsOf(world: World, guests: number, policy: PolicyName): Bounds {
  const common = { ...NOTHING, guests, policy, frail: guests };
  switch (world) {
    case "order":
      return { ...common, passed: guests <= 2 ? 1 : 0 };
    case "card":
      return { ...common, transmitters: transmittersOf(guests, policy), frames: guests <= 2 };
    case "failures":
      return {
        ...{ ...common, endings: true, faults: true, crashes: true },
        ...{ cardLoss: guests <= 2, frail: frailOf(guests, policy) },
      };
    case "receivers":
      return { ...common, receive: guests <= 3 ? "arrival" : "listening" };
  }
}

/**
 * The part of a world in which liveness is checked: that needs every step and one guest by its own name, so what bears least on
 * it is left out where the whole is too much. Where one guest transmits or is frail, that may be the watched one or another.
 */
export function livenessBounds(bounds: Bounds): Bounds {
  const { guests, policy, transmitters, frail } = bounds;
  const transmitMost = guests <= 2 || (guests === 3 && policy === "fifo") ? guests : 1;
  const frailMost = guests <= 2 || (guests === 3 && policy !== "round-robin") ? guests : 1;
  return {
    ...bounds,
    frames: false,
    cardLoss: bounds.cardLoss && !bounds.faults,
    transmitters: Math.min(transmitters, transmitMost),
    frail: mayFail(bounds) ? Math.min(frail, frailMost) : guests,
  };
}

/** Whether something may happen to frail guests that does not happen to others. */
const mayFail = ({ endings, faults, crashes }: Bounds): boolean => endings || faults || crashes;

/** Faults that can be added to any world. */
export const EXPLORED_FAULTS = {
  crash: { crashes: true },
  "card-lost": { cardLoss: true },
} as const satisfies Readonly<Record<string, Partial<Bounds>>>;
export type ExploredFault = keyof typeof EXPLORED_FAULTS;

export function withFaults(bounds: Bounds, faults: readonly ExploredFault[]): Bounds {
  const changed: Bounds = Object.assign({ ...bounds }, ...faults.map((fault) => EXPLORED_FAULTS[fault]));
  const { guests, policy } = bounds;
  return mayFail(changed) && !mayFail(bounds) ? { ...changed, frail: frailOf(guests, policy) } : changed;
}

const RECEIVE_LEFT_OUT: Readonly<Record<Receive, string>> = {
  nothing: "guests that want the card back to receive",
  listening: "frames that want it for guests that have long lost it",
  arrival: "",
};

function transmitsLeftOut({ transmitters, guests }: Bounds): string {
  if (transmitters === 0) return "transmits";
  return transmitters < guests ? `transmits of more than ${transmitters} of the guests` : "";
}

function failuresLeftOut(bounds: Bounds): string {
  const { frail, guests } = bounds;
  if (frail >= guests || !mayFail(bounds)) return "";
  return `that happening to more than ${frail} of the guests`;
}

/** What a verdict on these bounds says nothing about. */
export function notCovered(bounds: Bounds): readonly string[] {
  const missing = [
    transmitsLeftOut(bounds),
    bounds.frames ? "" : "frames",
    bounds.endings ? "" : "guests that halt or end",
    bounds.faults ? "" : "guests that the watchdog or the DMM ends",
    bounds.crashes ? "" : "guests whose workers die",
    failuresLeftOut(bounds),
    bounds.cardLoss ? "" : "a card that dies",
    bounds.platform ? "" : "exits that need no card",
    RECEIVE_LEFT_OUT[bounds.receive],
  ].filter((text) => text !== "");
  const operations = "passed-through operations";
  return [
    ...missing,
    bounds.passed === 0 ? operations : `more than ${bounds.passed} ${operations} in one ownership`,
  ];
}
