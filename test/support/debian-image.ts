/** The image of Debian's packages for tests: in the user's own cache, built once for all of them. */

import { VpioError } from "../../src/base/errors.ts";
import { DEBIAN_IMAGE, LINUX_MEMORY_BYTES } from "../../src/scenario/scenario.ts";
import { buildGuestImage } from "../../src/x86/image/build.ts";
import { guestsFolder } from "../../src/x86/image/cache.ts";
import { type GuestImage, loadGuestImage } from "../../src/x86/image/load.ts";

/** For the hook that asks for the image: it may have to be downloaded and booted, or somebody else's build be waited for. */
export const IMAGE_LIMIT_MS = 600_000;

/** Undefined, said loudly, where it cannot be built; in CI that is an error. */
export async function debianImage(memoryBytes = LINUX_MEMORY_BYTES.usual): Promise<GuestImage | undefined> {
  try {
    await buildGuestImage({
      name: DEBIAN_IMAGE,
      memoryBytes,
      own: undefined,
      force: false,
      folder: guestsFolder(),
      signal: new AbortController().signal,
      onProgress: () => {},
    });
    return await loadGuestImage({ memoryBytes });
  } catch (error) {
    if (process.env["CI"] || !(error instanceof VpioError) || error.code !== "GUEST_IMAGE") throw error;
    console.warn(`SKIPPED: tests with Linux guests, for there is no image.\n${error.message}`);
    return undefined;
  }
}
