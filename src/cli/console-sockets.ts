/**
 * Where the consoles of a run are: a folder for each `vpio run` that has any, named after its process, with a UNIX socket
 * for each guest. Only the user can look in.
 */
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { VpioError } from "../base/errors.ts";

const SUFFIX = ".console";
/** Of sun_path in a socket's address, without the byte that ends it. */
const PATH_BYTES_MAX = process.platform === "linux" ? 107 : 103;

/** A console that can be connected to. */
export interface ConsoleSocket {
  readonly pid: number;
  readonly guest: string;
  readonly path: string;
}

/** The folder of all runs of this user. */
export function consolesFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const runtime = environment["XDG_RUNTIME_DIR"];
  return runtime ? join(runtime, "vpio") : join(tmpdir(), `vpio-${userInfo().uid}`);
}

/** Makes the folder of a run, and removes those of runs that are no more. */
export function openRunFolder(folder: string, pid: number): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(folder)) {
    if (isRun(name) && !isAlive(Number(name))) rmSync(join(folder, name), { recursive: true, force: true });
  }
  const own = join(folder, String(pid));
  rmSync(own, { recursive: true, force: true });
  mkdirSync(own, { mode: 0o700 });
  return own;
}

/** Throws a USAGE error when it is longer than the path of a socket may be: it would be cut, and be somewhere else. */
export function socketPath(runFolder: string, guest: string): string {
  const path = join(runFolder, `${guest}${SUFFIX}`);
  if (Buffer.byteLength(path) <= PATH_BYTES_MAX) return path;
  throw new VpioError(
    "USAGE",
    `${path}: found a path of ${Buffer.byteLength(path)} bytes for a console, expected at most ${PATH_BYTES_MAX}: set XDG_RUNTIME_DIR to a shorter one`,
  );
}

/** The consoles of all runs that are under way. */
export function findConsoles(folder: string): readonly ConsoleSocket[] {
  return namesIn(folder)
    .filter((name) => isRun(name) && isAlive(Number(name)))
    .flatMap((run) =>
      namesIn(join(folder, run))
        .filter((file) => file.endsWith(SUFFIX))
        .map((file) => ({
          pid: Number(run),
          guest: file.slice(0, -SUFFIX.length),
          path: join(folder, run, file),
        })),
    );
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).toSorted();
  } catch {
    return [];
  }
}

const isRun = (name: string): boolean => /^\d+$/.test(name);

/** Signal 0 only asks. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
