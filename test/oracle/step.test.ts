import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VpioError } from "../../src/base/errors.ts";
import {
  bytesOf,
  formatSteps,
  inStep,
  outStep,
  parseSteps,
  type Step,
  zeros,
} from "../../src/oracle/step.ts";

const anyPayload = fc
  .record({
    head: fc.uint8Array({ maxLength: 20 }),
    more: fc.nat({ max: 2000 }),
    seed: fc.nat({ max: 0x7fff_ffff }),
  })
  .map(({ head, more, seed }) => ({ head, bytes: head.length + more, seed }));
const anyWidth = fc.constantFrom(1 as const, 2 as const, 4 as const);
const anyAddress = fc.nat({ max: 0xffff_ffff });
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("in" as const), offset: fc.nat({ max: 255 }), width: anyWidth }),
  fc.record({
    kind: fc.constant("out" as const),
    offset: fc.nat({ max: 255 }),
    width: anyWidth,
    value: anyAddress,
  }),
  fc.record({ kind: fc.constant("store" as const), address: anyAddress, payload: anyPayload }),
  fc.record({ kind: fc.constant("load" as const), address: anyAddress, bytes: fc.nat({ max: 0x10_0000 }) }),
  fc.record({ kind: fc.constant("frame" as const), payload: anyPayload }),
);

describe("the text of a program", () => {
  it("is what it is said to be", () => {
    const steps: Step[] = [
      inStep(0x3e, 2),
      outStep(0x44, 4, 0xf08f),
      { kind: "store", address: 0x10_0000, payload: zeros(64) },
      { kind: "load", address: 0x11_2000, bytes: 60 },
      { kind: "frame", payload: { head: Uint8Array.of(0xff, 0x0a), bytes: 60, seed: 7 } },
    ];
    const text = "in 3e 2\nout 44 4 f08f\nstore 100000 - 64 0\nload 112000 60\nframe ff0a 60 7";
    expect(formatSteps(steps)).toBe(text);
    expect(parseSteps(text)).toEqual(steps);
  });

  it("leaves out comments and empty lines", () => {
    expect(parseSteps("# nothing\n\n  in 37 1   # CR\n")).toEqual([inStep(0x37, 1)]);
  });

  it("comes back as it was", () => {
    fc.assert(
      fc.property(fc.array(anyStep), (steps) => {
        expect(parseSteps(formatSteps(steps))).toEqual(steps);
      }),
    );
  });

  it.each(["in 3e", "in 3e 3", "out 3e 2", "out 3e 2 xyz", "frame f 60 1", "frame ffff 1 0", "jump 3"])(
    "refuses %j and says where",
    (line) => {
      expect(() => parseSteps(`in 37 1\n${line}`)).toThrow(VpioError);
      expect(() => parseSteps(`in 37 1\n${line}`)).toThrow(/^line 2: /);
    },
  );
});

describe("a payload", () => {
  it("is its head, and zeros or what the seed gives", () => {
    expect(bytesOf({ head: Uint8Array.of(1, 2), bytes: 4, seed: 0 })).toEqual(Uint8Array.of(1, 2, 0, 0));
    const seeded = bytesOf({ head: Uint8Array.of(1, 2), bytes: 200, seed: 9 });
    expect(seeded.slice(0, 2)).toEqual(Uint8Array.of(1, 2));
    expect(new Set(seeded).size).toBeGreaterThan(50);
    expect(bytesOf({ head: Uint8Array.of(1, 2), bytes: 200, seed: 9 })).toEqual(seeded);
  });
});
