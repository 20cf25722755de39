/** Which faults there are, and which strike when: by chance from a seed. */
import { VpioError } from "../base/errors.ts";
import { Prng } from "../base/prng.ts";

/** How long a fault lasts, in bits of nanoseconds: 10 to 20 is from 1 us to 1 ms, small times as likely as great ones. */
type Lasting = readonly [lowBits: number, highBits: number] | undefined;

interface FaultRow {
  readonly what: string;
  /** How often it strikes by default, when it could; and how many times in a run at most. */
  readonly rate: readonly [numerator: number, denominator: number];
  readonly budget: number;
  readonly lasts: Lasting;
}

export const FAULTS = {
  "guest-crash": { what: "a guest dies in mid-operation", rate: [1, 2000], budget: 1, lasts: undefined },
  "card-lost": { what: "a card stops answering, for good", rate: [1, 5000], budget: 1, lasts: undefined },
  "irq-lost": { what: "an interrupt of a card is lost", rate: [1, 20], budget: 3, lasts: undefined },
  "irq-late": { what: "an interrupt of a card comes late", rate: [1, 4], budget: 100, lasts: [8, 20] },
  "irq-spurious": { what: "an interrupt comes from no card", rate: [1, 50], budget: 20, lasts: undefined },
  "frame-lost": { what: "a frame is lost on the wire", rate: [1, 10], budget: 5, lasts: undefined },
  "frame-doubled": { what: "a frame comes twice", rate: [1, 10], budget: 5, lasts: undefined },
  "slow-guest": { what: "a guest does nothing for a while", rate: [1, 500], budget: 10, lasts: [10, 27] },
  "slow-arbiter": { what: "the VMM does nothing for a while", rate: [1, 500], budget: 10, lasts: [10, 20] },
} as const satisfies Readonly<Record<string, FaultRow>>;

export type FaultKind = keyof typeof FAULTS;
export const FAULT_KINDS = Object.keys(FAULTS) as readonly FaultKind[];

export interface FaultChoice {
  readonly kind: FaultKind;
  /** It strikes `numerator` times in `denominator`, when it could. */
  readonly rate: readonly [numerator: number, denominator: number];
  /** Times in a run at most. */
  readonly budget: number;
}

export const defaultFault = (kind: FaultKind): FaultChoice => {
  const { rate, budget } = FAULTS[kind];
  return { kind, rate, budget };
};

/** One fault that struck. */
export interface Strike {
  readonly kind: FaultKind;
  /** At which of its opportunities in the run, from 1. */
  readonly at: number;
  /** 0 for faults that do not last. */
  readonly forNs: number;
}

/** Asked at each opportunity of each kind; undefined: nothing happens. */
export type FaultPlan = (kind: FaultKind) => Strike | undefined;

/** A run without faults. */
export const noFaults: FaultPlan = () => undefined;

/** What one kind draws does not shift what another one draws. */
export function seededFaults(seed: number, choices: readonly FaultChoice[]): FaultPlan {
  if (choices.length === 0) return noFaults;
  const states = new Map(
    choices.map((choice) => [
      choice.kind,
      { choice, prng: new Prng(seed).fork(choice.kind), at: 0, left: choice.budget },
    ]),
  );
  return (kind) => {
    const state = states.get(kind);
    if (state === undefined || state.left === 0) return undefined;
    state.at++;
    if (!state.prng.chance(...state.choice.rate)) return undefined;
    state.left--;
    return { kind, at: state.at, forNs: duration(kind, state.prng) };
  };
}

function duration(kind: FaultKind, prng: Prng): number {
  const { lasts } = FAULTS[kind] as FaultRow;
  if (lasts === undefined) return 0;
  const least = 2 ** prng.between(lasts[0], lasts[1] - 1);
  return least + prng.below(least);
}

const CHOICE = /^([a-z-]+)(?:=(\d+)\/(\d+))?(?::(\d+))?$/;
const MOST = 1_000_000_000;

/**
 * Reads "slow-guest,irq-late=1/3,frame-lost=1/20:5": kinds, each with its rate and its budget where they are not the
 * usual ones; "all" is every kind. Throws a USAGE error.
 */
export function parseFaults(text: string): readonly FaultChoice[] {
  if (text === "all") return FAULT_KINDS.map(defaultFault);
  const choices = text.split(",").map(parseFault);
  const again = choices.find(({ kind }, at) => choices.findIndex((one) => one.kind === kind) !== at);
  if (again !== undefined)
    throw new VpioError("USAGE", `found ${again.kind} twice, expected each fault once`);
  return choices;
}

function parseFault(part: string): FaultChoice {
  const [, name, numerator, denominator, budget] = CHOICE.exec(part.trim()) ?? [];
  const kind = FAULT_KINDS.find((one) => one === name);
  if (kind === undefined) {
    const expected = `expected faults such as slow-guest or irq-late=1/3:10, of ${FAULT_KINDS.join(", ")}`;
    throw new VpioError("USAGE", `found '${part}', ${expected}`);
  }
  const usual = defaultFault(kind);
  const rate = numerator === undefined ? usual.rate : ([Number(numerator), Number(denominator)] as const);
  if (rate[1] < 1 || rate[1] > MOST || rate[0] > rate[1])
    throw new VpioError(
      "USAGE",
      `found the rate ${numerator}/${denominator}, expected a ratio from 0/1 to 1/1`,
    );
  return { kind, rate, budget: budget === undefined ? usual.budget : Math.min(Number(budget), MOST) };
}
