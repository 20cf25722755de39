import { expect, test } from "vitest";
import { left, makeStyle, PLAIN, right, tableLines } from "../../src/export/table.ts";

const columns = [left("guest"), right("sent")];
const rows = [
  ["alice", "4,871"],
  ["bob", "12"],
];

test("text stands left, numbers right, nothing trails", () => {
  expect(tableLines(columns, rows)).toEqual(["guest   sent", "alice  4,871", "bob       12"]);
});

test("cells that a row lacks are empty", () => {
  expect(tableLines(columns, [["alice"]])).toEqual(["guest  sent", "alice"]);
});

test("colours take no room", () => {
  const style = makeStyle(true);
  const [title, line] = tableLines(columns, [[style.bad("a"), style.good("1")]], style);
  expect(title).toBe("\u001b[2mguest\u001b[22m  \u001b[2msent\u001b[22m");
  expect(line).toBe("\u001b[1m\u001b[31ma\u001b[39m\u001b[22m         \u001b[32m1\u001b[39m");
});

test("without colours a style changes nothing", () => {
  expect([PLAIN.bold("a"), PLAIN.dim("a"), PLAIN.good("a"), PLAIN.bad("a")]).toEqual(["a", "a", "a", "a"]);
});
