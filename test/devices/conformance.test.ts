/** No card is in the catalogue without having run the suite that every device model must pass. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { DEVICES } from "../../src/devices/catalogue.ts";

/** Tests beside this file that call the suite, and of which card's model. */
const SUITES = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".test.ts"))
  .map((file) => readFileSync(join(import.meta.dirname, file), "utf8"))
  .filter((text) => /^describeModel\(/m.test(text));

it.each(Object.keys(DEVICES))("the device model of the %s runs the conformance suite", (kind) => {
  const own = SUITES.filter((text) => text.includes(`src/devices/${kind}/model.ts"`));
  expect(own).not.toEqual([]);
});
