/** The reader that other tests rely on refuses what is not well-formed. */
import { expect, it } from "vitest";
import { parseXml } from "./xml.ts";

it.each([
  ["a tag that is not closed", "<a><b></a>"],
  ["a tag that was not opened", "<a></a></b>"],
  ["two roots", "<a/><b/>"],
  ["a bare ampersand", "<a>b & c</a>"],
  ["a bare < in an attribute", '<a b="<"/>'],
  ["an attribute twice", '<a b="1" b="2"/>'],
  ["an attribute without quotes", "<a b=1/>"],
  ["an end that is missing", "<a><b/>"],
])("%s", (_, text) => {
  expect(() => parseXml(text)).toThrow();
});

it("reads back what was escaped", () => {
  const { attributes, text } = parseXml('<a b="&lt;&quot;">1 &amp; 2 &gt; 0</a>');
  expect([attributes.get("b"), text]).toEqual(['<"', "1 & 2 > 0"]);
});
