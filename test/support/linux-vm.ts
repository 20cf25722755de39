/**
 * A virtual machine of QEMU's with Debian's kernel and busybox, which runs a script and switches itself off. What it is
 * made of is fetched once, with apt, into a folder of this user's; its card is an RTL8139, with the kernel's own driver.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { cpioOf } from "./cpio.ts";

const QEMU = "qemu-system-x86_64";
const CACHE = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "vpio-tests");
const PARTS = join(CACHE, "linux-amd64");
const MODULES = ["mii.ko", "8139cp.ko"];

/** What the kernel and the userland are in, once they are there. */
interface Parts {
  readonly kernel: string;
  readonly busybox: Buffer;
  readonly modules: readonly Buffer[];
}

/** A message that says why not; undefined when virtual machines can be had here. */
export function whyNoLinuxVm(): string | undefined {
  for (const [command, argument] of [
    [QEMU, "-version"],
    ["apt-get", "--version"],
    ["dpkg-deb", "--version"],
  ] as const) {
    try {
      execFileSync(command, [argument], { stdio: "ignore" });
    } catch {
      return `${command} is not installed`;
    }
  }
  return undefined;
}

/** apt with a state of its own, in `folder`: it needs no privileges, and changes nothing on this machine. */
function apt(command: string, folder: string, ...args: readonly string[]): string {
  const options = [
    `Dir::State=${folder}/apt`,
    `Dir::State::status=${folder}/apt/status`,
    `Dir::Cache=${folder}/apt/cache`,
    "APT::Architecture=amd64",
    "APT::Architectures=amd64",
    "APT::Sandbox::User=",
  ].flatMap((option) => ["-o", option]);
  return execFileSync(command, [...options, ...args], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  }).toString();
}

/** The packages, taken apart into `folder`. */
function fetchInto(folder: string): void {
  process.stderr.write("fetching Debian's kernel and busybox for a virtual machine, 80 MB, once\n");
  for (const part of ["lists/partial", "cache/archives/partial"])
    mkdirSync(`${folder}/apt/${part}`, { recursive: true });
  writeFileSync(`${folder}/apt/status`, "");
  apt("apt-get", folder, "update");
  const depends = apt("apt-cache", folder, "depends", "linux-image-amd64");
  const kernel = /Depends: (linux-image-\S+)/.exec(depends)?.[1];
  if (kernel === undefined) throw new Error("apt knows no linux-image-amd64");
  apt("apt-get", folder, "download", kernel, "busybox-static");
  const wanted = ["./boot/vmlinuz-*", "*bin/busybox", ...MODULES.map((name) => `*/${name}*`)];
  const patterns = wanted.map((pattern) => `'${pattern}'`).join(" ");
  for (const name of readdirSync(folder).filter((one) => one.endsWith(".deb"))) {
    // tar complains of the patterns that this package has nothing for.
    const unpack = `dpkg-deb --fsys-tarfile '${name}' | tar -x --wildcards ${patterns} || true`;
    execFileSync("sh", ["-c", unpack], { cwd: folder, stdio: "ignore" });
    rmSync(join(folder, name));
  }
  rmSync(`${folder}/apt`, { recursive: true });
}

/** Fetches what a machine is made of, if need be. */
export function prepareLinuxVm(): void {
  if (existsSync(PARTS)) return;
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, "linux-"));
  try {
    fetchInto(folder);
    renameSync(folder, PARTS);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    // Another test may have fetched it meanwhile, and won.
    if (!existsSync(PARTS)) throw error;
  }
}

function partsOfLinux(): Parts {
  const files = readdirSync(PARTS, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const find = (ending: RegExp): string => {
    const found = files.find((file) => ending.test(file));
    if (found === undefined) throw new Error(`${PARTS} has no ${ending}: remove it, and it is fetched again`);
    return found;
  };
  return {
    kernel: find(/\/vmlinuz-[^/]*$/),
    busybox: readFileSync(find(/bin\/busybox$/)),
    modules: MODULES.map((name) => unpacked(find(new RegExp(`/${name.replace(".", "\\.")}(\\.xz)?$`)))),
  };
}

const unpacked = (file: string): Buffer =>
  file.endsWith(".xz") ? execFileSync("xz", ["-dc", file], { maxBuffer: 1 << 28 }) : readFileSync(file);

function initramfs({ busybox, modules }: Parts, script: string): Buffer {
  const init = `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
${MODULES.map((name) => `insmod /${name}`).join("\n")}
${script}
poweroff -f
`;
  return cpioOf([
    { path: "bin", bytes: undefined },
    { path: "bin/busybox", bytes: busybox },
    { path: "init", bytes: Buffer.from(init) },
    ...MODULES.map((path, index) => ({ path, bytes: modules[index] ?? new Uint8Array() })),
  ]);
}

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const one of running) one.kill("SIGKILL");
});

/**
 * Boots a machine, once it is prepared, whose card is on the network that `netdev` describes to QEMU (its id is n0). Answers all that its
 * serial console has shown when it has switched itself off, or after `limitMs`.
 */
export function runLinuxVm(netdev: string, script: string, limitMs: number): Promise<string> {
  const parts = partsOfLinux();
  const folder = mkdtempSync(join(tmpdir(), "vpio-vm-"));
  const initrd = join(folder, "initrd");
  writeFileSync(initrd, initramfs(parts, script));
  const machine = ["-machine", "pc,accel=tcg", "-m", "192", "-nodefaults", "-display", "none", "-no-reboot"];
  const boot = ["-kernel", parts.kernel, "-initrd", initrd, "-append", "console=ttyS0 quiet panic=-1"];
  const card = ["-netdev", netdev, "-device", "rtl8139,netdev=n0,mac=52:54:00:00:00:64,romfile="];
  const all = [...machine, ...boot, ...card, "-serial", "stdio"];
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
