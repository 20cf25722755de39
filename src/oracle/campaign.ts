/** Programs without end, from a seed: each is done to both cards, until enough is compared or something differs. */
import { Prng } from "../base/prng.ts";
import type { Silicon, Slot } from "../hardware/silicon.ts";
import { rewrite, type Script, write, writeFromPowerOn } from "./author.ts";
import type { OracleCard } from "./cards.ts";
import { compare, type Difference, type Verdict } from "./compare.ts";
import { QemuCard } from "./qemu-card.ts";
import { shrink } from "./shrink.ts";
import { runOnSilicon } from "./silicon-card.ts";
import type { Step } from "./step.ts";
import type { Trace } from "./trace.ts";

export type ProgramKind = "power-on" | "raw" | "driver-like";

export interface CampaignOptions {
  readonly card: OracleCard;
  /** Operations to compare, at least. */
  readonly ops: number;
  readonly seed: number;
  /** The card on trial; our silicon when left out. */
  readonly makeSubject?: (slot: Slot) => Silicon;
  /** Whether a difference is worth the shortest program that shows it; default true. */
  readonly shrinks?: boolean;
  readonly onProgress?: (operations: number) => void;
}

/** A program on which the cards differ. */
export interface Failure {
  readonly kind: ProgramKind;
  /** Counts the programs of the campaign, from 0. */
  readonly program: number;
  /** The program, made as short as possible, and where the cards differ on it. */
  readonly script: Script;
  readonly difference: Difference;
}

export interface CampaignResult {
  readonly card: string;
  readonly seed: number;
  readonly programs: number;
  /** Steps done to both cards and compared, to the end of the program that differs. */
  readonly operations: number;
  /** Of these, answers that differ in masked bits alone. */
  readonly masked: number;
  /** Programs that differ: the campaign ends with the first one. */
  readonly differing: number;
  /** By mask, how often it was needed; by fence, how many steps it kept out. */
  readonly excused: Readonly<Record<string, number>>;
  readonly refused: Readonly<Record<string, number>>;
  readonly failure: Failure | undefined;
}

/** Steps in the body of a program. */
const STEPS = { min: 100, max: 1500 } as const;

/** Starts a QEMU for the campaign and ends it. Throws an INTERNAL error when QEMU does not do what it should. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  const qemu = await QemuCard.start(options.card);
  try {
    return await new Campaign(options, qemu).run();
  } finally {
    qemu.close();
  }
}

class Campaign {
  readonly #options: CampaignOptions;
  readonly #qemu: QemuCard;
  readonly #prng: Prng;
  readonly #excused: Record<string, number> = {};
  readonly #refused: Record<string, number> = {};
  #programs = 0;
  #operations = 0;
  #masked = 0;

  constructor(options: CampaignOptions, qemu: QemuCard) {
    this.#options = options;
    this.#qemu = qemu;
    this.#prng = new Prng(options.seed);
  }

  async run(): Promise<CampaignResult> {
    const { card, ops, onProgress } = this.#options;
    let failure = await this.#trial("power-on", writeFromPowerOn(card, card.powerOn));
    while (failure === undefined && this.#operations < ops) {
      const kind = this.#programs % 2 === 0 ? "raw" : "driver-like";
      failure = await this.#trial(kind, this.#invent(kind));
      onProgress?.(this.#operations);
    }
    return {
      card: card.name,
      seed: this.#options.seed,
      programs: this.#programs,
      operations: this.#operations,
      masked: this.#masked,
      differing: failure === undefined ? 0 : 1,
      excused: this.#excused,
      refused: this.#refused,
      failure,
    };
  }

  #invent(kind: "raw" | "driver-like"): Script {
    const { card } = this.#options;
    const prng = this.#prng.fork(`program ${this.#programs}`);
    const steps = prng.between(STEPS.min, STEPS.max);
    return write(card, (author) => (kind === "raw" ? card.raw : card.driverLike)(author, prng, steps));
  }

  async #trial(kind: ProgramKind, script: Script): Promise<Failure | undefined> {
    const verdict = compare(script, this.#subject(script), await this.#qemu.run(script.steps));
    const program = this.#programs++;
    this.#operations += script.steps.length;
    this.#masked += verdict.masked;
    count(this.#excused, verdict.excused);
    count(this.#refused, script.refusals);
    const { difference } = verdict;
    if (difference === undefined) return undefined;
    const found: Finding = { script, difference };
    const shortest =
      this.#options.shrinks === false || kind === "power-on" ? found : await this.#shrink(found);
    return { kind, program, ...shortest };
  }

  #subject(script: Script): Trace {
    const { makeSubject } = this.#options;
    return makeSubject === undefined ? script.trace : runOnSilicon(makeSubject, script.steps);
  }

  async #shrink(found: Finding): Promise<Finding> {
    const { script, difference } = found;
    const upToIt = script.steps.slice(script.bodyStart, Math.min(script.bodyEnd, difference.at + 1));
    let shortest = found;
    await shrink(upToIt, async (steps) => {
      const candidate = rewrite(this.#options.card, steps);
      const trace = await this.#qemu.run(candidate.steps);
      const now = compare(candidate, this.#subject(candidate), trace).difference;
      if (now?.kind !== difference.kind || now.name !== difference.name) return undefined;
      const body = candidate.steps.slice(candidate.bodyStart, candidate.bodyEnd);
      if (body.length <= shortest.script.bodyEnd - shortest.script.bodyStart)
        shortest = { script: candidate, difference: now };
      return body;
    });
    return shortest;
  }
}

interface Finding {
  readonly script: Script;
  readonly difference: Difference;
}

function count(into: Record<string, number>, from: ReadonlyMap<string, number>): void {
  for (const [key, times] of from) into[key] = (into[key] ?? 0) + times;
}

/** One program by itself, on a QEMU of its own: the difference that it shows, if any. */
export async function runProgram(
  card: OracleCard,
  steps: readonly Step[],
  makeSubject: (slot: Slot) => Silicon = card.makeSilicon,
): Promise<ProgramResult> {
  const script = rewrite(card, steps);
  const qemu = await QemuCard.start(card);
  try {
    const trace = await qemu.run(script.steps);
    return { script, verdict: compare(script, runOnSilicon(makeSubject, script.steps), trace) };
  } finally {
    qemu.close();
  }
}

export interface ProgramResult {
  readonly script: Script;
  readonly verdict: Verdict;
}
