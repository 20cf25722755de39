/**
 * passt processes of our own. Each has one end of a pair of sockets, and ends when the other end is closed: by us, or by
 * the kernel when this process is no more. So there is no socket file, and none is left behind.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { Socket } from "node:net";
import { invariant, VpioError } from "../../base/errors.ts";
import type { Dial } from "./dialler.ts";

const PASST = "passt";
/** What an Ethernet carries: the default would have a guest send frames that no card of ours takes. */
const MTU_BYTES = 1500;
/** The number of its socket among its files. */
const SOCKET_FILE = 3;
/** What it is told of itself goes no further than this. */
const SAID_BYTES = 4096;
/** It has this long to end after its socket was closed. */
const GRACE_MS = 1_000;

/** Throws a USAGE error when there is no passt; `uplink` wants it. */
export function expectPasst(uplink: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(PASST, ["--version"], { stdio: "ignore" });
    child.once("error", () => {
      const where =
        "install it (Debian and Ubuntu: apt install passt), or give the `socket` of one that runs";
      reject(new VpioError("USAGE", `uplink ${uplink}: found no passt on this machine: ${where}`));
    });
    child.once("exit", () => resolve());
  });
}

export class PasstProcesses {
  readonly #running = new Set<ChildProcess>();

  /** Starts one. */
  readonly dial: Dial = () => {
    // In a process group of its own: a Ctrl-C is for us, and it ends with its socket.
    const child = spawn(PASST, ["-f", "-q", "-e", "-m", String(MTU_BYTES), "-F", String(SOCKET_FILE)], {
      stdio: ["ignore", "ignore", "pipe", "pipe"],
      detached: true,
    });
    const socket = child.stdio[SOCKET_FILE];
    invariant(socket instanceof Socket, "a pipe to a child is a socket");
    let said = "";
    child.stderr?.on("data", (text: Buffer) => {
      said = `${said}${text}`.slice(-SAID_BYTES);
    });
    const reached = new Promise<void>((resolve, reject) => {
      child.once("error", reject);
      child.once("spawn", resolve);
    });
    this.#running.add(child);
    child.once("close", () => this.#running.delete(child));
    child.once("error", () => this.#running.delete(child));
    return { socket, reached, lastWords: () => lastLine(said) };
  };

  /** Waits until all have ended, whose sockets have been closed. */
  async ended(): Promise<void> {
    await Promise.all([...this.#running].map(endOf));
  }
}

function endOf(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), GRACE_MS);
    child.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** What it also says when all is well: that there is no system logger, and whom it runs as. */
const SMALL_TALK = /^(Failed to send \d+ bytes to syslog|Don't run as root\b.*|)$/;

/** "passt: ..."; undefined when it has said nothing of importance. */
function lastLine(said: string): string | undefined {
  const lines = said.split("\n").map((line) => line.trim());
  const line = lines.findLast((one) => !SMALL_TALK.test(one));
  return line && `${PASST}: ${line}`;
}
