/** Images in a cache: built, found again, damaged, interrupted. The guests are our own, and small. */
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { VpioError } from "../../../src/base/errors.ts";
import { bootToReady } from "../../../src/x86/image/boot.ts";
import { buildGuestImage } from "../../../src/x86/image/build.ts";
import { cachedImages, guestsFolder } from "../../../src/x86/image/cache.ts";
import { loadGuestImage } from "../../../src/x86/image/load.ts";
import { MONITOR } from "../monitor.ts";
import { HALTING, LOOPING, ownBuild, ownFiles, READY, RESETTING, removeOwnFiles } from "./own-guest.ts";

const MIB = 2 ** 20;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vpio-guests-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  removeOwnFiles();
});

const noDamage = (error: VpioError): never => {
  throw error;
};
const load = (memoryBytes = 72 * MIB) => loadGuestImage({ name: "mine", memoryBytes, folder });

/** The GUEST_IMAGE error that `work` ends with. */
async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(() => undefined).catch((error: unknown) => error);
  if (!(error instanceof VpioError)) throw new Error(`found ${String(error)}, expected a refusal`);
  expect([error.code, error.exitCode]).toEqual(["GUEST_IMAGE", 2]);
  return error.message;
}

describe("an image", () => {
  it("is built once, and loaded as it was built", async () => {
    const own = ownFiles(READY);
    const built = await buildGuestImage(ownBuild(folder, own));
    expect(built.costs?.downloadedBytes).toBe(0);
    const image = await load();
    expect(Buffer.from(image.kernel)).toEqual(readFileSync(own.kernel));
    expect(Buffer.from(image.bios)).toEqual(readFileSync(own.bios));
    expect(image.state.length).toBeGreaterThan(1000);
    expect(image.state.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect(image.memoryBytes).toBe(72 * MIB);

    const again = await buildGuestImage(ownBuild(folder, own));
    expect(again).toEqual({ image: built.image, costs: undefined });
    expect(readdirSync(folder)).toEqual([built.image.manifest.key]);
  });

  it("is built anew when told so, or of other files", async () => {
    const first = await buildGuestImage(ownBuild(folder, ownFiles(READY)));
    const forced = await buildGuestImage({ ...ownBuild(folder, ownFiles(READY)), force: true });
    expect(forced.costs).toBeDefined();
    expect(forced.image.manifest.key).toBe(first.image.manifest.key);
    const other = ownFiles(READY);
    writeFileSync(other.initrd, "another");
    const third = await buildGuestImage(ownBuild(folder, other));
    expect(third.image.manifest.key).not.toBe(first.image.manifest.key);
    expect((await load()).manifest.key).toBe(third.image.manifest.key);
    expect(readdirSync(folder)).toHaveLength(2);
  });

  it("is another one for other memory", async () => {
    const own = ownFiles(READY);
    await buildGuestImage(ownBuild(folder, own));
    expect(await refusal(load(96 * MIB))).toMatch(
      /found no guest image 'mine' for 96MiB .* is for 72MiB\); run: vpio guest build --name mine .* --memory 96MiB/,
    );
    await buildGuestImage({ ...ownBuild(folder, own), memoryBytes: 96 * MIB });
    expect((await load(96 * MIB)).memoryBytes).toBe(96 * MIB);
    expect((await load()).memoryBytes).toBe(72 * MIB);
  });

  it("that is not there is asked for", async () => {
    const none = join(folder, "none");
    expect(await refusal(loadGuestImage({ folder: none }))).toBe(
      `found no guest image 'debian' for 80MiB of memory (${none}); run: vpio guest build`,
    );
  });

  it("is built once by many at a time", async () => {
    const own = ownFiles(READY);
    const built = await Promise.all(
      Array.from({ length: 4 }, () => buildGuestImage({ ...ownBuild(folder, own) })),
    );
    expect(built.filter(({ costs }) => costs !== undefined)).toHaveLength(
      process.platform === "linux" ? 1 : 4,
    );
    expect(readdirSync(folder)).toHaveLength(1);
  });

  it("of another emulator is not taken", async () => {
    const { image } = await buildGuestImage(ownBuild(folder, ownFiles(READY)));
    const file = join(image.folder, "manifest.json");
    writeFileSync(file, readFileSync(file, "utf8").replace(image.manifest.v86, "0.5.1"));
    expect(await refusal(load())).toContain("was built by another version of vpio");
  });
});

