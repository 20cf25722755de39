/** The style of the house, as far as a program can check it. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");

function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)));
}

const SOURCES = ["src", "actors", "workers", "bench"].flatMap(filesBelow);
const TESTS = filesBelow("test");
const text = (file: string): string => readFileSync(join(ROOT, file), "utf8");

/** Comments and strings blanked out: what is left is code. */
function codeOf(file: string): string {
  return text(file)
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/(^|[^:])\/\/.*$/gm, "$1")
    .replace(/"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/g, '""');
}

/** From the ground up: a folder may import from its own level and those before it. */
const LAYERS = [
  ["src/base"],
  ["src/ethernet"],
  ["src/hardware"],
  ["src/protocol"],
  ["src/machine"],
  ["src/devices"],
  ["src/vpio"],
  ["src/peers", "src/workloads"],
  ["actors"],
  ["src/transport"],
  ["src/scenario"],
  ["src/x86"],
  ["src/engine", "src/fuzz", "src/oracle"],
  ["src/trace"],
  ["src/stress", "src/check"],
  ["src/export"],
  ["src/studio"],
  ["src/server"],
  ["src/cli", "workers", "bench"],
];
const levelOf = (file: string): number =>
  LAYERS.findIndex((folders) => folders.some((folder) => file.startsWith(`${folder}/`)));

/** Everything below the engines is pure: time, chance and the outside come in from above. */
const PURE = SOURCES.filter((file) => {
  const level = levelOf(file);
  return (
    level <= levelOf("src/transport/x") || (level === levelOf("src/scenario/x") && !file.endsWith("/load.ts"))
  );
});

/** The trace is a function of the run; it is written here and read in browsers. */
const TRACE = SOURCES.filter((file) => file.startsWith("src/trace/"));
const STUDIO = SOURCES.filter((file) => file.startsWith("src/studio/"));

const BANS: readonly (readonly [RegExp, string])[] = [
  [/\bDate\b/, "time is passed in"],
  [/\bMath\.random\b/, "chance comes from src/base/prng.ts"],
  [/\b(setTimeout|setInterval|setImmediate)\b/, "timers are the engine's"],
  [/\bconsole\b/, "printing is the command line's"],
  [/\bprocess\./, "the process is the engine's"],
];

const importsOf = (file: string): string[] =>
  [...text(file).matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map((match) => match[1] ?? "");

describe("layers", () => {
  it("covers every source file", () => {
    expect(SOURCES.filter((file) => levelOf(file) < 0)).toEqual([]);
  });

  it("has no import that runs upward", () => {
    const upward = SOURCES.flatMap((file) =>
      importsOf(file)
        .filter((target) => target.startsWith("."))
        .map((target) => relative(ROOT, resolve(ROOT, dirname(file), target)))
        .filter((target) => levelOf(target) > levelOf(file))
        .map((target) => `${file} imports ${target}`),
    );
    expect(upward).toEqual([]);
  });
});

describe("bans below the engines", () => {
  it.each(BANS)("%s: %s", (banned, _instead) => {
    expect([...PURE, ...TRACE].filter((file) => banned.test(codeOf(file)))).toEqual([]);
  });

  it("imports nothing of node", () => {
    expect(
      [...PURE, ...TRACE, ...STUDIO].filter((file) =>
        importsOf(file).some((target) => target.startsWith("node:")),
      ),
    ).toEqual([]);
  });
});

describe("the window for checkers", () => {
  /** A part of a card or a model shows what its own parts show. */
  const SHOWS_A_PART = /^\s*(return \{ )?\w+: this\.#?\w+\.inspect\(\)/;

  it("is looked through by nothing but the checker", () => {
    const looking = SOURCES.filter((file) => !file.startsWith("src/check/")).flatMap((file) =>
      codeOf(file)
        .split("\n")
        .filter((line) => line.includes(".inspect("))
        .filter((line) => !(file.startsWith("src/devices/") && SHOWS_A_PART.test(line)))
        .map((line) => `${file}: ${line.trim()}`),
    );
    expect(looking).toEqual([]);
  });
});

describe("files", () => {
  it("can be read in a sitting", () => {
    const long = SOURCES.filter((file) => text(file).split("\n").length > 480);
    expect(long).toEqual([]);
  });

  it("keeps the workers' entries thin", () => {
    expect(
      SOURCES.filter((file) => file.startsWith("workers/") && text(file).split("\n").length > 60),
    ).toEqual([]);
  });

  it("begins with what it is about", () => {
    const silent = SOURCES.filter((file) => !/^(#!.*\n)?\/\*\*/.test(text(file)));
    expect(silent).toEqual([]);
  });

  it("leaves nothing for later", () => {
    const later = [...SOURCES, ...TESTS].filter(
      (file) => file !== "test/tidy.test.ts" && /\b(TODO|FIXME|XXX)\b/.test(text(file)),
    );
    expect(later).toEqual([]);
  });

  it("has no file that nothing uses", () => {
    const used = new Set(
      [...SOURCES, ...TESTS].flatMap((file) =>
        importsOf(file)
          .filter((target) => target.startsWith("."))
          .map((target) => relative(ROOT, resolve(ROOT, dirname(file), target))),
      ),
    );
    const entries = (file: string): boolean =>
      /^(workers|bench)\//.test(file) ||
      ["src/cli/main.ts", "src/devices/public.ts", "src/studio/main.tsx"].includes(file);
    expect(SOURCES.filter((file) => !entries(file) && !used.has(file))).toEqual([]);
  });
});

describe("tests", () => {
  it("runs all of them", () => {
    expect(TESTS.filter((file) => file !== "test/tidy.test.ts" && /\.only\(/.test(codeOf(file)))).toEqual([]);
  });
});

describe("package.json", () => {
  it("pins exact versions", () => {
    const { dependencies, devDependencies } = JSON.parse(text("package.json")) as Record<
      string,
      Record<string, string>
    >;
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, v]) => !/^\d+\.\d+\.\d+$/.test(v),
    );
    expect(loose).toEqual([]);
  });
});
