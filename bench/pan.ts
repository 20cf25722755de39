/**
 * Spin's word on the handoff: its verifier, pan, of the Promela model (test/spin/handoff.pml) in a world of
 * the explorer.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { VpioError } from "../src/base/errors.ts";
import type { Bounds } from "../src/check/bodies/contract.ts";
import { packageRoot } from "../src/engine/root.ts";

/** Spin makes C, and has it preprocessed before, by gcc. */
const TOOLS = ["spin", "gcc"] as const;
export const missingTools = (): readonly string[] =>
  TOOLS.filter((tool) => spawnSync(tool, [tool === "spin" ? "-V" : "--version"]).status !== 0);

const MEMORY_MIB = 8192;
/** Places of the hash table, as a power of two: at least so many. */
const HASH_BITS_MIN = 16;

export interface PanOptions {
  readonly bounds: Bounds;
  /** A defect of the model, by its name there. */
  readonly mutant?: string;
  /** Spin's partial-order reduction. */
  readonly reduce: boolean;
  /** What the C compiler does: -O2 for speed, -O0 to be done soon. */
  readonly optimize: "-O0" | "-O2";
}

export interface PanFinding {
  /** The first error that it met. */
  readonly error: string | undefined;
  readonly states: number;
  readonly transitions: number;
  readonly memoryBytes: number;
  /** By its own clock, which leaves out how it starts. */
  readonly tookMs: number;
}

/** `cardLoss: true` is -DCARD_LOSS=1, `policy: "round-robin"` is -DPOLICY=ROUND_ROBIN. */
const macrosOf = (bounds: Bounds): readonly string[] =>
  Object.entries(bounds).map(([name, value]) => {
    const macro = name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
    return `-D${macro}=${typeof value === "string" ? value.replace("-", "_").toUpperCase() : Number(value)}`;
  });

export class Pan {
  readonly #folder: string;
  readonly #bounds: Bounds;

  constructor({ bounds, ...options }: PanOptions) {
    this.#bounds = bounds;
    this.#folder = mkdtempSync(join(tmpdir(), "vpio-pan-"));
    try {
      this.#build(options);
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  #build({ mutant, reduce, optimize }: Omit<PanOptions, "bounds">): void {
    const model = join(packageRoot(), "test", "spin", "handoff.pml");
    const defect = mutant === undefined ? [] : [`-DMUTANT=${mutant}`];
    this.#run("spin", [...macrosOf(this.#bounds), ...defect, "-a", model]);
    const reduction = reduce ? [] : ["-DNOREDUCE"];
    const flags = [optimize, "-w", "-DSAFETY", ...reduction, `-DMEMLIM=${MEMORY_MIB}`];
    this.#run("gcc", [...flags, "-o", "pan", "pan.c"]);
  }

  /** Searches; there are about so many states. */
  search(expectedStates: number): PanFinding {
    const hashBits = Math.max(HASH_BITS_MIN, Math.ceil(Math.log2(expectedStates)));
    const depth = Math.max(10_000, 2 * expectedStates);
    return findingOf(this.#run("./pan", [`-w${hashBits}`, `-m${depth}`]), this.#bounds);
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #run(command: string, args: readonly string[]): string {
    const { status, stdout, stderr, error } = spawnSync(command, args, {
      cwd: this.#folder,
      encoding: "utf8",
      maxBuffer: 1 << 26,
    });
    const complaint = error?.message ?? (status === 0 ? undefined : stderr + stdout);
    if (complaint !== undefined) throw new VpioError("INTERNAL", `${command} failed: ${complaint}`);
    return stdout;
  }
}

/**
 * Spin counts its initial state among the transitions. Under round robin that is one before it is known whose
 * turn is first: one state more, and a transition to each state in which the protocol begins.
 */
function findingOf(text: string, { policy, guests }: Bounds): PanFinding {
  const number = (pattern: RegExp): number => {
    const found = pattern.exec(text)?.[1];
    if (found === undefined) throw new VpioError("INTERNAL", `pan says something else: ${text}`);
    return Number(found);
  };
  const turns = policy === "round-robin";
  return {
    error: /^(?:pan:\d+: |error: |pan: (?=reached))(.*)$/m.exec(text)?.[1],
    states: number(/^ *(\d+) states, stored/m) - (turns ? 1 : 0),
    transitions: number(/^ *(\d+) transitions/m) - 1 - (turns ? guests : 0),
    memoryBytes: number(/^ *([\d.]+)\s+total actual memory usage/m) * 2 ** 20,
    tookMs: number(/^pan: elapsed time ([\d.e-]+) seconds/m) * 1000,
  };
}
