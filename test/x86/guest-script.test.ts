/** What a guest is told, run by a shell here: its devices are files, its tools are stubs. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type GuestEvent, GuestEvents } from "../../src/x86/guest-events.ts";
import { type GuestSetup, guestScript } from "../../src/x86/guest-script.ts";

const STATIC = { kind: "static", ip: "10.0.0.1", prefix: 24 } as const;
const usual: GuestSetup = { driver: "8139too", address: STATIC, commands: [] };

/** As `ip -o -4 addr show eth0` has it. */
const SHOWN =
  "2: eth0    inet 10.0.0.1/24 scope global eth0\\\\       valid_lft forever preferred_lft forever";

const COUNTERS = { tx_packets: 11, tx_bytes: 1200, rx_packets: 13, rx_bytes: 1400 };
const TRAFFIC = { kind: "traffic", sentFrames: 11, sentBytes: 1200, receivedFrames: 13, receivedBytes: 1400 };

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vpio-script-"));
  for (const name of ["sys/bus/pci", "sys/class/net/eth0/statistics", "bin"])
    mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, "sys/class/net/eth0/address"), "02:00:00:00:00:07\n");
  for (const tool of ["modprobe", "dmesg", "ip", "udhcpc"])
    stub(tool, `echo ${tool} "$@" >>${folder}/called`);
  // It tells of its traffic once a second, for ever: the first second never comes.
  stub("sleep", `[ "$1" != 1 ] && exec /bin/sleep "$@"`);
  for (const [name, count] of Object.entries(COUNTERS))
    writeFileSync(join(folder, "sys/class/net/eth0/statistics", name), `${count}\n`);
  stub("ip", `echo ip "$@" >>${folder}/called; [ "$1" != -o ] || echo "${SHOWN}"`);
});
afterEach(() => rmSync(folder, { recursive: true }));

function stub(tool: string, text: string): void {
  const file = join(folder, "bin", tool);
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
}

interface Heard {
  readonly events: readonly GuestEvent[];
  readonly console: string;
  readonly called: readonly string[];
}

/** Runs the script up to its end, with its devices in the folder. */
function hear(setup: GuestSetup): Heard {
  const lines = guestScript(setup).split("\n");
  expect(lines.splice(lines.indexOf("."))).toEqual([".", ""]);
  const script = lines
    .join("\n")
    .replaceAll("/dev/ttyS1", `${folder}/ttyS1`)
    .replaceAll("/sys/", `${folder}/sys/`);
  const { stdout, stderr } = spawnSync("sh", ["-c", script.replaceAll(`>${folder}`, `>>${folder}`)], {
    encoding: "utf8",
    env: { PATH: `${folder}/bin:${process.env["PATH"]}` },
  });
  const events = new GuestEvents().read(readFileSync(join(folder, "ttyS1")));
  return {
    events,
    console: stdout + stderr,
    called: readFileSync(join(folder, "called"), "utf8").split("\n"),
  };
}

describe("a guest", () => {
  it("looks for its card, sets it up, runs its commands and is done", () => {
    const { events, console, called } = hear({ ...usual, commands: ["echo one", "echo two >&2; exit 3"] });
    expect(events.map((event) => ("ms" in event ? { ...event, ms: 0 } : event))).toEqual([
      { kind: "probe", device: "eth0", mac: "02:00:00:00:00:07" },
      { kind: "up", device: "eth0", address: "10.0.0.1/24" },
      { kind: "begin", command: 0 },
      { kind: "end", command: 0, status: 0, ms: 0 },
      TRAFFIC,
      { kind: "begin", command: 1 },
      { kind: "end", command: 1, status: 3, ms: 0 },
      TRAFFIC,
      { kind: "done" },
    ]);
    expect(console).toBe("one\ntwo\n");
    expect(called).toContain("modprobe 8139too use_io=1");
    expect(called).toContain("ip link set eth0 up");
    expect(called).toContain("ip addr add 10.0.0.1/24 dev eth0");
    expect(readFileSync(join(folder, "sys/bus/pci/rescan"), "utf8")).toBe("1\n");
  });

  it("measures how long a command takes", () => {
    const { events } = hear({ ...usual, commands: ["sleep 0.3"] });
    const end = events.find((event) => event.kind === "end");
    expect(end?.ms).toBeGreaterThanOrEqual(290);
    expect(end?.ms).toBeLessThan(60_000);
  });

  it.each([
    ["quotes", `printf '%s\\n' "it's" 'a "b"'`, `it's\na "b"\n`],
    ["variables of its own", "x=1; echo $x", "1\n"],
    ["lines, even those that look like the end of the script", "cat <<E\n.\nE\necho after", ".\nafter\n"],
    ["nothing to read from its console", "cat; echo read", "read\n"],
  ])("runs a command with %s", (_what, command, output) => {
    const { events, console } = hear({ ...usual, commands: [command] });
    expect(console).toBe(output);
    expect(events.at(-1)).toEqual({ kind: "done" });
  });

  it("has a MAC address of its own when told so, and asks for an IP address", () => {
    const setup = {
      ...usual,
      driver: "ne2k-pci",
      mac: "02:00:00:00:00:01",
      address: { kind: "dhcp" },
    } as const;
    const { called } = hear(setup);
    expect(called).toContain("modprobe ne2k-pci");
    expect(called.findIndex((line) => line.startsWith("udhcpc -i eth0"))).toBeGreaterThan(0);
    const [address, up] = ["ip link set eth0 address 02:00:00:00:00:01", "ip link set eth0 up"];
    expect(called.indexOf(address)).toBeGreaterThan(0);
    expect(called.indexOf(address)).toBeLessThan(called.indexOf(up));
  });

  it("says so when its driver finds no card, and runs nothing", () => {
    rmSync(join(folder, "sys/class/net/eth0"), { recursive: true });
    const { events, console } = hear({ ...usual, commands: ["echo never"] });
    expect(events).toEqual([{ kind: "failed", what: "8139too has found no card" }, { kind: "done" }]);
    expect(console).toBe("8139too has found no card\n");
  });

  it("says so when it gets no address, and runs nothing", () => {
    stub("udhcpc", "exit 1");
    const { events } = hear({ ...usual, address: { kind: "dhcp" }, commands: ["echo never"] });
    expect(events.slice(-2)).toEqual([
      { kind: "failed", what: "eth0 has got no address by DHCP" },
      { kind: "done" },
    ]);
  });

  it("is refused more than its line takes", () => {
    expect(() => guestScript({ ...usual, commands: [`echo ${"x".repeat(50_000)}`] })).toThrow(
      /script of 49\.\d KiB/,
    );
  });
});
