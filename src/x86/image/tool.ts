/** Runs the programs that a build needs, and says what to do when they are not there. */
import { spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { VpioError } from "../../base/errors.ts";

export interface ToolRun {
  readonly folder: string;
  readonly signal: AbortSignal;
  /** A command of which this one takes the output in. */
  readonly from?: readonly string[];
  /** Lines that it writes to its file descriptor 3. */
  readonly onStatus?: (line: string) => void;
}

/** As much of what a program complains of as an error shows. */
const COMPLAINT_LINES = 6;
const COMPLAINT_BYTES_MAX = 65_536;

/** Answers what the program has written to stdout. Throws a GUEST_IMAGE error when it fails. */
export async function runTool(command: readonly string[], run: ToolRun): Promise<string> {
  const { from, folder, signal } = run;
  const tool = start(command, folder, signal);
  eachLine(tool.status, run.onStatus ?? (() => {}));
  if (from === undefined) {
    tool.input.end();
    return collect(tool);
  }
  const feeder = start(from, folder, signal);
  feeder.input.end();
  // Whichever of the two breaks the pipe, it says why itself.
  const piped = pipeline(feeder.stdout, tool.input).catch(() => {});
  const [output] = await Promise.all([collect(tool), feeder.ended, piped]);
  return output;
}

async function collect({ stdout, ended }: Started): Promise<string> {
  const written: Buffer[] = [];
  stdout.on("data", (chunk: Buffer) => written.push(chunk));
  await ended;
  return Buffer.concat(written).toString();
}

interface Started {
  readonly input: Writable;
  readonly stdout: Readable;
  readonly status: Readable;
  /** Rejected when the program fails. */
  readonly ended: Promise<void>;
}

function start([program = "", ...options]: readonly string[], cwd: string, signal: AbortSignal): Started {
  const env = { ...process.env, LC_ALL: "C", DEBIAN_FRONTEND: "noninteractive" };
  const child = spawn(program, options, { cwd, signal, env, stdio: ["pipe", "pipe", "pipe", "pipe"] });
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-COMPLAINT_BYTES_MAX);
  });
  // A program that does not wait for its input is no error: its exit code counts.
  child.stdin.on("error", () => {});
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", (error: NodeJS.ErrnoException) => reject(startError(program, error)));
    child.once("close", (code, killedBy) => {
      if (code === 0) return resolve();
      const lines = complaint.trim().split("\n").slice(-COMPLAINT_LINES).join("\n  ");
      reject(
        new VpioError("GUEST_IMAGE", `${program} failed (${killedBy ?? `exit code ${code}`}):\n  ${lines}`),
      );
    });
  });
  return { input: child.stdin, stdout: child.stdout, status: child.stdio[3] as Readable, ended };
}

/** What the user can do where a program is not there. */
export const WITHOUT_APT =
  "`vpio guest build` needs apt-get, dpkg-deb and tar: run it on Debian or Ubuntu, or bring a kernel and an initial RAM disk of your own (--kernel, --initrd, --bios)";

function startError(program: string, error: NodeJS.ErrnoException): Error {
  if (error.name === "AbortError") return error;
  if (error.code === "ENOENT") return new VpioError("GUEST_IMAGE", `found no ${program}: ${WITHOUT_APT}`);
  return new VpioError("GUEST_IMAGE", `${program} cannot be started: ${error.message}`);
}

function eachLine(stream: Readable, onLine: (line: string) => void): void {
  let rest = "";
  stream.on("data", (chunk: Buffer) => {
    const lines = (rest + chunk.toString()).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  });
}
