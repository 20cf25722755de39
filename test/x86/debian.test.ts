/** Debian's kernel and busybox in the PC, with Linux's own drivers on our cards. Needs the archive once, to build the image. */
import { beforeAll, describe, expect, it, type TestContext } from "vitest";
import type { LinuxDriver } from "../../src/devices/device.ts";
import { guestScript } from "../../src/x86/guest-script.ts";
import { bootToReady } from "../../src/x86/image/boot.ts";
import type { GuestImage } from "../../src/x86/image/load.ts";
import { debianImage, IMAGE_LIMIT_MS } from "../support/debian-image.ts";
import { LinuxGuest, runUntil } from "./linux-bench.ts";

const LIMIT_MS = 300_000;
/** Drivers with the card that they find: one of ours, or v86's own. */
type Pair = "8139too" | "ne2k-pci" | "v86";
const driverOf = (pair: Pair): LinuxDriver => (pair === "v86" ? "ne2k-pci" : pair);
const CARD = { "8139too": "rtl8139", "ne2k-pci": "ne2000" } as const;

let built: GuestImage | undefined;
beforeAll(async () => {
  built = await debianImage();
}, IMAGE_LIMIT_MS);

/** The image; without one the test is skipped, which `debianImage` has said. */
function imageFor(context: TestContext): GuestImage {
  if (built === undefined) context.skip();
  return built;
}

const script = (host: number, driver: LinuxDriver, commands: readonly string[]): string =>
  guestScript({ driver, address: { kind: "static", ip: `10.0.0.${host}`, prefix: 24 }, commands });

async function guestWith(image: GuestImage, host: number, pair: Pair): Promise<LinuxGuest> {
  const guest = await LinuxGuest.restore(image, pair === "v86");
  if (pair !== "v86") guest.plug(CARD[pair], [2, 0, 0, 0, 0, host]);
  guest.machine.restoreState(image.state);
  return guest;
}

const endsOf = (guest: LinuxGuest): readonly (readonly [command: number, status: number])[] =>
  guest.events.flatMap((event) => (event.kind === "end" ? [[event.command, event.status] as const] : []));

describe("Debian", { timeout: LIMIT_MS }, () => {
  it("boots up to where it waits for its script", async (context) => {
    const image = imageFor(context);
    const signal = new AbortController().signal;
    const booted = await bootToReady({ ...image, limitMs: LIMIT_MS, signal, onProgress: () => {} });
    expect(booted.state.length).toBeGreaterThan(10 * 2 ** 20);
  });

  it("goes on in another machine, with a shell on its console", async (context) => {
    const image = imageFor(context);
    const guest = await LinuxGuest.restore(image);
    guest.machine.restoreState(image.state);
    guest.machine.serialIn(1, "echo the script\n.\n");
    runUntil([guest], () => guest.console.text.includes("the script"));
    guest.machine.serialIn(0, "uname -r; echo $((6 * 7))\n");
    runUntil([guest], () => /\r\n42\r\n/.test(guest.console.text));
    const kernel = Object.keys(image.manifest.packages).find((name) => name.startsWith("linux-image-"));
    expect(guest.console.text).toContain(kernel?.slice("linux-image-".length));

    const later = guest.machine.saveState();
    const third = await LinuxGuest.restore(image);
    third.machine.restoreState(later);
    third.machine.serialIn(0, "cat /run/script\n");
    runUntil([third], () => third.console.text.includes("echo the script"));
  });

  it("reads scripts as long as they may be", async (context) => {
    const image = imageFor(context);
    const guest = await LinuxGuest.restore(image);
    guest.machine.restoreState(image.state);
    const longest = Array.from({ length: 90 }, (_, i) => `: ${i} ${"x".repeat(500)}`);
    guest.machine.serialIn(1, script(1, "8139too", [...longest, "echo last"]));
    runUntil([guest], () => guest.has("done"));
    expect(guest.events).toContainEqual({ kind: "failed", what: "8139too has found no card" });
  });

  it("resets the machine when it panics", async (context) => {
    const image = imageFor(context);
    const guest = await LinuxGuest.restore(image);
    guest.machine.restoreState(image.state);
    guest.machine.serialIn(1, "echo c >/proc/sysrq-trigger\n.\n");
    expect(() => runUntil([guest], () => guest.has("done"))).toThrow("the guest has reset itself");
    expect(guest.console.text).toContain("Kernel panic");
  });
});

describe("Linux's drivers", { timeout: LIMIT_MS }, () => {
  it.for([
    ["8139too", "8139too"],
    ["ne2k-pci", "8139too"],
    ["v86", "ne2k-pci"],
  ] as const)("%s and %s talk to each other", async ([one, other], context) => {
    const image = imageFor(context);
    const server = await guestWith(image, 1, one);
    const client = await guestWith(image, 2, other);
    const prepare = [
      "head -c 100000 /dev/urandom >/tmp/file",
      "sha256sum /tmp/file >/tmp/file.sha256",
      "cp /tmp/file /tmp/other; echo 0000 >/tmp/other.sha256",
      "httpd -h /tmp",
    ];
    server.machine.serialIn(1, script(1, driverOf(one), prepare));
    runUntil([server], () => server.has("done"));
    const commands = [
      "ping -c 3 -i 0.1 10.0.0.1",
      "fetch http://10.0.0.1/file",
      "fetch http://10.0.0.1/other",
      "fetch http://10.0.0.1/nowhere",
      "ping -c 1 -W 1 10.0.0.9",
    ];
    client.machine.serialIn(1, script(2, driverOf(other), commands));
    runUntil([server, client], () => client.has("done"));
    expect(client.events).toContainEqual({ kind: "probe", device: "eth0", mac: "02:00:00:00:00:02" });
    expect(client.events).toContainEqual({ kind: "up", device: "eth0", address: "10.0.0.2/24" });
    expect(endsOf(client)).toEqual([
      [0, 0],
      [1, 0],
      [2, 1],
      [3, 1],
      [4, 1],
    ]);
    const fetched = client.events.flatMap((event) => (event.kind === "fetched" ? [event] : []));
    expect(fetched.map(({ bytes, outcome }) => [bytes, outcome])).toEqual([
      [100_000, "ok"],
      [100_000, "wrong"],
      [0, "failed"],
    ]);
    expect(client.console.text).toMatch(/fetch: 100000 bytes, \d+\.\d\d s, sha256 ok/);
    expect(client.console.text).toMatch(/fetch: 100000 bytes, \d+\.\d\d s, sha256 WRONG/);
  });
});
