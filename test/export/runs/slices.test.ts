/** States in time as slices that nest. */
import { expect, it } from "vitest";
import { slicesOf } from "../../../src/export/runs/slices.ts";

const at = (atNs: number, ...path: readonly string[]) => ({ atNs, path });

it("goes on with what stays, around what changes", () => {
  expect(slicesOf([at(0, "owned", "watching"), at(5, "owned", "serving"), at(9, "free")], 12)).toEqual([
    { name: "owned", beginNs: 0, endNs: 9, depth: 0 },
    { name: "watching", beginNs: 0, endNs: 5, depth: 1 },
    { name: "serving", beginNs: 5, endNs: 9, depth: 1 },
    { name: "free", beginNs: 9, endNs: 12, depth: 0 },
  ]);
});

it("leaves out what lasts no time, and what is nothing", () => {
  expect(slicesOf([at(0, "a"), at(3, "b"), at(3, "a"), at(4), at(6, "a")], 6)).toEqual([
    { name: "a", beginNs: 0, endNs: 3, depth: 0 },
    { name: "a", beginNs: 3, endNs: 4, depth: 0 },
  ]);
});

it("ends what is around together with it", () => {
  const slices = slicesOf([at(0, "a", "b", "c"), at(2, "a", "d")], 4);
  expect(slices.map(({ name, beginNs, endNs }) => `${name} ${beginNs} ${endNs}`)).toEqual([
    "a 0 4",
    "b 0 2",
    "c 0 2",
    "d 2 4",
  ]);
});

it("knows whole nanoseconds only, so that slices meet", () => {
  const [first, second] = slicesOf([at(0.4, "a"), at(1.5, "b")], 2.6);
  expect([first?.endNs, second?.beginNs, second?.endNs]).toEqual([2, 2, 3]);
});
