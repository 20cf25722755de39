/**
 * Counterexamples are played for real. A defect in the product that the explorer knows too must happen there, and be found
 * by the oracles; one that only the abstract bodies have must be told from it.
 */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Concrete } from "../../src/check/concrete/concretize.ts";
import type { Parts } from "../../src/check/handoff.ts";
import { defective, type System } from "./defective.ts";
import * as sound from "./system.ts";

const folder = mkdtempSync(join(tmpdir(), "vpio-concrete-"));

/** What becomes of the trace that `parts` lead the explorer to. */
async function played(
  { Handoff, REAL_PARTS, explore, stage, concretize }: System,
  bounds: ConstructorParameters<System["Handoff"]>[0],
  parts: Partial<Parts>,
  file: string,
): Promise<Concrete> {
  const system = new Handoff(bounds, { ...REAL_PARTS, ...parts });
  const { counterexample } = explore(system);
  if (counterexample === undefined) throw new Error("the explorer finds nothing");
  const staged = stage(system, counterexample, join(folder, file));
  writeFileSync(staged.programFile, staged.programText);
  return concretize(staged, system, counterexample);
}

function mutant(name: string, { MUTANTS }: System): readonly [System["MUTANTS"][number][1], Partial<Parts>] {
  const found = MUTANTS.find(([what]) => what === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return [found[1], found[2]];
}

describe("a counterexample", () => {
  const LAX = "a NIC that lets stale epochs through";

  it("happens in a product with the same defect, and its file replays it", { timeout: 120_000 }, async () => {
    const system = await defective("lax-nic", [
      {
        file: "actors/nic-body.ts",
        find: 'message.epoch === this.#epoch && this.#epoch !== NOBODY ? "IO"',
        replace: 'this.#epoch !== NOBODY ? "IO"',
      },
    ]);
    const concrete = await played(system, ...mutant(LAX, system), "lax.json");
    if (concrete.kind !== "happens") throw new Error(JSON.stringify(concrete));
    expect(concrete.saved.violation).toMatchObject({ property: 1, oracle: "ownership" });
    const text = system.writeCounterexample(concrete.saved, "test");
    const { found } = system.readCounterexample(text, "lax.json");
    expect((await system.replaySaved(found)).violation.incident).toEqual(concrete.saved.violation.incident);
    await expect(sound.replaySaved(found)).rejects.toThrow(/recorded|all properties hold/);
  });

  it("happens where the statechart itself is wrong", { timeout: 120_000 }, async () => {
    const system = await defective("no-fence", [
      {
        file: "actors/arbiter.ts",
        find: 'REVOKED: "#arbiter.draining"',
        replace: 'REVOKED: "#arbiter.settling"',
      },
    ]);
    const concrete = await played(system, system.boundsOf("order", 2, "fifo"), {}, "no-fence.json");
    if (concrete.kind !== "happens") throw new Error(JSON.stringify(concrete));
    expect(concrete.saved.violation).toMatchObject({ property: 1, oracle: "ownership" });
  });

  it("does not happen in the sound product: it departs from the trace", { timeout: 120_000 }, async () => {
    const concrete = await played(sound, ...mutant("a NIC that does not drain", sound), "drain.json");
    if (concrete.kind !== "departs") throw new Error(JSON.stringify(concrete));
    expect(concrete.departure.step).toBe(20);
    expect(concrete.departure.why).toMatch(/^drained is not under way from the nic to the arbiter/);
  });

  it("may be followed to its end without harm, where the product refuses", { timeout: 120_000 }, async () => {
    const concrete = await played(sound, ...mutant(LAX, sound), "harmless.json");
    expect(concrete.kind).toBe("harmless");
  });

  it("lets workers die where the trace does", { timeout: 120_000 }, async () => {
    const system = await defective("gone", [
      {
        file: "actors/arbiter.ts",
        find: 'REVOKE: "#arbiter.revoking",\n            WATCHDOG: "#arbiter.wedged",\n            OWNER_GONE: "#arbiter.wedged",',
        replace: 'REVOKE: "#arbiter.revoking",\n            WATCHDOG: "#arbiter.wedged",',
      },
    ]);
    const bounds = { ...system.boundsOf("order", 2, "fifo"), passed: 0, crashes: true };
    const concrete = await played(system, bounds, {}, "gone.json");
    if (concrete.kind !== "happens") throw new Error(JSON.stringify(concrete));
    expect(concrete.saved.violation).toMatchObject({ property: 0 });
    expect(concrete.saved.schedule.strikes.map(({ kind }) => kind)).toEqual(["guest-crash"]);
    expect((await system.replaySaved(concrete.saved)).violation.incident.what).toContain(
      "OWNER_GONE is unexpected",
    );
  });
});
