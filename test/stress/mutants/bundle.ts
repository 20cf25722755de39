/**
 * Bundles vpio with a mutant in it, and loads that beside the sound one: the product itself has no hook for
 * it.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import { packageRoot } from "../../../src/engine/root.ts";
import type { Patch } from "./mutant.ts";

export type System = typeof import("./system.ts");

/**
 * The source with the patch in it. A text that is not there exactly once is an error: no mutant outlives its
 * place.
 */
export function patched(source: string, { file, find, replace }: Patch): string {
  const [before, after, ...more] = source.split(find);
  if (before === undefined || after === undefined || more.length > 0) {
    const places = after === undefined ? "nowhere" : `in ${more.length + 1} places`;
    throw new Error(`a patch of ${file} fits ${places}, expected exactly one: ${find}`);
  }
  return before + replace + after;
}

/** Changes files on their way into the bundle. */
const patching = (root: string, patches: readonly Patch[]): Plugin => ({
  name: "patching",
  setup(bundler) {
    bundler.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const own = patches.filter(({ file }) => join(root, file) === path);
      if (own.length === 0) return undefined;
      return { contents: own.reduce(patched, await readFile(path, "utf8")), loader: "ts" };
    });
  },
});

/** vpio with `patches` in it; `name`: of the bundle below dist/. */
export function loadSystem(name: string, patches: readonly Patch[]): Promise<System> {
  return loadPatched("test/stress/mutants/system.ts", name, patches);
}

/** A module of ours with all that it imports, and `patches` in that. */
export async function loadPatched<T>(entry: string, name: string, patches: readonly Patch[]): Promise<T> {
  const root = packageRoot();
  const outfile = join(root, "dist", "mutants", `${name.replaceAll(/\W+/g, "-")}.mjs`);
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    packages: "external",
    platform: "node",
    target: "node20",
    format: "esm",
    sourcemap: "inline",
    logLevel: "silent",
    metafile: true,
    plugins: [patching(root, patches)],
  });
  const unused = patches.filter(({ file }) => metafile.inputs[file] === undefined);
  if (unused.length > 0) throw new Error(`nothing imports ${unused.map(({ file }) => file).join(", ")}`);
  return (await import(pathToFileURL(outfile).href)) as T;
}
