/** The images of this user: a folder each, complete or not there. */
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { VpioError } from "../../base/errors.ts";
import { IMAGE_FILES, type ImageFile, MANIFEST_FILE, type Manifest, parseManifest } from "./manifest.ts";

/** What XDG's base directories say: a relative path counts as none. */
export function guestsFolder(env: NodeJS.ProcessEnv = process.env): string {
  const cache = env["XDG_CACHE_HOME"];
  return join(cache && isAbsolute(cache) ? cache : join(homedir(), ".cache"), "vpio", "guests");
}

const BUILDING = ".building-";
/** A build that was killed leaves its folder; none takes so long. */
const ABANDONED_MS = 3_600_000;

export interface CachedImage {
  readonly folder: string;
  readonly manifest: Manifest;
}

/** The newest first. What is damaged is reported to `onDamage`, and left out. */
export async function cachedImages(
  folder: string,
  onDamage: (error: VpioError) => void,
): Promise<readonly CachedImage[]> {
  const images: CachedImage[] = [];
  for (const name of await namesIn(folder)) {
    if (name.startsWith(".")) continue;
    const file = join(folder, name, MANIFEST_FILE);
    try {
      images.push({
        folder: join(folder, name),
        manifest: parseManifest(await readFile(file, "utf8"), file),
      });
    } catch (error) {
      onDamage(damage(error, file));
    }
  }
  return images.sort((a, b) => (a.manifest.built < b.manifest.built ? 1 : -1));
}

function damage(error: unknown, file: string): VpioError {
  if (error instanceof VpioError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new VpioError("GUEST_IMAGE", `${file}: ${why}`);
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new VpioError("GUEST_IMAGE", `${folder}: ${(error as Error).message}`);
  }
}

/** A folder to build in, beside the images, so that it can become one of them by being renamed. */
export async function withBuildFolder<T>(folder: string, work: (inside: string) => Promise<T>): Promise<T> {
  await mkdir(folder, { recursive: true });
  await removeAbandoned(folder);
  const inside = await mkdtemp(join(folder, BUILDING));
  try {
    return await work(inside);
  } finally {
    await rm(inside, { recursive: true, force: true });
  }
}

async function removeAbandoned(folder: string): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (!name.startsWith(BUILDING)) continue;
    const { mtimeMs } = await stat(join(folder, name));
    if (Date.now() - mtimeMs > ABANDONED_MS) await rm(join(folder, name), { recursive: true, force: true });
  }
}

/** Puts an image into the cache, in one step: in the place of one with the same key. */
export async function keepImage(
  folder: string,
  inside: string,
  manifest: Manifest,
  files: Readonly<Record<ImageFile, Uint8Array>>,
): Promise<CachedImage> {
  const made = join(inside, "image");
  await mkdir(made);
  for (const name of IMAGE_FILES) await writeFile(join(made, name), files[name]);
  await writeFile(join(made, MANIFEST_FILE), `${JSON.stringify(manifest, null, 2)}\n`);
  const place = join(folder, manifest.key);
  await rename(place, join(inside, `replaced-${randomUUID()}`)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  await rename(made, place);
  return { folder: place, manifest };
}
