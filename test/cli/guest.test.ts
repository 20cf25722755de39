/** `vpio guest` as it ships, in a process of its own, with a cache of its own. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LOOPING, ownFiles, READY, removeOwnFiles } from "../x86/image/own-guest.ts";

const COMMAND = resolve("dist/src/cli/main.js");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vpio-guest-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  removeOwnFiles();
});

const guests = (): string => join(folder, "cache/vpio/guests");
const environment = (changes: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  NO_COLOR: "1",
  FORCE_COLOR: undefined,
  XDG_CACHE_HOME: join(folder, "cache"),
  ...changes,
});

function guest(line: readonly string[], changes?: NodeJS.ProcessEnv) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [COMMAND, "guest", ...line], {
    encoding: "utf8",
    env: environment(changes),
  });
  return { status, stdout, stderr };
}

function own(bios: Uint8Array): readonly string[] {
  const files = ownFiles(bios);
  return ["--kernel", files.kernel, "--initrd", files.initrd, "--bios", files.bios, "--memory", "72MiB"];
}

describe("vpio guest build", () => {
  it("builds an image of one's own, says where it is, and lists it", () => {
    const files = own(READY);
    const built = guest(["build", "--name", "mine", ...files]);
    expect(built.status).toBe(0);
    expect(built.stdout).toMatch(new RegExp(`^${guests()}/[0-9a-f]{16}\n$`));
    expect(built.stderr).toContain("booting\n");
    expect(built.stderr).toContain("image 'mine', 72MiB of memory");

    const again = guest(["build", "--name", "mine", "--json", ...files]);
    const { image, ...rest } = JSON.parse(again.stdout);
    expect([rest.version, rest.built, image]).toEqual([1, false, undefined]);
    expect(`${rest.folder}\n`).toBe(built.stdout);
    expect(rest.manifest.memoryBytes).toBe(72 * 2 ** 20);

    const list = guest(["list"]);
    expect([list.status, list.stderr]).toEqual([0, ""]);
    expect(list.stdout).toMatch(/^mine +72MiB .* own files /m);
    const { images } = JSON.parse(guest(["list", "--json"]).stdout);
    expect(images).toEqual([{ folder: rest.folder, manifest: rest.manifest, isCurrent: true }]);
  });

  it("says what to do where apt is missing, and leaves nothing", () => {
    const tools = join(folder, "tools");
    mkdirSync(tools);
    const { status, stdout, stderr } = guest(["build"], { PATH: tools });
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("error: found no apt-get");
    expect(stderr).toContain(
      "run it on Debian or Ubuntu, or bring a kernel and an initial RAM disk of your own",
    );
    expect(readdirSync(guests())).toEqual([]);
  });

  it("shows what apt says when it fails", () => {
    const tools = join(folder, "tools");
    mkdirSync(tools);
    symlinkSync("/bin/sh", join(tools, "sh"));
    writeFileSync(join(tools, "apt-get"), "#!/bin/sh\necho 'E: no route to host' >&2\nexit 100\n", {
      mode: 0o755,
    });
    const { status, stderr } = guest(["build"], { PATH: tools });
    expect(status).toBe(2);
    expect(stderr).toContain("error: apt-get failed (exit code 100):\n  E: no route to host");
    expect(readdirSync(guests())).toEqual([]);
  });

  it("says that the archive cannot be reached", (context) => {
    if (spawnSync("apt-get", ["--version"]).status !== 0) context.skip();
    const { status, stderr } = guest(["build"], { http_proxy: "http://127.0.0.1:9", no_proxy: "" });
    expect(status).toBe(2);
    expect(stderr).toMatch(
      /error: apt-get failed .*\n.*(Failed to fetch|Could not connect|Connection refused)/,
    );
    expect(readdirSync(guests())).toEqual([]);
  });

  it("says so when the cache cannot be written", () => {
    writeFileSync(join(folder, "file"), "");
    const changes = { XDG_CACHE_HOME: join(folder, "file") };
    const { status, stderr } = guest(["build", "--name", "mine", ...own(READY)], changes);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^error: .*ENOTDIR: not a directory/m);
  });

  it("ends early at Ctrl-C, and leaves nothing", async () => {
    const line = [COMMAND, "guest", "build", "--name", "mine", ...own(LOOPING)];
    const child = spawn(process.execPath, line, { env: environment(), stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    child.stderr.on("data", (chunk: Buffer) => {
      if (!said.includes("booting") && (said + chunk).includes("booting")) child.kill("SIGINT");
      said += chunk;
    });
    const [code] = await once(child, "exit");
    expect(code).toBe(3);
    expect(said).toContain("interrupted: no image was built, and nothing was kept");
    expect(readdirSync(guests())).toEqual([]);
  });

  it.each([
    [["--kernel", "x"], "expected --kernel and --initrd together"],
    [["--bios", "x"], "expected --kernel and --initrd together"],
    [["--name", "mine"], "found --name mine without --kernel and --initrd"],
    [["--kernel", "x", "--initrd", "y"], "expected --name with another name for your own"],
    [["--memory", "64MiB"], "Expected a size from 72.0 MiB to 1.00 GiB"],
    [["--memory", "80.01MiB"], "expected a multiple of 128 KiB"],
    [["--name", "a/b"], "Expected a letter, then up to 31 letters"],
    [["--kernel", "nowhere", "--initrd", "y", "--name", "mine"], "nowhere: no such file"],
  ])("refuses %j", (line, message) => {
    const { status, stdout, stderr } = guest(["build", ...line]);
    expect([status, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });
});

describe("vpio guest list", () => {
  it("says what to do where there is nothing", () => {
    const { status, stdout, stderr } = guest(["list"]);
    expect([status, stdout]).toEqual([0, ""]);
    expect(stderr).toBe(`no images in ${guests()}; run: vpio guest build\n`);
  });

  it("names what is damaged", () => {
    mkdirSync(join(guests(), "stray"), { recursive: true });
    const { status, stderr } = guest(["list"]);
    expect(status).toBe(0);
    expect(stderr).toContain(`damaged: ${guests()}/stray/manifest.json: ENOENT`);
  });
});
