/** vpio installed somewhere else with a defect in it: for tests of what happens when a property is violated. */
import { copyFileSync, mkdtempSync, readFileSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Plugin } from "esbuild";
import { buildAll } from "../../scripts/build.mjs";
import { packageRoot } from "../../src/engine/root.ts";

export interface Defect {
  /** From the root. */
  readonly file: string;
  /** Is there exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** The card is saved as soon as the policy says so, whatever its owner is doing. */
export const REVOKE_NOT_AWAITED: Defect = {
  file: "actors/arbiter.ts",
  find: 'REVOKE: "#arbiter.revoking"',
  replace: 'REVOKE: "#arbiter.settling"',
};

/** Answers its root; whoever asks for it removes it. */
export async function installMutant(defect: Defect): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), "vpio-mutant-"));
  copyFileSync(join(packageRoot(), "package.json"), join(root, "package.json"));
  symlinkSync(join(packageRoot(), "node_modules"), join(root, "node_modules"));
  await buildAll(join(root, "dist"), [planting(defect)]);
  return root;
}

const planting = ({ file, find, replace }: Defect): Plugin => ({
  name: "planting",
  setup(bundler) {
    bundler.onLoad({ filter: /\.ts$/ }, ({ path }) => {
      if (path !== join(packageRoot(), file)) return undefined;
      const parts = readFileSync(path, "utf8").split(find);
      if (parts.length !== 2)
        throw new Error(`${file}: found '${find}' ${parts.length - 1} times, expected once`);
      return { contents: parts.join(replace), loader: "ts" };
    });
  },
});
