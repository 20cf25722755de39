import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { VpioError } from "../../src/base/errors.ts";
import { loadScenario } from "../../src/scenario/load.ts";
import { scenario } from "./support.ts";

const CAPTURE = "scenarios/captures/linux-slice.pcap";
const EXAMPLES = readdirSync("scenarios").filter((file) => file.endsWith(".yaml"));

describe("the scenarios that come with vpio", () => {
  test.each(EXAMPLES)("%s loads, is called as its file, and says what to look at", (file) => {
    const path = join("scenarios", file);
    const loaded = loadScenario(path);
    expect(`${loaded.name}.yaml`).toBe(file);
    expect(structuredClone(loaded)).toEqual(loaded);
    expect(readFileSync(path, "utf8")).toMatch(/^# .*\n(#.*\n)*# .*Look at|^# .*\n#\n# Look at/);
  });

  test("the capture of replay.yaml is found beside it", () => {
    const [tape] = loadScenario("scenarios/replay.yaml").guests;
    expect(tape?.workload).toMatchObject({ file: "captures/linux-slice.pcap", path: resolve(CAPTURE) });
  });

  test("the three receive scenarios differ in nothing but the strategy", () => {
    const strategies = ["drop", "hold", "arrival"].map((strategy) => {
      const { cards, guests, wire } = loadScenario(`scenarios/receive-${strategy}.yaml`);
      return { guests, wire, cards: cards.map((card) => ({ ...card, receive: "any" })) };
    });
    expect(strategies[1]).toEqual(strategies[0]);
    expect(strategies[2]).toEqual(strategies[0]);
  });
});

describe("files on a disk", () => {
  let folder = "";
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "vpio-scenario-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const write = (name: string, content: string | Uint8Array): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const errorOf = (path: string): VpioError => {
    try {
      loadScenario(path);
    } catch (error) {
      if (error instanceof VpioError) return error;
    }
    throw new Error("no VpioError was thrown");
  };

  test("a capture that was cut off is reported at the place of its name", () => {
    mkdirSync(join(folder, "captures"));
    write("captures/cut.pcap", readFileSync(CAPTURE).subarray(0, 1000));
    const path = write("cut.yaml", scenario({ workload: "{ kind: replay, file: captures/cut.pcap }" }));
    expect(errorOf(path).message).toMatch(/^\S+cut\.yaml:6:52: captures\/cut\.pcap: at byte \d+: found /);
  });

  test("a folder is no capture", () => {
    const path = write("folder.yaml", scenario({ workload: "{ kind: replay, file: . }" }));
    expect(errorOf(path).message).toBe(
      `${path}:6:52: found '.', expected the path of a readable file, relative to the scenario`,
    );
  });

  test("no such scenario", () => {
    const path = join(folder, "missing.yaml");
    expect(errorOf(path)).toMatchObject({
      code: "SCENARIO",
      exitCode: 2,
      message: `${path}: found no file that can be read`,
    });
  });

  test("a scenario that is no text", () => {
    const path = write("binary.yaml", new Uint8Array([0x6e, 0xff, 0xfe]));
    expect(errorOf(path).message).toBe(`${path}: found bytes that are not UTF-8, expected a YAML text`);
  });

  test("a byte order mark and line ends of Windows are accepted", () => {
    const path = write("windows.yaml", `\ufeff${scenario().replaceAll("\n", "\r\n")}`);
    expect(loadScenario(path).name).toBe("small");
  });
});
