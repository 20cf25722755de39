import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { scenarioJsonSchema } from "../../src/scenario/json-schema.ts";
import { readScenario } from "../../src/scenario/read.ts";
import { FILES, scenario } from "./support.ts";

const schema = scenarioJsonSchema();
const validate = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true }).compile(schema);

const DOCUMENTATION = readFileSync("docs/scenarios.md", "utf8");
const EXAMPLES = [...DOCUMENTATION.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? "");

interface Node {
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
}

/** Every key of the language, with what the schema says about it. */
function keysOf(node: Node): readonly (readonly [string, Node])[] {
  const parts = [...(node.anyOf ?? []), ...(node.oneOf ?? []), ...(node.items ? [node.items] : [])];
  const own = Object.entries(node.properties ?? {});
  return [...own, ...own.flatMap(([, child]) => keysOf(child)), ...parts.flatMap(keysOf)];
}

const KEYS = keysOf(schema as Node);

describe("the schema accepts", () => {
  test.each(readdirSync("scenarios").filter((file) => file.endsWith(".yaml")))("scenarios/%s", (file) => {
    expect(validate(parse(readFileSync(`scenarios/${file}`, "utf8"))), JSON.stringify(validate.errors)).toBe(
      true,
    );
  });

  test.each(EXAMPLES)("an example of docs/scenarios.md, and so does the loader", (text) => {
    expect(validate(parse(text)), JSON.stringify(validate.errors)).toBe(true);
    expect(readScenario(text, "docs/scenarios.md", FILES).guests.length).toBeGreaterThan(0);
  });
});

const uplink = (keys: string): string =>
  `${scenario().replace(/^wire: .*$/m, `wire: { uplinks: [{ kind: qemu, name: lab, ${keys} }] }`)}`;

describe("the schema refuses", () => {
  test.each([
    ["an unknown key", scenario({ guest: "memry: 4MiB" })],
    ["a wrong unit", scenario({ end: "duration: 5 parsecs" })],
    ["a number too large", scenario({ card: "hold: 5000" })],
    ["a port off its grid", scenario({ card: "port: 0xc010" })],
    ["an unknown kind", scenario({ workload: "{ kind: pong }" })],
    ["a key of another kind", scenario({ workload: "{ kind: receive, to: gateway }" })],
    ["a policy that does not exist", scenario({ card: "policy: lifo" })],
    ["an uplink with both ends", uplink("listen: 127.0.0.1:1, connect: 127.0.0.1:1")],
    ["an uplink with neither end", uplink("buffer: 1")],
    ["missing guests", "name: x\ncards: [{ name: a, kind: ne2000 }]"],
  ])("%s", (_, text) => {
    expect(validate(parse(text))).toBe(false);
  });
});

describe("the schema as documentation", () => {
  test("every key is described", () => {
    expect(KEYS.length).toBeGreaterThan(60);
    expect(KEYS.filter(([, node]) => !node.description).map(([key]) => key)).toEqual([]);
  });

  test("defaults are shown as they are written", () => {
    const defaults = Object.fromEntries(KEYS.map(([key, node]) => [key, node.default]));
    expect(defaults).toMatchObject({
      duration: "5s",
      mode: "vpio",
      policy: "fifo",
      watchdog: "500ms",
      seed: 1,
    });
  });

  test("docs/scenarios.md has a row for every key, with its default", () => {
    const rows = DOCUMENTATION.split("\n").filter((line) => line.startsWith("| `"));
    const missing = KEYS.filter(([key, node]) => {
      const shown = ["string", "number", "boolean"].includes(typeof node.default)
        ? `\`${node.default}\``
        : "";
      return key !== "kind" && !rows.some((row) => row.startsWith(`| \`${key}\` |`) && row.includes(shown));
    });
    expect(missing).toEqual([]);
  });
});
