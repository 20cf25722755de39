/**
 * Archives in cpio's "newc" format: what the kernel unpacks into its first file system. The same files make the same
 * bytes: owners are root, times are zero, inodes are counted.
 */

export type CpioEntry = { readonly path: string } & (
  | { readonly kind: "folder" }
  | { readonly kind: "file"; readonly bytes: Uint8Array; readonly isExecutable: boolean }
  | { readonly kind: "link"; readonly target: string }
  | { readonly kind: "device"; readonly major: number; readonly minor: number }
);

const MAGIC = "070701";
const TRAILER = "TRAILER!!!";
const ALIGNMENT = 4;
/** The kinds of inodes, with their permissions. */
const MODE = {
  folder: 0o040755,
  file: 0o100644,
  executable: 0o100755,
  link: 0o120777,
  device: 0o020600,
} as const;

const encoder = new TextEncoder();

/** A folder comes before what is in it. */
export function cpioArchive(entries: readonly CpioEntry[]): Uint8Array<ArrayBuffer> {
  const parts = entries.flatMap((entry, i) =>
    record(entry.path, i + 1, modeOf(entry), contentOf(entry), deviceOf(entry)),
  );
  return concatenate([...parts, ...record(TRAILER, 0, 0, new Uint8Array(), [0, 0])]);
}

function modeOf(entry: CpioEntry): number {
  return entry.kind === "file" && entry.isExecutable ? MODE.executable : MODE[entry.kind];
}

function contentOf(entry: CpioEntry): Uint8Array {
  if (entry.kind === "file") return entry.bytes;
  return entry.kind === "link" ? encoder.encode(entry.target) : new Uint8Array();
}

const deviceOf = (entry: CpioEntry): readonly [major: number, minor: number] =>
  entry.kind === "device" ? [entry.major, entry.minor] : [0, 0];

/** A header of 13 fields with eight hexadecimal digits each, the name, the content; both padded. */
function record(
  path: string,
  inode: number,
  mode: number,
  content: Uint8Array,
  [major, minor]: readonly [number, number],
): Uint8Array[] {
  const name = encoder.encode(`${path}\0`);
  const [owner, group, links, time, checksum] = [0, 0, 1, 0, 0];
  const fields = [
    ...[inode, mode, owner, group, links, time, content.length, 0, 0, major, minor, name.length, checksum],
  ].map((field) => field.toString(16).padStart(8, "0"));
  const header = encoder.encode(`${MAGIC}${fields.join("")}`);
  return [header, name, padding(header.length + name.length), content, padding(content.length)];
}

const padding = (bytes: number): Uint8Array => new Uint8Array((ALIGNMENT - (bytes % ALIGNMENT)) % ALIGNMENT);

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
