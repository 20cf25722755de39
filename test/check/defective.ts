/** Bundles the explorer, and the engine beside it, with a defect in their source. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import { packageRoot } from "../../src/engine/root.ts";

export type System = typeof import("./system.ts");

/** One place of the source, and what stands there instead. */
export interface Patch {
  /** From the root. */
  readonly file: string;
  /** Must be found exactly once. */
  readonly find: string;
  readonly replace: string;
}

function patched(source: string, { file, find, replace }: Patch): string {
  const [before, after, ...more] = source.split(find);
  if (before === undefined || after === undefined || more.length > 0)
    throw new Error(`a patch of ${file} does not fit in exactly one place: ${find}`);
  return before + replace + after;
}

/** `name`: of the bundle below dist/. */
export async function defective(name: string, patches: readonly Patch[]): Promise<System> {
  const root = packageRoot();
  const plugin: Plugin = {
    name: "defect",
    setup: (bundler) =>
      bundler.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const own = patches.filter(({ file }) => join(root, file) === path);
        if (own.length === 0) return undefined;
        return { contents: own.reduce(patched, readFileSync(path, "utf8")), loader: "ts" };
      }),
  };
  const outfile = join(root, "dist", "mutants", `check-${name.replaceAll(/\W+/g, "-")}.mjs`);
  await build({
    absWorkingDir: root,
    entryPoints: ["test/check/system.ts"],
    outfile,
    bundle: true,
    packages: "external",
    platform: "node",
    target: "node20",
    format: "esm",
    logLevel: "silent",
    plugins: [plugin],
  });
  return (await import(pathToFileURL(outfile).href)) as System;
}
