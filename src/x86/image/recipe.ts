/** What vpio itself decides of an image. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { z } from "zod";
import { LINUX_DRIVERS } from "../../devices/device.ts";
import { SCRIPTS } from "./files.ts";
import { sha256 } from "./manifest.ts";

/**
 * A console on the first serial port, where little is said; no tests of itself, no mitigations for processors that it
 * does not have; nothing cleared before its use. A panic resets the machine, which ends the guest.
 */
export const CMDLINE =
  "console=ttyS0 quiet loglevel=3 nokaslr cryptomgr.notests=1 mitigations=off init_on_alloc=0 panic=-1";

/** "0.5.462+g5f9a90f": a state can only be restored by the emulator that has saved it. */
export function v86Version(): string {
  const text = readFileSync(createRequire(import.meta.url).resolve("v86/package.json"), "utf8");
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}

/** Where an image comes from: Debian's packages, or the user's files by their sums. */
export type Source =
  | { readonly kind: "debian" }
  | { readonly kind: "own"; readonly kernel: string; readonly initrd: string; readonly bios: string };

export function recipeOf(source: Source): string {
  const parts = source.kind === "debian" ? { scripts: SCRIPTS, drivers: LINUX_DRIVERS } : {};
  return shortSum({ source, ...parts, cmdline: CMDLINE, v86: v86Version() });
}

export interface Identity {
  readonly name: string;
  readonly recipe: string;
  readonly packages: Readonly<Record<string, string>>;
  readonly memoryBytes: number;
}

/** The name of an image's folder in the cache. */
export const keyOf = ({ name, recipe, packages, memoryBytes }: Identity): string =>
  shortSum({ name, recipe, packages, memoryBytes });

const shortSum = (value: object): string => sha256(JSON.stringify(value)).slice(0, 16);
