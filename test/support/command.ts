/** `vpio` in a process of its own, as a user has it. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { join } from "node:path";
import { packageRoot } from "../../src/engine/root.ts";

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs it in `folder` to its end, with neither colours nor a terminal. */
export function vpioIn(folder: string, line: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(packageRoot(), "dist/src/cli/main.js"), ...line],
    { encoding: "utf8", cwd: folder, env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined } },
  );
  return { status, stdout, stderr };
}

const running = new Set<ChildProcess>();
const killAll = (): void => {
  for (const one of running) one.kill("SIGKILL");
};
process.once("exit", killAll);

export class VpioProcess {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #out = "";
  #err = "";

  /** `root`: where vpio is installed. */
  constructor(args: readonly string[], root: string = packageRoot()) {
    const child = spawn(process.execPath, [join(root, "dist/src/cli/main.js"), ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1" },
    });
    this.#child = child;
    running.add(child);
    child.stdout.on("data", (text: Buffer) => {
      this.#out += text;
    });
    child.stderr.on("data", (text: Buffer) => {
      this.#err += text;
    });
    this.ended = new Promise((resolve) => {
      child.once("close", (code) => {
        running.delete(child);
        resolve({ code, out: this.#out, err: this.#err });
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  /** Until now, both. */
  get out(): string {
    return this.#out;
  }

  get err(): string {
    return this.#err;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** For the end of a test: kills what is left. */
  static async killAll(): Promise<void> {
    const ends = [...running].map((one) => new Promise((resolve) => one.once("close", resolve)));
    killAll();
    await Promise.all(ends);
  }
}
