/** The search can fail: it finds what has been mended, put back, and what the stress tests put into the device models. */
import { describe, expect, it } from "vitest";
import type { CardUnderModel } from "../../../src/check/soundness/card-under-model.ts";
import type { Counterexample } from "../../../src/check/soundness/search.ts";
import type { Specimen, World } from "../../../src/check/soundness/specimen.ts";
import type { PropertyName } from "../../../src/check/soundness/subject.ts";
import { loadPatched } from "../../stress/mutants/bundle.ts";
import type { Patch } from "../../stress/mutants/mutant.ts";
import { MUTANTS } from "../../stress/mutants/table.ts";
import { MENDED } from "./mutants.ts";
import * as sound from "./system.ts";

type System = typeof sound;

const LIMIT_MS = 60_000;
/** Within which all of the stress tests' mutants show. */
const STEPS = 4;

const load = (name: string, patches: readonly Patch[]): Promise<System> =>
  loadPatched("test/check/soundness/system.ts", `soundness ${name}`, patches);

function firstBreak(
  system: System,
  specimen: Specimen,
  world: World,
  steps: number,
): Counterexample | undefined {
  const make = (): CardUnderModel => new system.CardUnderModel(specimen, world);
  return system.search(make, { steps }).counterexamples[0];
}

describe("what has been mended", () => {
  it.each(MENDED)("$card: $name", { timeout: LIMIT_MS }, async (mutant) => {
    const { name, card, patches, property, steps, among } = mutant;
    const worldOf = ({ worlds }: Specimen): World => {
      const world = worlds.find((one) => one.name === mutant.world);
      if (world === undefined) throw new Error(`no world ${mutant.world}`);
      const chosen = world.steps.filter(({ what }) => among?.includes(what) ?? true);
      expect(chosen.length).toBe(among?.length ?? world.steps.length);
      return { ...world, steps: chosen };
    };
    const mutated = await load(name, patches);
    const specimen = mutated.SPECIMENS[card];
    const found = firstBreak(mutated, specimen, worldOf(specimen), steps);
    expect([found?.property, found?.steps.length]).toEqual([property, steps]);
    const own = sound.SPECIMENS[card];
    if (among !== undefined) expect(firstBreak(sound, own, worldOf(own), steps)).toBeUndefined();
  });
});

/** What breaks without what the stress tests leave out of a device model. */
const FOUND: Readonly<Record<string, PropertyName>> = {
  "transmits not counted": "reusable",
  "receiver left armed": "drained",
  "station left started": "drained",
  "transmission not followed": "reusable",
  "acknowledged behind the model's back": "released",
  "buffer's end not checked": "checked",
  "buffer not checked": "checked",
  "ring's end not checked": "checked",
  "address not rewritten": "checked",
  "CBR not restored": "transparent",
  "CAPR not restored": "transparent",
  "transmit turn not restored": "transparent",
  "TSD not served": "transparent",
  "own address not restored": "transparent",
  "MAR not restored": "transparent",
  "RCR not restored": "transparent",
  "ring not restored": "checked",
  "buffers not restored": "checked",
  "IMR not restored": "transparent",
  "ISR not kept": "transparent",
  "TBCR not shadowed": "reusable",
  "remote DMA cut off": "reusable",
  "packet RAM not restored": "transparent",
  "CURR not restored": "transparent",
  "BNRY not restored": "transparent",
  "sent again at the restore": "reusable",
  "PROM not virtual": "transparent",
  "page not restored": "transparent",
};

describe("what the stress tests put into the device models", () => {
  const mutants = MUTANTS.filter(({ level }) => level === "model");

  it.each(mutants)("$name: $what", { timeout: LIMIT_MS }, async ({ name, patches }) => {
    const mutated = await load(name, patches);
    const ofNe2000 = patches.some(({ file }) => file.includes("/ne2000/"));
    const specimen = mutated.SPECIMENS[ofNe2000 ? "ne2000" : "rtl8139"];
    let found: Counterexample | undefined;
    for (let steps = 1; found === undefined && steps <= STEPS; steps++)
      for (const world of specimen.worlds) found ??= firstBreak(mutated, specimen, world, steps);
    expect(found?.property).toBe(FOUND[name]);
  });
});