describe("a damaged image", () => {
  it.each([
    ["a byte that is another one", (file: string) => flipByte(file), /state: found SHA-256/],
    [
      "a file that is too short",
      (file: string) => writeFileSync(file, "x"),
      /state: found 1 bytes, expected/,
    ],
    ["a file that is gone", (file: string) => rmSync(file), /state: ENOENT/],
  ])("is named, with what to do: %s", async (_what, damage, message) => {
    const { image } = await buildGuestImage(ownBuild(folder, ownFiles(READY)));
    damage(join(image.folder, "state"));
    const said = await refusal(load());
    expect(said).toMatch(message);
    expect(said).toMatch(/run: vpio guest build --name mine .* --force$/);
  });

  it.each([
    ["no JSON", "{", "found no JSON"],
    ["another version", '{"version":2}', "version"],
    ["nothing of what it should have", '{"version":1}', "key"],
  ])("is named when its manifest is %s", async (_what, text, message) => {
    const { image } = await buildGuestImage(ownBuild(folder, ownFiles(READY)));
    writeFileSync(join(image.folder, "manifest.json"), text);
    expect(await refusal(load())).toContain(message);
  });

  it("does not keep others from being listed, nor itself from being built anew", async () => {
    const { image } = await buildGuestImage(ownBuild(folder, ownFiles(READY)));
    await mkdir(join(folder, "stray"));
    const damages: string[] = [];
    expect(await cachedImages(folder, (error) => damages.push(error.message))).toEqual([image]);
    expect(damages).toEqual([expect.stringContaining("stray/manifest.json")]);
    rmSync(join(folder, "stray"), { recursive: true });
    flipByte(join(image.folder, "state"));
    await buildGuestImage({ ...ownBuild(folder, ownFiles(READY)), force: true });
    expect((await load()).state.length).toBeGreaterThan(1000);
  });
});

function flipByte(file: string): void {
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1] = ~(bytes[bytes.length >> 1] ?? 0);
  writeFileSync(file, bytes);
}

describe("a build that fails", () => {
  it.each([
    ["resets itself", RESETTING, "the guest has reset itself"],
    ["halts for good", HALTING, "the guest has halted for good"],
  ])("leaves nothing: the guest %s", async (_what, bios, message) => {
    expect(await refusal(buildGuestImage(ownBuild(folder, ownFiles(bios))))).toContain(message);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("does not wait for ever", async () => {
    const options = { ...MONITOR, bios: LOOPING, limitMs: 50, signal: new AbortController().signal };
    const boot = bootToReady({ ...options, onProgress: () => {} });
    expect(await refusal(boot)).toContain("has not said @ready on ttyS1 within");
  });

  it("leaves nothing when it is interrupted", async () => {
    const controller = new AbortController();
    const onProgress = (text: string): void => {
      if (text.startsWith("booting")) controller.abort();
    };
    const options = { ...ownBuild(folder, ownFiles(LOOPING)), signal: controller.signal, onProgress };
    await expect(buildGuestImage(options)).rejects.toThrow("aborted");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is cleaned up after, when it was killed long ago", async () => {
    const [old, young] = [join(folder, ".building-old"), join(folder, ".building-young")];
    await mkdir(join(old, "packages"), { recursive: true });
    await mkdir(young);
    const longAgo = Date.now() / 1000 - 100_000;
    utimesSync(old, longAgo, longAgo);
    await buildGuestImage(ownBuild(folder, ownFiles(READY)));
    expect([existsSync(old), existsSync(young)]).toEqual([false, true]);
    expect(await cachedImages(folder, noDamage)).toHaveLength(1);
  });

  it.each([["a kernel that is none", "kernel", "found no kernel of x86, expected a bzImage"]] as const)(
    "names the file: %s",
    async (_what, name, message) => {
      const own = ownFiles(READY);
      writeFileSync(own[name], "x");
      expect(await refusal(buildGuestImage(ownBuild(folder, own)))).toBe(`${own[name]}: ${message}`);
    },
  );

  it("names the file that is not there", async () => {
    const own = { ...ownFiles(READY), initrd: join(folder, "nowhere") };
    expect(await refusal(buildGuestImage(ownBuild(folder, own)))).toBe(`${folder}/nowhere: no such file`);
  });
});

describe("the cache", () => {
  it("is where XDG says, and in the home folder otherwise", () => {
    expect(guestsFolder({ XDG_CACHE_HOME: "/somewhere" })).toBe("/somewhere/vpio/guests");
    expect(guestsFolder({ XDG_CACHE_HOME: "relative" })).toMatch(/^\/.*\/\.cache\/vpio\/guests$/);
    expect(guestsFolder({})).toMatch(/^\/.*\/\.cache\/vpio\/guests$/);
  });
});
