/** The least that can be built as a guest of one's own: its BIOS is all there is of it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BuildOptions, OwnFiles } from "../../../src/x86/image/build.ts";
import { biosOf, emptyKernel } from "../monitor.ts";

/** Masks all interrupts, writes a text to COM2, and waits for ever. */
export const saying = (text: string): Uint8Array =>
  biosOf([
    ...[0xb0, 0xff, 0xe6, 0x21, 0xe6, 0xa1], // mov $0xff, %al; out %al, $0x21; out %al, $0xa1
    ...[0xbe, 0x19, 0x00, 0xba, 0xf8, 0x02], // mov $text, %si; mov $0x2f8, %dx
    ...[0x2e, 0xac, 0x84, 0xc0, 0x74, 0x03, 0xee, 0xeb, 0xf7], // 1: lodsb %cs:(%si); test; je 2f; out; jmp 1b
    ...[0xfb, 0xf4, 0xeb, 0xfd], // 2: sti; 3: hlt; jmp 3b
    ...Buffer.from(`${text}\0`),
  ]);

export const READY = saying("@ready\n");
export const RESETTING = biosOf([0xb0, 0xfe, 0xe6, 0x64, 0xeb, 0xfe]); // mov $0xfe, %al; out %al, $0x64; jmp .
export const HALTING = biosOf([0xfa, 0xf4]); // cli; hlt
export const LOOPING = biosOf([0xeb, 0xfe]); // jmp .

const made: string[] = [];

/** Its files, in a folder of their own, which `removeOwnFiles` takes away. */
export function ownFiles(bios: Uint8Array): OwnFiles & { readonly bios: string } {
  const folder = mkdtempSync(join(tmpdir(), "vpio-own-"));
  made.push(folder);
  const file = (name: string, bytes: Uint8Array): string => {
    writeFileSync(join(folder, name), bytes);
    return join(folder, name);
  };
  return {
    kernel: file("kernel", emptyKernel()),
    initrd: file("initrd", new Uint8Array(512)),
    bios: file("bios", bios),
  };
}

export function removeOwnFiles(): void {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true });
}

export const ownBuild = (folder: string, own: OwnFiles): BuildOptions => ({
  name: "mine",
  memoryBytes: 72 * 2 ** 20,
  own,
  force: false,
  folder,
  signal: new AbortController().signal,
  onProgress: () => {},
});
