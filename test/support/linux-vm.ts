/**
 * A virtual machine of QEMU's with Debian's kernel, which runs a script and switches itself off. It is made of what
 * Linux guests of vpio are made of; its card is an NE2000 of QEMU's, with the kernel's own driver.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { cpioArchive } from "../../src/x86/image/cpio.ts";
import type { GuestImage } from "../../src/x86/image/load.ts";

const QEMU = "qemu-system-x86_64";
const CARD = "ne2k_pci,netdev=n0,mac=52:54:00:00:00:64,romfile=";
const DRIVER = "ne2k-pci";
/** The program that the kernel starts, in place of the image's own. */
const INIT = "run-script";

/** Why there can be no such machine here, for people; undefined when there can. */
export const whyNoQemu = (): string | undefined =>
  spawnSync(QEMU, ["-version"], { stdio: "ignore" }).status === 0 ? undefined : `${QEMU} is not installed`;

/** The image's files, with one more: the kernel takes several archives for one. */
function filesWith(image: GuestImage, script: string): Buffer {
  const init = `#!/bin/sh
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
modprobe ${DRIVER}
${script}
poweroff -f
`;
  const file = { kind: "file", path: INIT, bytes: Buffer.from(init), isExecutable: true } as const;
  return Buffer.concat([image.initrd, gzipSync(cpioArchive([file]))]);
}

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const one of running) one.kill("SIGKILL");
});

/**
 * Boots a machine whose card is on the network that `netdev` describes to QEMU (its id is n0). Answers all that its
 * serial console has shown when it has switched itself off, or after `limitMs`.
 */
export function runLinuxVm(
  image: GuestImage,
  netdev: string,
  script: string,
  limitMs: number,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "vpio-vm-"));
  const [kernel, initrd] = [join(folder, "kernel"), join(folder, "initrd")];
  writeFileSync(kernel, image.kernel);
  writeFileSync(initrd, filesWith(image, script));
  const machine = ["-machine", "pc,accel=tcg", "-m", "192", "-nodefaults", "-display", "none", "-no-reboot"];
  const start = `console=ttyS0 quiet panic=-1 rdinit=/${INIT}`;
  const boot = ["-kernel", kernel, "-initrd", initrd, "-append", start];
  const all = [...machine, ...boot, "-netdev", netdev, "-device", CARD, "-serial", "stdio"];
  return new Promise((resolve, reject) => {
    const child = spawn(QEMU, all, { stdio: ["ignore", "pipe", "pipe"] });
    running.add(child);
    let shown = "";
    const show = (text: Buffer): void => {
      shown += text;
    };
    child.stdout.on("data", show);
    child.stderr.on("data", show);
    const timer = setTimeout(() => child.kill("SIGKILL"), limitMs);
    child.once("error", reject);
    child.once("close", () => {
      clearTimeout(timer);
      running.delete(child);
      rmSync(folder, { recursive: true, force: true });
      resolve(shown);
    });
  });
}
