/**
 * Debian's packages of the image: its 32-bit kernel, its static busybox, SeaBIOS. apt fetches them with lists and a cache
 * of its own, so that nobody needs to be root and the system's packages are left alone; it checks the signatures.
 */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { VpioError } from "../../base/errors.ts";
import { driversAmong, type Modules } from "./modules.ts";
import { runTool } from "./tool.ts";

const SUITE = "bookworm";
const MIRROR = "http://deb.debian.org";
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
/** Depends on the newest kernel of the suite. */
const KERNEL_META = "linux-image-686";
const KERNEL = /^linux-image-(6\.1\.\S+-686)$/;

/** What comes from Debian, and which versions that is. */
export interface DebianParts {
  readonly versions: Readonly<Record<string, string>>;
  readonly downloadedBytes: number;
  readonly bios: Uint8Array;
  readonly kernel: Uint8Array;
  readonly release: string;
  readonly busybox: Uint8Array;
  readonly modules: Modules;
}

export interface FetchOptions {
  /** An empty folder to work in. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

export async function fetchDebianParts(options: FetchOptions): Promise<DebianParts> {
  const apt = new Apt(options);
  await apt.update();
  const kernelPackage = await newestKernel(apt);
  const release = KERNEL.exec(kernelPackage)?.[1] ?? "";
  const files = await apt.download([kernelPackage, "busybox-static", "seabios"]);
  options.onProgress("unpacking");
  const unpacked = join(options.folder, "unpacked");
  await mkdir(unpacked);
  const network = `./lib/modules/${release}/kernel/drivers/net`;
  await unpack(options, unpacked, files, kernelPackage, [
    `./boot/vmlinuz-${release}`,
    ...["mii.ko", "ethernet/realtek", "ethernet/8390"].map((name) => `${network}/${name}`),
  ]);
  await unpack(options, unpacked, files, "busybox-static", ["./bin/busybox"]);
  await unpack(options, unpacked, files, "seabios", ["./usr/share/seabios/bios.bin"]);
  return {
    versions: Object.fromEntries(files.map(({ name, version }) => [name, version])),
    downloadedBytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    bios: await readFile(join(unpacked, "usr/share/seabios/bios.bin")),
    kernel: await readFile(join(unpacked, `boot/vmlinuz-${release}`)),
    release,
    busybox: await readFile(join(unpacked, "bin/busybox")),
    modules: driversAmong(await modulesBelow(join(unpacked, network))),
  };
}

/** The BIOS alone, for kernels of one's own. */
export async function fetchBios(options: FetchOptions): Promise<Uint8Array> {
  const apt = new Apt(options);
  await apt.update();
  const files = await apt.download(["seabios"]);
  await unpack(options, options.folder, files, "seabios", ["./usr/share/seabios/bios.bin"]);
  return readFile(join(options.folder, "usr/share/seabios/bios.bin"));
}

async function newestKernel(apt: Apt): Promise<string> {
  const depends = /^Depends: (.*)$/m.exec(await apt.show(KERNEL_META))?.[1] ?? "";
  const kernel = depends
    .split(",")
    .map((dependency) => dependency.trim().split(" ")[0] ?? "")
    .find((name) => KERNEL.test(name));
  if (kernel !== undefined) return kernel;
  throw new VpioError(
    "GUEST_IMAGE",
    `${KERNEL_META} depends on '${depends}', expected a linux-image-6.1.*-686`,
  );
}

async function modulesBelow(folder: string): Promise<Modules> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(".ko"));
  const read = names.map(async (name): Promise<readonly [string, Uint8Array]> => {
    const base = (name.split("/").at(-1) ?? "").slice(0, -".ko".length);
    return [base.replaceAll("_", "-"), await readFile(join(folder, name))];
  });
  return new Map(await Promise.all(read));
}

interface PackageFile {
  readonly name: string;
  readonly version: string;
  readonly file: string;
  readonly bytes: number;
}

/** Those members of the package that are named, and what is below them. */
async function unpack(
  { folder, signal }: FetchOptions,
  into: string,
  files: readonly PackageFile[],
  name: string,
  members: readonly string[],
): Promise<void> {
  const found = files.find((file) => file.name === name);
  if (found === undefined) throw new VpioError("GUEST_IMAGE", `apt-get has not downloaded ${name}`);
  const from = ["dpkg-deb", "--fsys-tarfile", found.file];
  await runTool(["tar", "-x", "--no-same-owner", "-C", into, ...members], { folder, signal, from });
}

/** apt with lists and a cache of its own. */
class Apt {
  readonly #options: FetchOptions;
  readonly #configuration: string;

