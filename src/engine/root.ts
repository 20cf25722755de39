/** Where vpio is installed: the folder with its package.json, its scenarios/ and its dist/. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { VpioError } from "../base/errors.ts";

const manifestSchema = z.object({ name: z.string(), version: z.string() });
type Manifest = z.infer<typeof manifestSchema>;

/** The manifest in `folder`; undefined when there is none, or another package's. */
function manifestIn(folder: string): Manifest | undefined {
  const path = join(folder, "package.json");
  if (!existsSync(path)) return undefined;
  const { success, data } = manifestSchema.safeParse(JSON.parse(readFileSync(path, "utf8")));
  return success && data.name === "vpio" ? data : undefined;
}

/** Walks up from this file, which is in src/engine/ of the sources or bundled somewhere below dist/. */
function find(): { readonly folder: string; readonly manifest: Manifest } {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    const manifest = manifestIn(folder);
    if (manifest !== undefined) return { folder, manifest };
    const parent = dirname(folder);
    if (parent === folder)
      throw new VpioError("INTERNAL", "found no package.json of vpio above its own code");
    folder = parent;
  }
}

/** The root folder of the installed package, absolute. */
export const packageRoot = (): string => find().folder;

/** "0.1.0". */
export const packageVersion = (): string => find().manifest.version;
