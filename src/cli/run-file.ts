/** The files that runs are kept in, as commands take them. */
import { packageVersion } from "../engine/root.ts";
import type { Terminal } from "./terminal.ts";

/** `vpio`: the version that has written the file. */
export function warnOfVersion(vpio: string, file: string, { err }: Terminal): void {
  if (vpio !== packageVersion())
    err(`${file} was written by vpio ${vpio}, this is ${packageVersion()}: it may diverge\n`);
}
