/** The guest's first file system: busybox, the drivers, and our scripts. */
import { gzipSync } from "node:zlib";
import { type CpioEntry, cpioArchive } from "./cpio.ts";
import { SCRIPTS } from "./files.ts";
import { type Modules, modulesDep } from "./modules.ts";

export interface InitrdParts {
  readonly busybox: Uint8Array;
  /** As `uname -r` says it: where modprobe looks. */
  readonly release: string;
  readonly modules: Modules;
}

const GZIP_LEVEL = 9;

/** The same parts make the same bytes. */
export function initialRamDisk({ busybox, release, modules }: InitrdParts): Uint8Array {
  const modulesAt = `lib/modules/${release}`;
  const folders = ["bin", "dev", "proc", "sys", "run", "tmp", "lib", "lib/modules", modulesAt];
  const encoder = new TextEncoder();
  const entries: readonly CpioEntry[] = [
    ...folders.map((path) => ({ kind: "folder", path }) as const),
    { kind: "device", path: "dev/console", major: 5, minor: 1 },
    file("bin/busybox", busybox, true),
    { kind: "link", path: "bin/sh", target: "busybox" },
    ...Object.entries(SCRIPTS).map(([path, text]) => file(path, encoder.encode(text), true)),
    ...[...modules].map(([name, bytes]) => file(`${modulesAt}/${name}.ko`, bytes, false)),
    file(`${modulesAt}/modules.dep`, encoder.encode(modulesDep(modules)), false),
  ];
  return gzipSync(cpioArchive(entries), { level: GZIP_LEVEL });
}

const file = (path: string, bytes: Uint8Array, isExecutable: boolean): CpioEntry => ({
  kind: "file",
  path,
  bytes,
  isExecutable,
});
