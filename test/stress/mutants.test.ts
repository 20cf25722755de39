/**
 * Defects put into vpio on purpose, one at a time: stress finds each of them, and nothing in vpio as it is.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { PROPERTIES } from "../../src/stress/oracles/oracle.ts";
import { loadSystem, patched, type System } from "./mutants/bundle.ts";
import { find, groundOf, movesOf } from "./mutants/hunt.ts";
import { MUTANTS } from "./mutants/table.ts";

/**
 * Schedules that find every mutant; and of each scene, schedules in which the system as it is shows nothing.
 */
const SCHEDULES = 100;
const SOUND_SCHEDULES = 25;

const LIMIT_MS = 120_000;

let sound: System;
const expectedMoves = new Map<string, number>();

beforeAll(async () => {
  sound = await loadSystem("none", []);
  for (const { scene } of MUTANTS)
    if (!expectedMoves.has(scene.text)) expectedMoves.set(scene.text, await movesOf(sound, scene));
}, LIMIT_MS);

describe("the mutants", () => {
  it("are many, of both cards, at each level and against each property", () => {
    expect(MUTANTS.length).toBeGreaterThanOrEqual(25);
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
    expect(new Set(MUTANTS.map(({ level }) => level))).toEqual(new Set(["protocol", "model", "wire"]));
    for (const card of ["rtl8139", "ne2000"])
      expect(MUTANTS.some(({ scene }) => scene.text.includes(card))).toBe(true);
    const designs = Object.keys(PROPERTIES)
      .map(Number)
      .filter((property) => property > 0);
    expect(new Set(MUTANTS.flatMap(({ properties }) => properties))).toEqual(new Set(designs));
  });

  it.each(MUTANTS)("$name: $what", async ({ name, properties, oracles, scene, patches }) => {
    const system = await loadSystem(name, patches);
    const ground = await groundOf(system, scene, expectedMoves.get(scene.text) ?? 0);
    const found = find(ground, "pct", { first: 0, count: SCHEDULES });
    expect(oracles).toContain(found?.failure.violation.oracle);
    expect(properties).toContain(found?.failure.violation.property);
  });
});

describe("vpio as it is", () => {
  const scenes = [...new Map(MUTANTS.map(({ scene }) => [scene.text, scene])).values()];

  it.each(scenes)("shows nothing on the same schedules: $text", async (scene) => {
    const ground = await groundOf(sound, scene, expectedMoves.get(scene.text) ?? 0);
    expect(find(ground, "pct", { first: 0, count: SOUND_SCHEDULES })).toBeUndefined();
  });
});

describe("a patch", () => {
  const file = "actors/nic-body.ts";

  it("replaces what it finds, with dollar signs and all", () => {
    expect(patched("a b c", { file, find: "b", replace: "$& $1" })).toBe("a $& $1 c");
  });

  it.each([
    ["not there", "nowhere"],
    ["there", "in 2 places"],
  ])("is an error when what it finds is %s", (find, places) => {
    expect(() => patched("there and there", { file, find, replace: "" })).toThrow(
      `a patch of ${file} fits ${places}, expected exactly one: ${find}`,
    );
  });

  it("is an error in a bundle too, and so is one of a file that is not in it", async () => {
    const wrong = { file, find: "no such text", replace: "" };
    await expect(loadSystem("wrong", [wrong])).rejects.toThrow(`a patch of ${file} fits nowhere`);
    const unused = { file: "bench/main.ts", find: "EXIT", replace: "EXIT" };
    await expect(loadSystem("unused", [unused])).rejects.toThrow("nothing imports bench/main.ts");
  });
});
