/** Errors as users and scripts meet them. */
import { expect, it } from "vitest";
import { invariant, unreachable, VpioError } from "../../src/base/errors.ts";

it("an error says where, what and how to leave", () => {
  const error = new VpioError("SCENARIO", "no such card", { file: "a.yaml", line: 3, column: 7 });
  expect([error.message, error.code, error.exitCode, error.name]).toEqual([
    "a.yaml:3:7: no such card",
    "SCENARIO",
    2,
    "VpioError",
  ]);
});

it("exit codes tell a verdict from a breakage", () => {
  const codes = (["VIOLATED", "USAGE", "PROGRAM", "INCONCLUSIVE", "DIVERGED", "INTERNAL"] as const).map(
    (code) => new VpioError(code, "").exitCode,
  );
  expect(codes).toEqual([1, 2, 2, 3, 4, 5]);
});

it("a broken invariant and an impossible value are vpio's own fault", () => {
  expect(() => invariant(false, "water flows down")).toThrow("invariant broken: water flows down");
  expect(() => invariant(true, "")).not.toThrow();
  expect(() => unreachable({ kind: "new" } as never, "somewhere")).toThrow(
    'somewhere: unexpected {"kind":"new"}',
  );
});
