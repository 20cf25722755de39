/**
 * The search can fail: it finds what has been mended, put back, and what the stress tests put into the device
 * models.
 */
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

function worldOf({ worlds }: Specimen, name: string, among?: readonly string[]): World {
  const world = worlds.find((one) => one.name === name);
  if (world === undefined) throw new Error(`no world ${name}`);
  const steps = world.steps.filter(({ what }) => among?.includes(what) ?? true);
  expect(steps).toHaveLength(among?.length ?? steps.length);
  return { ...world, steps };
}

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
  it.each(MENDED)(
    "$card: $name",
    { timeout: LIMIT_MS },
    async ({ name, card, world, among, property, steps, patches }) => {
      const mutated = await load(name, patches);
      const specimen = mutated.SPECIMENS[card];
      const found = firstBreak(mutated, specimen, worldOf(specimen, world, among), steps);
      expect([found?.property, found?.steps.length]).toEqual([property, steps]);
      const own = sound.SPECIMENS[card];
      if (among !== undefined)
        expect(firstBreak(sound, own, worldOf(own, world, among), steps)).toBeUndefined();
    },
  );
});

/** What breaks without what the stress tests leave out of a device model, and in which world. */
const FOUND: Readonly<Record<string, readonly [world: string, property: PropertyName]>> = {
  "transmits not counted": ["buffers", "reusable"],
  "receiver left armed": ["rings", "drained"],
  "station left started": ["loopback", "drained"],
  "transmission not followed": ["transmit", "reusable"],
  "acknowledged behind the model's back": ["buffers", "released"],
  "buffer's end not checked": ["transmit", "checked"],
  "buffer not checked": ["transmit", "checked"],
  "ring's end not checked": ["rings", "checked"],
  "address not rewritten": ["buffers", "checked"],
  "CBR not restored": ["rings", "transparent"],
  "CAPR not restored": ["rings", "transparent"],
  "transmit turn not restored": ["buffers", "transparent"],
  "TSD not served": ["buffers", "transparent"],
  "own address not restored": ["transmit", "transparent"],
  "MAR not restored": ["transmit", "transparent"],
  "RCR not restored": ["rings", "transparent"],
  "ring not restored": ["rings", "checked"],
  "buffers not restored": ["transmit", "checked"],
  "IMR not restored": ["buffers", "transparent"],
  "ISR not kept": ["buffers", "transparent"],
  "TBCR not shadowed": ["transmit", "reusable"],
  "remote DMA cut off": ["remote", "reusable"],
  "packet RAM not restored": ["transmit", "transparent"],
  "CURR not restored": ["loopback", "transparent"],
  "BNRY not restored": ["transmit", "transparent"],
  "sent again at the restore": ["transmit", "reusable"],
  "PROM not virtual": ["remote", "transparent"],
  "page not restored": ["pages", "transparent"],
};

describe("what the stress tests put into the device models", () => {
  const mutants = MUTANTS.filter(({ level }) => level === "model");

  it.each(mutants)("$name: $what", { timeout: LIMIT_MS }, async ({ name, patches }) => {
    const mutated = await load(name, patches);
    const ofNe2000 = patches.some(({ file }) => file.includes("/ne2000/"));
    const specimen = mutated.SPECIMENS[ofNe2000 ? "ne2000" : "rtl8139"];
    const [worldName = "", property] = FOUND[name] ?? [];
    const found = firstBreak(mutated, specimen, worldOf(specimen, worldName), STEPS);
    expect(found?.property).toBe(property);
  });
});
