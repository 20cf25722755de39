/** Archives, read back by a reader that knows only the format. */
import { describe, expect, it } from "vitest";
import { type CpioEntry, cpioArchive } from "../../../src/x86/image/cpio.ts";

interface Read {
  readonly path: string;
  readonly mode: number;
  readonly content: string;
  readonly device: readonly [number, number];
}

/** cpio(5), "New ASCII Format". */
function readArchive(bytes: Uint8Array): readonly Read[] {
  const text = Buffer.from(bytes).toString("latin1");
  const entries: Read[] = [];
  for (let at = 0; ; ) {
    expect(text.slice(at, at + 6)).toBe("070701");
    const field = (n: number): number => Number.parseInt(text.slice(at + 6 + 8 * n, at + 14 + 8 * n), 16);
    const [size, nameBytes] = [field(6), field(11)];
    const path = text.slice(at + 110, at + 110 + nameBytes - 1);
    expect(text[at + 110 + nameBytes - 1]).toBe("\0");
    const content = at + Math.ceil((110 + nameBytes) / 4) * 4;
    if (path === "TRAILER!!!") {
      expect(content).toBe(bytes.length);
      return entries;
    }
    const device = [field(9), field(10)] as const;
    entries.push({ path, mode: field(1), content: text.slice(content, content + size), device });
    at = content + Math.ceil(size / 4) * 4;
  }
}

const bytes = (text: string): Uint8Array => Buffer.from(text);
const ENTRIES: readonly CpioEntry[] = [
  { kind: "folder", path: "bin" },
  { kind: "file", path: "bin/tool", bytes: bytes("#!/bin/sh\n"), isExecutable: true },
  { kind: "link", path: "bin/sh", target: "tool" },
  { kind: "device", path: "console", major: 5, minor: 1 },
  { kind: "file", path: "empty", bytes: bytes(""), isExecutable: false },
  { kind: "file", path: "four", bytes: bytes("1234"), isExecutable: false },
];

describe("an archive", () => {
  it("has folders, files, links and devices", () => {
    const none = [0, 0];
    expect(readArchive(cpioArchive(ENTRIES))).toEqual([
      { path: "bin", mode: 0o040755, content: "", device: none },
      { path: "bin/tool", mode: 0o100755, content: "#!/bin/sh\n", device: none },
      { path: "bin/sh", mode: 0o120777, content: "tool", device: none },
      { path: "console", mode: 0o020600, content: "", device: [5, 1] },
      { path: "empty", mode: 0o100644, content: "", device: none },
      { path: "four", mode: 0o100644, content: "1234", device: none },
    ]);
  });

  it("of the same files is the same", () => {
    expect(cpioArchive(ENTRIES)).toEqual(cpioArchive(structuredClone(ENTRIES)));
  });
});
