/** docs/oracle.md has the tables as the source has them. `UPDATE_DOCS=1` writes them anew. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ORACLE_CARDS, type OracleCard } from "../../src/oracle/cards.ts";
import { fenceTable, maskTable } from "../../src/oracle/report.ts";

const PATH = join(import.meta.dirname, "../../docs/oracle.md");
const SHOWN: readonly OracleCard[] = [ORACLE_CARDS.rtl8139, ORACLE_CARDS.ne2000];
const TABLES = SHOWN.flatMap((card) => [
  [`masks ${card.name}`, maskTable(card)] as const,
  [`fences ${card.name}`, fenceTable(card)] as const,
]);

/** What stands between the marks of a table. */
const between = (name: string): RegExp => new RegExp(`(<!-- ${name} -->\n)[^]*?(\n<!-- end -->)`);

describe("docs/oracle.md", () => {
  it.each(TABLES)("has the table of %s", (name, table) => {
    if (process.env["UPDATE_DOCS"]) {
      writeFileSync(
        PATH,
        readFileSync(PATH, "utf8").replace(between(name), (_all, head, end) => `${head}${table}${end}`),
      );
    }
    expect(readFileSync(PATH, "utf8")).toContain(`<!-- ${name} -->\n${table}\n<!-- end -->`);
  });

  it.each(SHOWN)("gives each row of $name a reason and a section", ({ masks, fences }) => {
    for (const row of [...Object.values(masks), ...Object.values(fences)]) {
      expect(row.reason.length).toBeGreaterThan(15);
      expect(row.section).toMatch(/^(\d|RTL8029AS)/);
    }
  });
});
