/**
 * The file of `--pcap`, `--record` or `--output`: opened before the run, so that a path that cannot be written is known at
 * once; written beside its place and moved there when it is whole.
 */
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { VpioError } from "../base/errors.ts";

/** Small chunks are gathered up to so many bytes. */
const GATHER_BYTES = 1 << 20;

export class CaptureFile {
  readonly #path: string;
  /** Where it is written; the path itself when that is a device or a pipe. */
  readonly #scratch: string;
  readonly #file: number;
  #open = true;

  /** Throws a USAGE error when `path` cannot be written. */
  constructor(path: string) {
    this.#path = path;
    try {
      const there = statSync(path, { throwIfNoEntry: false });
      if (there?.isDirectory()) throw new Error("it is a folder");
      this.#scratch = there === undefined || there.isFile() ? `${path}.${process.pid}.part` : path;
      this.#file = openSync(this.#scratch, "w");
    } catch (error) {
      throw unwritable(path, error);
    }
  }

  /** Writes the whole file. Throws a USAGE error when there is no room for it. */
  write(chunks: Iterable<Uint8Array>): void {
    try {
      for (const bytes of gathered(chunks)) {
        for (let done = 0; done < bytes.length; ) done += writeSync(this.#file, bytes, done);
      }
      this.#close();
      if (this.#scratch !== this.#path) renameSync(this.#scratch, this.#path);
    } catch (error) {
      this.discard();
      throw unwritable(this.#path, error);
    }
  }

  /** Leaves nothing behind: the run failed. */
  discard(): void {
    this.#close();
    if (this.#scratch !== this.#path) rmSync(this.#scratch, { force: true });
  }

  #close(): void {
    if (this.#open) closeSync(this.#file);
    this.#open = false;
  }
}

/** Throws a USAGE error when `path` cannot be written: before the work whose outcome it shall hold. */
export const requireWritable = (path: string): void => new CaptureFile(path).discard();

/** The same of a folder, which may still have to be made. */
export function requireWritableFolder(path: string): void {
  let there = resolve(path);
  while (!existsSync(there)) there = dirname(there);
  try {
    if (!statSync(there).isDirectory()) throw new Error(`${there} is no folder`);
    accessSync(there, constants.W_OK);
  } catch (error) {
    throw unwritable(path, error);
  }
}

function unwritable(path: string, error: unknown): VpioError {
  // "ENOENT: no such file or directory, open '...'": the rest names the scratch file.
  const why = error instanceof Error ? error.message.split(", ")[0] : String(error);
  return new VpioError("USAGE", `${path}: cannot write it: ${why}`);
}

function* gathered(chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
  let pending: Uint8Array[] = [];
  let bytes = 0;
  for (const chunk of chunks) {
    pending.push(chunk);
    bytes += chunk.length;
    if (bytes < GATHER_BYTES) continue;
    yield Buffer.concat(pending);
    pending = [];
    bytes = 0;
  }
  yield Buffer.concat(pending);
}
