/**
 * The TCP of this machine's own kernel on the same Ethernet as a peer: a TAP device in a network of its own, which
 * ends with the process that holds it. QEMU carries the frames between the device and a socket; no machine runs in it.
 */
import { type ChildProcess, execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe } from "vitest";
import type { Peer } from "../../src/peers/peer.ts";
import { FramePump } from "./frame-pump.ts";

const QEMU = "qemu-system-x86_64";
const DEVICE = [
  "ip tuntap add dev tap0 mode tap",
  "ip addr add 10.0.0.1/24 dev tap0",
  "ip link set tap0 up",
].join(" && ");

const available = isAvailable();
if (!available) {
  console.warn(
    "\n  SKIPPED: no TAP devices (for root, with ip and QEMU); Linux's TCP has NOT judged ours.\n",
  );
}
/** Few machines that build let one make devices: this is one judge more, and nowhere the only one. */
export const describeWithTap = describe.skipIf(!available);

function isAvailable(): boolean {
  try {
    accessSync("/dev/net/tun", constants.R_OK | constants.W_OK);
  } catch {
    return false;
  }
  const tries = spawnSync("unshare", ["--net", "sh", "-c", DEVICE]);
  return tries.status === 0 && spawnSync(QEMU, ["--version"]).status === 0;
}

export class Tap {
  readonly #holder: ChildProcess;
  readonly #pump: FramePump;
  readonly #folder: string;

  /** `lets` says for each frame, in either direction, whether it gets through. */
  static async start(peer: Peer, lets: () => boolean = () => true): Promise<Tap> {
    const folder = mkdtempSync(join(tmpdir(), "vpio-tap-"));
    const path = join(folder, "frames.sock");
    const server = createServer().listen(path);
    await once(server, "listening");
    const qemu = [
      `${QEMU} -machine none -nodefaults -display none`,
      "-netdev tap,id=tap,ifname=tap0,script=no,downscript=no,vnet_hdr=off",
      `-netdev stream,id=wire,server=off,addr.type=unix,addr.path=${path}`,
      "-netdev hubport,id=one,hubid=0,netdev=tap -netdev hubport,id=two,hubid=0,netdev=wire",
    ].join(" ");
    const holder = spawn("unshare", ["--net", "sh", "-c", `${DEVICE} && exec ${qemu}`], { stdio: "ignore" });
    const ended = once(holder, "exit").then(() => {
      throw new Error("QEMU has ended");
    });
    const [socket] = (await Promise.race([once(server, "connection"), ended])) as [Socket];
    ended.catch(() => undefined);
    server.close();
    const pump = new FramePump(peer, socket, { lets, out: (frame) => (lets() ? frame : undefined) });
    return new Tap(holder, pump, folder);
  }

  private constructor(holder: ChildProcess, pump: FramePump, folder: string) {
    this.#holder = holder;
    this.#pump = pump;
    this.#folder = folder;
  }

  /** Runs a program of Node's in the device's network, and answers what it has printed; its input ends with `until`. */
  async run(program: string, until: Promise<unknown> = Promise.resolve()): Promise<string> {
    const inside = ["--target", `${this.#holder.pid}`, "--net", process.execPath, "--input-type=module"];
    const running = promisify(execFile)("nsenter", [...inside, "--eval", program], { timeout: 60_000 });
    await until;
    running.child.stdin?.end();
    return (await running).stdout;
  }

  async stop(): Promise<void> {
    this.#pump.stop();
    if (this.#holder.exitCode === null && this.#holder.signalCode === null) {
      this.#holder.kill();
      await once(this.#holder, "exit");
    }
    rmSync(this.#folder, { recursive: true });
  }
}
