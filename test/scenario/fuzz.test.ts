import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { ScenarioError } from "../../src/scenario/errors.ts";
import { readScenario } from "../../src/scenario/read.ts";
import { FILES, scenario } from "./support.ts";

/** Reads any text; what it throws must be a ScenarioError whose places lie in the text. */
function survive(text: string): void {
  try {
    structuredClone(readScenario(text, "any.yaml", FILES));
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    const lines = text.split("\n").length;
    expect(error.problems.length).toBeGreaterThan(0);
    for (const { place } of error.problems) {
      expect(place.line).toBeGreaterThanOrEqual(1);
      expect(place.line).toBeLessThanOrEqual(lines);
      expect(place.column).toBeGreaterThanOrEqual(1);
    }
  }
}

test("any text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 200 }), survive), { numRuns: 500 });
});

test("any text of YAML's own characters", () => {
  const units = fc.constantFrom(
    ..."-?:,[]{}#&*!|>'\"%@` \n\tab01",
    "- ",
    ": ",
    "\n  ",
    "<<",
    "---\n",
    "&a ",
    "*a ",
    "!!set ",
  );
  fc.assert(fc.property(fc.string({ unit: units, maxLength: 80 }), survive), { numRuns: 2000 });
});

test("a good scenario with one piece replaced by another text", () => {
  const good = readFileSync("scenarios/eight-tenants.yaml", "utf8");
  const tokens = good.split(/(?<=\s)/);
  const piece = fc.oneof(
    fc.constantFrom(
      "",
      "null ",
      "[] ",
      "{} ",
      "- ",
      ": ",
      "*a ",
      "&a ",
      "5 ",
      "alice ",
      "kind: ",
      "-1s ",
      ".inf ",
      "0x",
    ),
    fc.string({ unit: "binary", maxLength: 8 }),
  );
  fc.assert(
    fc.property(fc.nat(tokens.length - 1), fc.nat(3), piece, (at, removed, inserted) =>
      survive(tokens.toSpliced(at, removed, inserted).join("")),
    ),
    { numRuns: 1000 },
  );
});

const KEYS = [
  "name",
  "kind",
  "to",
  "count",
  "card",
  "owner",
  "peers",
  "wire",
  "host",
  "workload",
  "policy",
  "mac",
  "ip",
];
const KINDS = [
  "ping",
  "replay",
  "program",
  "source",
  "echo",
  "rtl8139",
  "fifo",
  "alice",
  "captures/x",
  "02:00:00:00:00:01",
];

test("any tree of the language's own keys and words", () => {
  const { tree } = fc.letrec<{ tree: unknown; leaf: unknown }>((tie) => ({
    leaf: fc.oneof(fc.constantFrom<unknown>(...KINDS, null, true), fc.double(), fc.string({ maxLength: 3 })),
    tree: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      tie("leaf"),
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...KEYS, "__proto__", "toString"), tie("tree"), { maxKeys: 5 }),
    ),
  }));
  const document = fc.record({
    name: tree,
    cards: fc.array(tree),
    guests: fc.array(tree),
    wire: tree,
    host: tree,
  });
  fc.assert(
    fc.property(document, (value) => survive(stringify(value))),
    { numRuns: 500 },
  );
});

test.each([
  ["keys", Array.from({ length: 10_000 }, (_, index) => `k${index}:`).join("\n")],
  ["guests", scenario({ end: "  - { name: x, card: y, workload: { kind: ping, to: z } }\n".repeat(1_000) })],
  ["targets", scenario({ peer: `{ kind: source, name: s, to: [${"zz, ".repeat(10_000)}] }` })],
  ["sequences in one line", "- ".repeat(30_000)],
  ["a map that holds itself", scenario({ end: "host: &a { memory: *a }" })],
])("a long list of %s takes no long time", (_, text) => {
  const start = performance.now();
  survive(text);
  expect(performance.now() - start).toBeLessThan(10_000);
});
