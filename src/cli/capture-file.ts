/**
 * The file of `--pcap`, `--record` or `--output`: tried before the run, so that a path that cannot be written is known at
 * once; written beside its place when all of it is there, and moved there when it is whole. Until then there is nothing
 * that a command that ends early, or is killed, could leave behind.
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
  /** Of a device or a pipe, which is opened once only and written in its place; undefined of a file. */
  readonly #device: number | undefined;

  /** Throws a USAGE error when `path` cannot be written. */
  constructor(path: string) {
    this.#path = path;
    try {
      const there = statSync(path, { throwIfNoEntry: false });
      if (there?.isDirectory()) throw new Error("it is a folder");
      if (there === undefined || there.isFile()) trySpace(scratchOf(path));
      else this.#device = openSync(path, "w");
    } catch (error) {
      throw unwritable(path, error);
    }
  }

  /** Writes the whole file. Throws a USAGE error when there is no room for it. */
  write(chunks: Iterable<Uint8Array>): void {
    try {
      if (this.#device === undefined) replaceFile(this.#path, chunks);
      else writeAndClose(this.#device, chunks);
    } catch (error) {
      throw unwritable(this.#path, error);
    }
  }

  /** The same of a text, in UTF-8. */
  writeText(text: string): void {
    this.write([new TextEncoder().encode(text)]);
  }

  /** Nothing will be written. */
  discard(): void {
    if (this.#device !== undefined) closeSync(this.#device);
  }
}

const scratchOf = (path: string): string => `${path}.${process.pid}.part`;

function trySpace(scratch: string): void {
  closeSync(openSync(scratch, "w"));
  rmSync(scratch);
}

function replaceFile(path: string, chunks: Iterable<Uint8Array>): void {
  const scratch = scratchOf(path);
  try {
    writeAndClose(openSync(scratch, "w"), chunks);
    renameSync(scratch, path);
  } catch (error) {
    rmSync(scratch, { force: true });
    throw error;
  }
}

function writeAndClose(file: number, chunks: Iterable<Uint8Array>): void {
  try {
    for (const bytes of gathered(chunks)) {
      for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
    }
  } finally {
    closeSync(file);
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

/** Throws a USAGE error when one of `written` is the file that is read: what is in it would be lost. */
export function refuseOverwriting(read: string, written: readonly (string | undefined)[]): void {
  if (!existsSync(read)) return;
  const source = statSync(read);
  for (const path of written) {
    // What cannot be looked at is no file that is read; that it cannot be written is told when it is opened.
    const there = path !== undefined && existsSync(path) ? statSync(path) : undefined;
    if (there?.isFile() && there.ino === source.ino && there.dev === source.dev)
      throw new VpioError("USAGE", `${path}: cannot write it: it is the file that is read`);
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
