/** The files that runs are kept in, as commands take them. */
import { readFileSync } from "node:fs";
import { VpioError } from "../base/errors.ts";
import { packageVersion } from "../engine/root.ts";
import type { Terminal } from "./terminal.ts";

/** Throws a USAGE error when the file cannot be read. */
export function textOfFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new VpioError("USAGE", `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** `vpio`: the version that has written the file. */
export function warnOfVersion(vpio: string, file: string, { err }: Terminal): void {
  if (vpio !== packageVersion())
    err(`${file} was written by vpio ${vpio}, this is ${packageVersion()}: it may diverge\n`);
}
