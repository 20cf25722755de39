/** Makes one piece of code of each plug-in: its file, with all that it imports. */
import { basename, dirname, join } from "node:path";
import { type BuildFailure, build } from "esbuild";
import { VpioError } from "../base/errors.ts";
import type { Plugin } from "../scenario/scenario.ts";
import type { PluginCode } from "./plugin-device.ts";
import { packageRoot } from "./root.ts";

/** What plug-ins import from vpio, by its name. */
const DEVICE_API = "vpio/device";
const deviceApiFile = (): string => join(packageRoot(), "dist/src/devices/public.js");

/** Throws a PLUGIN error, with the place, when a file or what it imports cannot be read. */
export const bundlePlugins = (plugins: readonly Plugin[]): Promise<readonly PluginCode[]> =>
  Promise.all(plugins.map(bundle));

/** For no platform: a card has nothing to do with the machine that vpio runs on. */
async function bundle({ kind, file, path }: Plugin): Promise<PluginCode> {
  try {
    const { outputFiles } = await build({
      entryPoints: [path],
      absWorkingDir: dirname(path),
      alias: { [DEVICE_API]: deviceApiFile() },
      bundle: true,
      write: false,
      platform: "neutral",
      mainFields: ["module", "main"],
      format: "cjs",
      target: "node20",
      charset: "utf8",
      logLevel: "silent",
    });
    return { kind, file, code: outputFiles[0]?.text ?? "" };
  } catch (error) {
    throw new VpioError("PLUGIN", reasonOf(error, file, basename(path)));
  }
}

/** The first thing that is wrong, with its place; `file` is as the scenario calls `base`, which may import others. */
function reasonOf(error: unknown, file: string, base: string): string {
  const first = (error as Partial<BuildFailure>).errors?.[0];
  if (first === undefined) return `${file}: ${error instanceof Error ? error.message : String(error)}`;
  const { location, text } = first;
  if (location === null) return `${file}: ${text}`;
  const at = `:${location.line}:${location.column + 1}: ${text}`;
  return location.file === base ? `${file}${at}` : `${file}: ${location.file}${at}`;
}
