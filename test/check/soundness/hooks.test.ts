/** Which hooks are needed: each one is taken out, and what breaks is found. */
import { describe, expect, it } from "vitest";
import { read, write } from "../../../src/check/soundness/accesses.ts";
import { SPECIMENS } from "../../../src/check/soundness/check-model.ts";
import { breaking, findingNecessary, unhooking } from "../../../src/check/soundness/necessity.ts";
import { toTheEnd } from "../../../src/check/soundness/search.ts";
import type { Hook, Specimen } from "../../../src/check/soundness/specimen.ts";
import type { Access } from "../../../src/devices/model.ts";

const LIMIT_MS = 120_000;
const { rtl8139, ne2000 } = SPECIMENS;

function hookOf({ hooks }: Specimen, name: string, direction: Access["direction"], page?: number): Hook {
  const found = hooks.find(
    (hook) => hook.name === name && hook.direction === direction && hook.page === page,
  );
  if (found === undefined) throw new Error(`no hook of ${name}`);
  return found;
}

describe("taking hooks out", () => {
  const out = unhooking([hookOf(ne2000, "PSTART", "write", 0), hookOf(rtl8139, "TSD0", "write")]);

  it("lets accesses of that direction to those ports through", () => {
    const through = [write(0x10, 1, 0), write(0x13, 1, 0)].map((access) => out(access, undefined));
    expect(through).toEqual([true, true]);
    expect([read(0x10, 1), write(0x14, 1, 0), write(0x0f, 1, 0)].some((one) => out(one, undefined))).toBe(
      false,
    );
  });

  it("on the page that they are about", () => {
    expect([0, 1, undefined].map((page) => out(write(1, 1, 0), page))).toEqual([true, false, false]);
  });
});

describe("the RTL8139's hooked list", () => {
  const { hooks, broken, withoutAll, stopped } = toTheEnd(findingNecessary(rtl8139));

  it("is minimal: without any of its hooks something breaks", () => {
    expect([broken, withoutAll, stopped]).toEqual([undefined, undefined, false]);
    expect(hooks.filter(({ without }) => without === undefined).map(({ hook }) => hook.name)).toEqual([]);
    expect(hooks).toHaveLength(37);
  });

  it("is not judged when somebody stops it: what was not looked at is left", () => {
    let looks = 0;
    const findings = toTheEnd(findingNecessary(rtl8139, () => ++looks > 700));
    expect(findings.hooks.length).toBeLessThan(37);
    expect(findings.hooks.every(({ without }) => without !== undefined)).toBe(true);
    expect([findings.stopped, findings.left > 0]).toEqual([true, true]);
  });

  it("guards DMA where it begins, and knows when it is hooked", () => {
    const broken = (name: string, direction: Access["direction"]): string => {
      const found = hooks.find(({ hook }) => hook.name === name && hook.direction === direction);
      return `${found?.when}: ${found?.without?.counterexample.property}`;
    };
    expect(broken("TSD0", "write")).toBe("always: checked");
    expect(broken("CR", "write")).toBe("always: checked");
    expect(broken("TSD1", "write")).toBe("always: reusable");
    expect(broken("ISR", "write")).toBe("always: transparent");
    expect(broken("TSD2", "read")).toBe("while TSD2 of an earlier ownership is served: transparent");
    expect(broken("MPC", "read")).toBe("while frames missed in an earlier ownership count: transparent");
  });
});

describe("of the NE2000's hooked list", { timeout: LIMIT_MS }, () => {
  it.each([
    ["CR", "write", 0, "checked"],
    ["TBCR0", "write", 0, "reusable"],
    ["PSTOP", "write", 0, "checked"],
    ["BNRY", "write", 0, "transparent"],
    ["reset port", "read", undefined, "transparent"],
    ["0x20 to 0xff", "write", undefined, "refused"],
  ] as const)("%s, %s on page %s: without it %s", (name, direction, page, property) => {
    expect(toTheEnd(breaking(ne2000, [hookOf(ne2000, name, direction, page)]))?.counterexample.property).toBe(
      property,
    );
  });

  it("reads of NCR need none on this card, and it is said why", () => {
    const hook = hookOf(ne2000, "NCR", "read", 0);
    expect(ne2000.excuse(hook)).toContain("meets no collision");
    expect(ne2000.excuse(hookOf(ne2000, "TSR", "read", 0))).toBeUndefined();
  });
});
