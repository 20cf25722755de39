// Bundles each entry point (the command, every worker, the benches) on its own into dist/, one tree beside the sources'.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = new URL("..", import.meta.url).pathname;

/** Every .ts file of one folder, as paths from the root. */
async function entriesOf(folder) {
  if (!existsSync(`${root}${folder}`)) return [];
  const names = await readdir(`${root}${folder}`);
  return names.filter((name) => name.endsWith(".ts")).map((name) => `${folder}/${name}`);
}

/** The browser's part: one script and one style sheet, with all they need inside. */
async function buildStudio(outdir) {
  await build({
    absWorkingDir: root,
    entryPoints: ["src/studio/main.tsx"],
    outdir: `${outdir}/studio`,
    bundle: true,
    minify: true,
    platform: "browser",
    target: "es2022",
    format: "esm",
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    logLevel: "warning",
  });
}

/** What TypeScript needs to know of "vpio/device", for plug-ins. */
function buildTypes() {
  const tsc = fileURLToPath(import.meta.resolve("typescript/package.json")).replace(
    "package.json",
    "bin/tsc",
  );
  const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.types.json"], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(1);
}

/** Builds everything below dist/; `outdir` is another place for it (tests build their own copy, with plugins). */
export async function buildAll(outdir = `${root}dist`, plugins = []) {
  const entryPoints = [
    "src/cli/main.ts",
    "src/devices/public.ts",
    ...(await entriesOf("workers")),
    ...(await entriesOf("bench")),
  ];
  await build({
    absWorkingDir: root,
    entryPoints: entryPoints.filter((entry) => existsSync(`${root}${entry}`)),
    outdir,
    outbase: ".",
    bundle: true,
    packages: "external",
    platform: "node",
    target: "node20",
    format: "esm",
    sourcemap: true,
    logLevel: "warning",
    plugins,
  });
  await buildStudio(outdir);
  const command = `${outdir}/src/cli/main.js`;
  if (existsSync(command)) await chmod(command, 0o755);
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  await buildAll();
  buildTypes();
}
