/**
 * The device models that vpio runs, beside their cards: sound on all short ways, and the worlds do what they
 * are for.
 */
import { describe, expect, it } from "vitest";
import { CardUnderModel } from "../../../src/check/soundness/card-under-model.ts";
import { checkingModel, SPECIMENS } from "../../../src/check/soundness/check-model.ts";
import { search, toTheEnd } from "../../../src/check/soundness/search.ts";
import type { Specimen, World } from "../../../src/check/soundness/specimen.ts";
import { walking } from "../../../src/check/soundness/walk.ts";

const LIMIT_MS = 60_000;
const WALK = { steps: 1500, seed: 1 };

/** In these worlds; deeper searches are for the command line. */
const STEPS: Readonly<Record<string, number>> = { registers: 2, remote: 5 };
const stepsIn = ({ name }: World): number => STEPS[name] ?? 4;

const inAllWorlds = Object.values(SPECIMENS).flatMap((specimen: Specimen) =>
  specimen.worlds.map((world) => [specimen.kind, world.name, specimen, world] as const),
);

/** Searches, and answers all that is said of steps on the way. */
function saidIn(specimen: Specimen, world: World): readonly string[] {
  const said = new Set<string>();
  class Overheard extends CardUnderModel {
    override take(action: number) {
      const breach = super.take(action);
      for (const { what } of this.taken) said.add(what);
      return breach;
    }
  }
  const { counterexamples } = search(() => new Overheard(specimen, world), { steps: stepsIn(world) });
  expect(counterexamples).toEqual([]);
  return [...said];
}

const worldOf = ({ worlds }: Specimen, name: string): World => {
  const world = worlds.find((one) => one.name === name);
  if (world === undefined) throw new Error(`no world ${name}`);
  return world;
};

describe("within a few steps", { timeout: LIMIT_MS }, () => {
  it.each(inAllWorlds)("the %s is sound, and in world %s everything happens", (_, _name, specimen, world) => {
    const said = saidIn(specimen, world);
    const never = world.steps.filter(({ what }) => !said.some((one) => one.split(": refused")[0] === what));
    expect(never).toEqual([]);
    expect(said).toContain("the VMM hands the card over and back");
    expect(said.some((what) => what.startsWith("amid that"))).toBe(world.amid.length > 0);
  });
});

describe("what a guest may not do is refused, and nothing else", () => {
  const refusedIn = (specimen: Specimen, name: string): readonly string[] =>
    saidIn(specimen, worldOf(specimen, name))
      .filter((what) => what.endsWith(": refused"))
      .map((what) => what.replace("the guest writes ", "").replace(": refused", ""))
      .sort();

  it("on the RTL8139", () => {
    expect(refusedIn(SPECIMENS.rtl8139, "rings")).toEqual([
      "CR: both on",
      "RBSTART: the ring runs over the end",
      // With 16 KiB.
      "RBSTART: within",
      "RCR: 16 KiB and what runs on behind them: too large",
    ]);
  });

  it("on the NE2000", () => {
    expect(refusedIn(SPECIMENS.ne2000, "remote")).toEqual(["CR: remote read", "CR: remote write"]);
  });
});

describe("to the end", () => {
  it("the NE2000 sends: every order of transmits, stops and resets, with anything in the middle", {
    timeout: LIMIT_MS,
  }, () => {
    const [transmit] = SPECIMENS.ne2000.worlds;
    const specimen: Specimen = { ...SPECIMENS.ne2000, worlds: transmit === undefined ? [] : [transmit] };
    const [finding] = toTheEnd(checkingModel(specimen));
    expect(finding?.result).toMatchObject({
      verdict: "holds",
      states: 719,
      transitions: 10_923,
      depth: 11,
      unexplored: 0,
    });
  });
});

describe("a walk at random", { timeout: LIMIT_MS }, () => {
  it.each(Object.entries(SPECIMENS))("finds nothing broken on the %s", (_name, specimen) => {
    expect(toTheEnd(walking(specimen, WALK))).toMatchObject({ steps: WALK.steps, broken: undefined });
  });

  it("shortens what it finds to a way from which nothing can be left out, the same for the same seed", () => {
    const steps = SPECIMENS.rtl8139.worlds.flatMap((world) => world.steps);
    const everything: World = { name: "all", what: "", start: [], steps, amid: [] };
    const trusting: Specimen = { ...SPECIMENS.rtl8139, illegal: () => true, worlds: [everything] };
    const walked = toTheEnd(walking(trusting, WALK));
    expect(walked.broken?.counterexample.steps).toHaveLength(1);
    expect(walked.broken?.counterexample.property).toBe("refused");
    expect(toTheEnd(walking(trusting, WALK))).toEqual(walked);
  });
});