  constructor(options: FetchOptions) {
    this.#options = options;
    this.#configuration = join(options.folder, "apt.conf");
  }

  async update(): Promise<void> {
    const { folder } = this.#options;
    for (const name of ["state/lists/partial", "cache/archives/partial", "packages"])
      await mkdir(join(folder, name), { recursive: true });
    await writeFile(join(folder, "status"), "");
    await writeFile(join(folder, "sources.list"), sources());
    await writeFile(this.#configuration, configuration(folder));
    try {
      await this.#apt("fetching the lists of packages", ["apt-get", "update", "-q"]);
    } catch (error) {
      if (!(error instanceof VpioError)) throw error;
      if (await this.#hasNoLists()) throw existsSync(KEYRING) ? error : withoutKeys(error);
      this.#options.onProgress("some lists of packages cannot be had; going on with the others");
    }
    if (await this.#hasNoLists())
      throw new VpioError("GUEST_IMAGE", `apt-get has fetched no list of packages from ${MIRROR}`);
  }

  /** A mirror that is being brought up to date has some lists that do not match their sums. */
  async #hasNoLists(): Promise<boolean> {
    const names = await readdir(join(this.#options.folder, "state/lists"));
    return !names.some((name) => name.includes(`${SUITE}_main`));
  }

  /** What the archive says of a package. */
  async show(name: string): Promise<string> {
    return this.#apt("looking for the kernel", ["apt-cache", "show", "--no-all-versions", name]);
  }

  async download(names: readonly string[]): Promise<readonly PackageFile[]> {
    const folder = join(this.#options.folder, "packages");
    await this.#apt("downloading", ["apt-get", "download", "-q", ...names], folder);
    const files = (await readdir(folder)).filter((name) => name.endsWith(".deb")).sort();
    return Promise.all(files.map((file) => this.#describe(join(folder, file))));
  }

  async #describe(file: string): Promise<PackageFile> {
    const { folder, signal } = this.#options;
    const fields = await runTool(["dpkg-deb", "--field", file, "Package", "Version"], { folder, signal });
    const field = (name: string): string => new RegExp(`^${name}: (.*)$`, "m").exec(fields)?.[1] ?? "";
    const { length } = await readFile(file);
    return { name: field("Package"), version: field("Version"), file, bytes: length };
  }

  #apt(
    what: string,
    [program = "", ...options]: readonly string[],
    folder = this.#options.folder,
  ): Promise<string> {
    const { signal, onProgress } = this.#options;
    onProgress(what);
    const onStatus = (line: string): void => {
      // "dlstatus:item:percent:text"
      const [kind, , percent] = line.split(":");
      if (kind === "dlstatus") onProgress(`${what}: ${Math.floor(Number(percent))} %`);
    };
    return runTool([program, "-c", this.#configuration, ...options], { folder, signal, onStatus });
  }
}

const withoutKeys = ({ message }: VpioError): VpioError =>
  new VpioError("GUEST_IMAGE", `${message}\n  Debian's keys are not here: install debian-archive-keyring`);

function sources(): string {
  const signedBy = existsSync(KEYRING) ? ` [signed-by=${KEYRING}]` : "";
  return [
    `deb${signedBy} ${MIRROR}/debian ${SUITE} main`,
    `deb${signedBy} ${MIRROR}/debian ${SUITE}-updates main`,
    `deb${signedBy} ${MIRROR}/debian-security ${SUITE}-security main`,
    "",
  ].join("\n");
}

/** Read after the system's, of which proxies are kept; its hooks are for its own packages. */
function configuration(folder: string): string {
  const settings = {
    "APT::Architecture": "i386",
    "APT::Architectures": "i386",
    "APT::Status-Fd": "3",
    "APT::Sandbox::User": "",
    "Acquire::Languages": "none",
    "APT::Update::Error-Mode": "any",
    "Acquire::Retries": "3",
    "Acquire::http::Timeout": "30",
    Dir: "/",
    "Dir::State": join(folder, "state"),
    "Dir::State::status": join(folder, "status"),
    "Dir::Cache": join(folder, "cache"),
    "Dir::Etc::sourcelist": join(folder, "sources.list"),
    "Dir::Etc::sourceparts": "/dev/null",
  };
  const hooks = ["APT::Update", "DPkg"].flatMap((section) =>
    ["Pre-Invoke", "Post-Invoke", "Post-Invoke-Success"].map((hook) => `#clear ${section}::${hook};`),
  );
  const cleared = [...hooks, "#clear APT::Architectures;"];
  return `${[...cleared, ...Object.entries(settings).map(([name, value]) => `${name} "${value}";`)].join("\n")}\n`;
}
