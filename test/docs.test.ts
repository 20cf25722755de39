/** What documents show of vpio is what vpio writes today: `npm run docs` puts it right. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commandsIn, regenerated } from "../scripts/generated-blocks.ts";
import { packageRoot } from "../src/engine/root.ts";
import { MACHINE_NAMES } from "../src/export/machines/catalogue.ts";

const documents = ["README.md", ...readdirSync(join(packageRoot(), "docs")).map((name) => join("docs", name))]
  .filter((name) => name.endsWith(".md"))
  .map((name) => ({ name, text: readFileSync(join(packageRoot(), name), "utf8") }));

describe("documents", () => {
  it.each(documents)("$name is up to date", async ({ text }) => {
    expect(await regenerated(text)).toBe(text);
  });

  it("show every statechart", () => {
    const [{ text } = { text: "" }] = documents.filter(({ name }) => name.endsWith("statecharts.md"));
    expect(commandsIn(text)).toEqual(MACHINE_NAMES.map((name) => `export ${name} --format mermaid`));
  });

  it("have no block that is begun and not ended, which would never be written", () => {
    for (const { name, text } of documents) {
      const begun = [...text.matchAll(/^<!-- vpio /gm)].length;
      expect(commandsIn(text), name).toHaveLength(begun);
    }
  });

  it("are stale when a statechart has changed", async () => {
    const stale = "a\n<!-- vpio export wire --format mermaid -->\nold\n<!-- end -->\nb\n";
    const fresh = await regenerated(stale);
    expect(fresh).toMatch(/^a\n<!-- vpio export wire --format mermaid -->\n```mermaid\nstateDiagram-v2\n/);
    expect(fresh).toMatch(/```\n<!-- end -->\nb\n$/);
    expect(await regenerated(fresh)).toBe(fresh);
  });
});
