/**
 * Twenty thousand seeds of the system as it is, over the scenarios made for stress: no property is violated, and all that
 * should sometimes happen does. The command as it ships, on one thread; vitest has something else to do on the other.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";

const SEEDS = 20_000;
const FAULTS = "slow-guest,slow-arbiter,irq-late,irq-spurious";
const TIMEOUT_MS = 1_500_000;

interface Outcome {
  readonly seeds: number;
  readonly sightings: { readonly handoffs: number };
  readonly verdict: { readonly kind: string };
  readonly failures: readonly unknown[];
}

function stress(output: string): Promise<{ readonly code: number | null; readonly out: string }> {
  const schedule = ["--scheduler", "random,pct,delay", "--faults", FAULTS, "--max-moves", "50000"];
  const line = ["stress", "--seeds", String(SEEDS), ...schedule, "--expect", "all", "--jobs", "1", "--json"];
  const child = spawn(process.execPath, [resolve("dist/src/cli/main.js"), ...line, "--output", output], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  return new Promise((done) => child.once("close", (code) => done({ code, out })));
}

it(
  `${SEEDS} seeds hold, with ten handoffs each on average`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "vpio-seeds-"));
    try {
      const { code, out } = await stress(folder);
      const { seeds, sightings, verdict, failures } = JSON.parse(out) as Outcome;
      expect(failures).toEqual([]);
      expect([code, verdict.kind, seeds]).toEqual([0, "holds", SEEDS]);
      expect(sightings.handoffs / seeds).toBeGreaterThanOrEqual(10);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  TIMEOUT_MS,
);
