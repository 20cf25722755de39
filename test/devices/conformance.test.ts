/** No card is in the catalogue without having run the suite that every device model must pass. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { DEVICES } from "../../src/devices/catalogue.ts";

/** Tests beside this file that call the suite, each in the folder of its card. */
const SUITES = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.ts"))
  .filter((file) => /^describeModel\(/m.test(readFileSync(join(import.meta.dirname, file), "utf8")));

it.each(Object.keys(DEVICES))("the device model of the %s runs the conformance suite", (kind) => {
  expect(SUITES.filter((file) => file.startsWith(`${kind}/`))).not.toEqual([]);
});
