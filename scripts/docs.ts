/** Writes the generated blocks of README.md and docs/ anew: `npm run docs`. A test fails when that would change one. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../src/engine/root.ts";
import { regenerated } from "./generated-blocks.ts";

const documents = [
  "README.md",
  ...readdirSync(join(packageRoot(), "docs")).map((name) => join("docs", name)),
];
for (const name of documents.filter((one) => one.endsWith(".md"))) {
  const file = join(packageRoot(), name);
  const text = readFileSync(file, "utf8");
  const fresh = await regenerated(text);
  if (fresh === text) continue;
  writeFileSync(file, fresh);
  process.stdout.write(`${name}\n`);
}
