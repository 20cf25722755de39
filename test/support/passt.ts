/**
 * passt between a peer and the real TCP of this machine: to passt the peer is its virtual machine, and who
 * connects to a port of this machine is forwarded to the peer.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { arpRequestFrame } from "../../src/ethernet/host.ts";
import { formatIpv4Address } from "../../src/ethernet/ipv4.ts";
import { withoutPadding } from "../../src/ethernet/padding.ts";
import type { Peer } from "../../src/peers/peer.ts";
import { FramePump } from "./frame-pump.ts";
import { freePort } from "./free-port.ts";

/** It prints its usage and ends with an error: what counts is that it can be started. */
export const whyNoPasst = (): string | undefined =>
  spawnSync("passt", ["--version"]).error === undefined ? undefined : "passt is not installed";

const GATEWAY_IP = 0x0a00_0001;

/**
 * Whether a frame of the peer's gets through. Those of passt always do: it does not acknowledge again what is sent
 * again, and so could never end what an acknowledgment was lost of.
 */
export type Lets = () => boolean;

export class Passt {
  /** Of this machine; what connects there reaches port 80 of the peer. */
  readonly port: number;
  readonly #process: ChildProcess;
  readonly #pump: FramePump;
  readonly #folder: string;

  static async start(peer: Peer, lets: Lets = () => true): Promise<Passt> {
    const folder = mkdtempSync(join(tmpdir(), "vpio-passt-"));
    chmodSync(folder, 0o777);
    const path = join(folder, "passt.sock");
    const port = await freePort();
    const address = ["-a", formatIpv4Address(peer.ip), "-n", "24", "-g", formatIpv4Address(GATEWAY_IP)];
    // With -1 it ends with its connection, whatever becomes of this process.
    const options = ["-f", "-q", "-1", "-4", "-s", path, "-t", `127.0.0.1/${port}:80`, ...address];
    const child = spawn("passt", options, { stdio: "ignore" });
    for (;;) {
      if (child.exitCode !== null) throw new Error(`passt has ended with ${child.exitCode}`);
      const socket = await connected(path);
      if (socket !== undefined) {
        // passt of this age takes the padding of a short frame for data.
        const out = (frame: Uint8Array) => (lets() ? withoutPadding(frame) : undefined);
        const pump = new FramePump(peer, socket, { out });
        // passt learns the address of its machine from what that sends.
        pump.send([arpRequestFrame(peer, GATEWAY_IP)]);
        return new Passt(port, child, pump, folder);
      }
      await sleep(5);
    }
  }

  private constructor(port: number, child: ChildProcess, pump: FramePump, folder: string) {
    this.port = port;
    this.#process = child;
    this.#pump = pump;
    this.#folder = folder;
  }

  async stop(): Promise<void> {
    this.#pump.stop();
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#process.kill();
      await once(this.#process, "exit");
    }
    rmSync(this.#folder, { recursive: true });
  }
}

/** Undefined when nobody listens there yet. */
async function connected(path: string): Promise<Socket | undefined> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
    return socket;
  } catch {
    return undefined;
  }
}
