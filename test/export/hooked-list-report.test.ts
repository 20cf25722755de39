import { expect, it } from "vitest";
import { SPECIMENS } from "../../src/check/soundness/check-model.ts";
import { hooksText } from "../../src/export/hooked-list-report.ts";
import { PLAIN } from "../../src/export/table.ts";

it("calls the list minimal only when all hooks were looked at", () => {
  const findings = { hooks: [], left: 0, states: 307, broken: undefined, withoutAll: undefined };
  const whole = hooksText(SPECIMENS.ne2000, { ...findings, stopped: false }, PLAIN);
  expect(whole).toContain("0 of 0 hooks are needed: that is the minimal hooked list;");
  const stopped = hooksText(SPECIMENS.ne2000, { ...findings, left: 128, stopped: true }, PLAIN);
  expect(stopped).toContain("0 of the first 0 hooks are needed; ");
  expect(stopped).toContain("inconclusive: stopped with 128 hooks still to be looked at");
});
