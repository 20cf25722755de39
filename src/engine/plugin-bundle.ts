/** Makes one piece of code of each plug-in: its file, with all that it imports. */
import { dirname, join } from "node:path";
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
    throw new VpioError("PLUGIN", `${file}: ${reasonOf(error)}`);
  }
}

/** The first thing that is wrong, with its place: it may be in a file that the plug-in imports. */
function reasonOf(error: unknown): string {
  const first = (error as Partial<BuildFailure>).errors?.[0];
  if (first === undefined) return String(error);
  const { location, text } = first;
  return location === null ? text : `${location.file}:${location.line}:${location.column + 1}: ${text}`;
}
