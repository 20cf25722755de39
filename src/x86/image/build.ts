/** Builds an image: fetches what it is made of, boots it once, saves the machine, keeps all of it in the cache. */

import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { VpioError } from "../../base/errors.ts";
import { DEBIAN_IMAGE } from "../../scenario/scenario.ts";
import { checkMemory, isBzImage } from "../machine.ts";
import { bootToReady } from "./boot.ts";
import { type CachedImage, cachedImages, keepImage, withBuildFolder } from "./cache.ts";
import { initialRamDisk } from "./initrd.ts";
import { isCurrent, readChecked } from "./load.ts";
import { withLock } from "./lock.ts";
import { MANIFEST_VERSION, type Manifest, sha256, sumOf } from "./manifest.ts";
import { fetchBios, fetchDebianParts } from "./packages.ts";
import { CMDLINE, keyOf, recipeOf, type Source, v86Version } from "./recipe.ts";

/** The user's files. */
export interface OwnFiles {
  readonly kernel: string;
  readonly initrd: string;
  /** Debian's SeaBIOS unless given. */
  readonly bios: string | undefined;
}

export interface BuildOptions {
  readonly name: string;
  readonly memoryBytes: number;
  /** Undefined: of Debian's packages. */
  readonly own: OwnFiles | undefined;
  /** Builds what is there already, too, of the packages as they are now. */
  readonly force: boolean;
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

/** What it took. */
export interface BuildCosts {
  readonly downloadedBytes: number;
  readonly downloadMs: number;
  readonly bootMs: number;
  readonly saveMs: number;
}

export interface Built {
  readonly image: CachedImage;
  /** Undefined: it was there. */
  readonly costs: BuildCosts | undefined;
}

/** A slow machine needs a minute. */
const BOOT_LIMIT_MS = 300_000;

/** What a machine boots from. */
interface Parts {
  readonly source: Source;
  readonly packages: Readonly<Record<string, string>>;
  readonly downloadedBytes: number;
  readonly bios: Uint8Array;
  readonly kernel: Uint8Array;
  readonly initrd: Uint8Array;
}

/** Throws USAGE and GUEST_IMAGE errors. Nothing is left of a build that fails. */
export async function buildGuestImage(options: BuildOptions): Promise<Built> {
  checkMemory(options.memoryBytes);
  checkName(options.name, options.own);
  const { folder, force, signal, onProgress } = options;
  const onWait = (): void => onProgress("waiting for another build");
  try {
    return await withLock(folder, { signal, onWait }, async () => {
      const present = force ? undefined : await presentImage(options);
      if (present !== undefined) return { image: present, costs: undefined };
      return withBuildFolder(folder, (inside) => build(options, inside));
    });
  } catch (error) {
    throw isOfTheSystem(error) ? new VpioError("GUEST_IMAGE", error.message) : error;
  }
}

/** No room, no right, no folder: "ENOSPC: no space left on device, write". */
const isOfTheSystem = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && "syscall" in error && "errno" in error;

async function presentImage(options: BuildOptions): Promise<CachedImage | undefined> {
  const recipe = options.own && recipeOf((await readOwnFiles(options.own)).source);
  return (await imagesNamed(options)).find(
    ({ manifest }) =>
      manifest.memoryBytes === options.memoryBytes && (recipe === undefined || manifest.recipe === recipe),
  );
}

async function imagesNamed({ folder, name, onProgress }: BuildOptions): Promise<readonly CachedImage[]> {
  const images = await cachedImages(folder, (error) => onProgress(`damaged: ${error.message}`));
  return images.filter(({ manifest }) => manifest.name === name && isCurrent(manifest));
}

async function build(options: BuildOptions, inside: string): Promise<Built> {
  const { name, memoryBytes, folder, signal, onProgress } = options;
  const beganMs = performance.now();
  const parts = await partsFor(options, inside);
  const downloadMs = performance.now() - beganMs;
  const booted = await bootToReady({
    ...{ ...parts, cmdline: CMDLINE, memoryBytes, limitMs: BOOT_LIMIT_MS, signal, onProgress },
  });
  onProgress("saving");
  const identity = { name, recipe: recipeOf(parts.source), packages: parts.packages, memoryBytes };
  const files = { ...parts, state: booted.state };
  const manifest: Manifest = {
    version: MANIFEST_VERSION,
    key: keyOf(identity),
    ...identity,
    built: new Date().toISOString(),
    v86: v86Version(),
    cmdline: CMDLINE,
    files: {
      bios: sumOf(files.bios),
      kernel: sumOf(files.kernel),
      initrd: sumOf(files.initrd),
      state: sumOf(files.state),
    },
  };
  signal.throwIfAborted();
  const { bootMs, saveMs } = booted;
  return {
    image: await keepImage(folder, inside, manifest, files),
    costs: { downloadedBytes: parts.downloadedBytes, downloadMs, bootMs, saveMs },
  };
}

async function partsFor(options: BuildOptions, inside: string): Promise<Parts> {
  if (options.own !== undefined) return ownParts(options, options.own, inside);
  const sibling = options.force ? undefined : (await imagesNamed(options))[0];
  return sibling === undefined ? debianParts(options, inside) : partsOf(sibling);
}

/** The same image for more or less memory: only its boot is another one. */
async function partsOf(image: CachedImage): Promise<Parts> {
  return {
    source: { kind: "debian" },
    packages: image.manifest.packages,
    downloadedBytes: 0,
    bios: await readChecked(image, "bios"),
    kernel: await readChecked(image, "kernel"),
    initrd: await readChecked(image, "initrd"),
  };
}

async function debianParts({ signal, onProgress }: BuildOptions, inside: string): Promise<Parts> {
  const fetched = await fetchDebianParts({ folder: await workFolder(inside), signal, onProgress });
  const { versions, downloadedBytes, bios, kernel } = fetched;
  const initrd = initialRamDisk(fetched);
  return { source: { kind: "debian" }, packages: versions, downloadedBytes, bios, kernel, initrd };
}

async function workFolder(inside: string): Promise<string> {
  const folder = join(inside, "packages");
  await mkdir(folder);
  return folder;
}

async function ownParts({ signal, onProgress }: BuildOptions, own: OwnFiles, inside: string): Promise<Parts> {
  const { source, kernel, initrd, bios: given } = await readOwnFiles(own);
  const bios = given ?? (await fetchBios({ folder: await workFolder(inside), signal, onProgress }));
  const downloadedBytes = given === undefined ? bios.length : 0;
  return { source, packages: {}, downloadedBytes, bios, kernel, initrd };
}

async function readOwnFiles(own: OwnFiles) {
  const kernel = await readGiven(own.kernel);
  if (!isBzImage(kernel))
    throw new VpioError("GUEST_IMAGE", `${own.kernel}: found no kernel of x86, expected a bzImage`);
  const initrd = await readGiven(own.initrd);
  const bios = own.bios === undefined ? undefined : await readGiven(own.bios);
  const sums = { kernel: sha256(kernel), initrd: sha256(initrd), bios: bios ? sha256(bios) : "seabios" };
  const source: Source = { kind: "own", ...sums };
  return { source, kernel, initrd, bios };
}

async function readGiven(file: string): Promise<Uint8Array> {
  return readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new VpioError(
      "GUEST_IMAGE",
      `${file}: ${error.code === "ENOENT" ? "no such file" : error.message}`,
    );
  });
}

/** Names that the user may give to images of their own. */
function checkName(name: string, own: OwnFiles | undefined): void {
  if ((name === DEBIAN_IMAGE) === (own === undefined)) return;
  throw new VpioError(
    "USAGE",
    own === undefined
      ? `found --name ${name} without --kernel and --initrd: the image of Debian's packages is '${DEBIAN_IMAGE}'`
      : `'${DEBIAN_IMAGE}' is the image of Debian's packages, expected --name with another name for your own`,
  );
}
