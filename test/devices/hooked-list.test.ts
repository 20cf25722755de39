/** The hooked list: one bit for each port and direction. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Direction,
  HOOKED_LIST_BYTES,
  HookedList,
  WINDOW_PORTS,
} from "../../src/devices/hooked-list.ts";

const port = fc.integer({ min: 0, max: WINDOW_PORTS - 1 });
const direction = fc.constantFrom<Direction>("read", "write");

describe("HookedList", () => {
  it("is a set of ports and directions", () => {
    const change = fc.tuple(fc.boolean(), port, direction);
    fc.assert(
      fc.property(fc.array(change), (changes) => {
        const list = new HookedList();
        const model = new Set<string>();
        for (const [hook, at, which] of changes) {
          if (hook) list.hook(at, which);
          else list.unhook(at, which);
          model[hook ? "add" : "delete"](`${at} ${which}`);
        }
        for (let at = 0; at < WINDOW_PORTS; at++) {
          for (const which of ["read", "write"] as const) {
            expect(list.covers(at, 1, which)).toBe(model.has(`${at} ${which}`));
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  it("covers an access when it covers any of its ports", () => {
    const list = new HookedList();
    list.hook(0x37, "write");
    expect([0x33, 0x34, 0x37, 0x38].map((at) => list.covers(at, 4, "write"))).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(list.covers(0x34, 4, "read")).toBe(false);
  });

  it("covers whatever leaves the window", () => {
    const list = new HookedList();
    expect([list.covers(-1, 1, "read"), list.covers(0xfd, 4, "read"), list.covers(0xfc, 4, "read")]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("has the bits of all reads before those of all writes, as it travels", () => {
    const list = new HookedList();
    list.hook(9, "read");
    list.hook(255, "write");
    expect(list.bytes.length).toBe(HOOKED_LIST_BYTES);
    expect([list.bytes[1], list.bytes[63]]).toEqual([0x02, 0x80]);
    expect(new HookedList(list.bytes.slice()).equals(list)).toBe(true);
  });

  it("copies without sharing, and all() covers everything", () => {
    const list = new HookedList();
    const copy = list.copy();
    copy.hook(0, "read");
    expect([list.covers(0, 1, "read"), list.equals(copy)]).toEqual([false, false]);
    expect(HookedList.all().bytes.every((byte) => byte === 0xff)).toBe(true);
  });
});
