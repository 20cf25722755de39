/** Images for whoever runs guests: found in the cache, and checked. */

import { open } from "node:fs/promises";
import { join } from "node:path";
import { VpioError } from "../../base/errors.ts";
import { exactSize } from "../../base/units.ts";
import { DEBIAN_IMAGE, LINUX_MEMORY_BYTES } from "../../scenario/scenario.ts";
import { type CachedImage, cachedImages, guestsFolder } from "./cache.ts";
import { type ImageFile, type Manifest, sumOf } from "./manifest.ts";
import { recipeOf, v86Version } from "./recipe.ts";

type SharedBytes = Uint8Array<SharedArrayBuffer>;

/** What an x86 machine is made of; the bytes are shared memory, so that threads can be given them. */
export interface GuestImage extends Readonly<Record<ImageFile, SharedBytes>> {
  readonly cmdline: string;
  readonly memoryBytes: number;
  readonly manifest: Manifest;
}

export interface ImageChoice {
  /** As `vpio guest build --name` has it; that of Debian's packages unless told otherwise. */
  readonly name?: string | undefined;
  readonly memoryBytes?: number | undefined;
  /** Where the images are, if not in the user's cache. */
  readonly folder?: string | undefined;
}

/** Throws a GUEST_IMAGE error that says what to do when the image is not there, or not as it was built. */
export async function loadGuestImage(choice: ImageChoice = {}): Promise<GuestImage> {
  const { name = DEBIAN_IMAGE, memoryBytes = LINUX_MEMORY_BYTES.usual, folder = guestsFolder() } = choice;
  const damages: VpioError[] = [];
  const images = await cachedImages(folder, (error) => damages.push(error));
  const image = images.find(
    ({ manifest }) => manifest.name === name && manifest.memoryBytes === memoryBytes && isCurrent(manifest),
  );
  if (image !== undefined) return readImage(image);
  const other = images.find(({ manifest }) => manifest.name === name);
  const what = `guest image '${name}' for ${exactSize(memoryBytes)} of memory`;
  const why = damages[0]?.message ?? (other === undefined ? folder : reasonAgainst(other, memoryBytes));
  throw new VpioError("GUEST_IMAGE", `found no ${what} (${why}); run: ${buildCommand(name, memoryBytes)}`);
}

/** Made by this version of vpio, for this version of v86. */
export function isCurrent({ name, recipe, v86 }: Manifest): boolean {
  return v86 === v86Version() && (name !== DEBIAN_IMAGE || recipe === recipeOf({ kind: "debian" }));
}

function reasonAgainst({ folder, manifest }: CachedImage, memoryBytes: number): string {
  if (manifest.memoryBytes !== memoryBytes) return `${folder} is for ${exactSize(manifest.memoryBytes)}`;
  return `${folder} was built by another version of vpio`;
}

export function buildCommand(name: string, memoryBytes: number): string {
  const own = name === DEBIAN_IMAGE ? "" : ` --name ${name} --kernel FILE --initrd FILE`;
  const memory = memoryBytes === LINUX_MEMORY_BYTES.usual ? "" : ` --memory ${exactSize(memoryBytes)}`;
  return `vpio guest build${own}${memory}`;
}

export async function readImage(image: CachedImage): Promise<GuestImage> {
  const { manifest } = image;
  const [bios, kernel, initrd, state] = await Promise.all([
    readChecked(image, "bios"),
    readChecked(image, "kernel"),
    readChecked(image, "initrd"),
    readChecked(image, "state"),
  ]);
  const { cmdline, memoryBytes } = manifest;
  return { bios, kernel, initrd, state, cmdline, memoryBytes, manifest };
}

/** A file of an image. Throws a GUEST_IMAGE error when it is not as it was built. */
export async function readChecked({ folder, manifest }: CachedImage, name: ImageFile): Promise<SharedBytes> {
  const file = join(folder, name);
  const refuse = (what: string): VpioError => {
    const command = `${buildCommand(manifest.name, manifest.memoryBytes)} --force`;
    return new VpioError("GUEST_IMAGE", `${file}: ${what}; run: ${command}`);
  };
  const bytes = await readShared(file).catch((error: Error) => {
    throw refuse(error.message);
  });
  const [found, expected] = [sumOf(bytes), manifest.files[name]];
  if (found.bytes !== expected.bytes) throw refuse(`found ${found.bytes} bytes, expected ${expected.bytes}`);
  if (found.sha256 !== expected.sha256)
    throw refuse(`found SHA-256 ${found.sha256}, expected ${expected.sha256}`);
  return bytes;
}

async function readShared(file: string): Promise<SharedBytes> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const bytes = new Uint8Array(new SharedArrayBuffer(size));
    for (let at = 0; at < size; ) {
      const { bytesRead } = await handle.read(bytes, at, size - at, at);
      if (bytesRead === 0) break;
      at += bytesRead;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}
