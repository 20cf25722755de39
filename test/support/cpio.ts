/** Archives in cpio's "newc" format, as the Linux kernel unpacks them at boot. */

export interface CpioFile {
  /** Without a slash before it; its folders come before it. */
  readonly path: string;
  /** Undefined: a folder. */
  readonly bytes: Uint8Array | undefined;
}

const FOLDER_MODE = 0o040755;
const FILE_MODE = 0o100755;
const ALIGNMENT = 4;

const padded = (bytes: Buffer): Buffer =>
  Buffer.concat([bytes, Buffer.alloc((ALIGNMENT - (bytes.length % ALIGNMENT)) % ALIGNMENT)]);

function entry(path: string, inode: number, mode: number, bytes: Uint8Array): Buffer {
  const name = Buffer.from(`${path}\0`);
  const links = 1;
  const fields = [inode, mode, 0, 0, links, 0, bytes.length, 0, 0, 0, 0, name.length, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`;
  return Buffer.concat([padded(Buffer.concat([Buffer.from(header), name])), padded(Buffer.from(bytes))]);
}

export function cpioOf(files: readonly CpioFile[]): Buffer {
  const entries = files.map(({ path, bytes }, index) =>
    entry(path, index + 1, bytes === undefined ? FOLDER_MODE : FILE_MODE, bytes ?? new Uint8Array()),
  );
  return Buffer.concat([...entries, entry("TRAILER!!!", 0, 0, new Uint8Array())]);
}
