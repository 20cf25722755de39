/**
 * A Redis of a test's own: on a free port of this machine, in a folder that goes away with it, and nothing on disk.
 * Without a redis-server tests are left out, and say so; but not in CI, where they fail.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { describe } from "vitest";

function redisInstalled(): boolean {
  try {
    execFileSync("redis-server", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const installed = redisInstalled();
if (!installed && !process.env["CI"]) {
  console.warn("\n  redis-server is not installed: campaigns on many machines have NOT been tested.\n");
}

export const describeWithRedis = describe.skipIf(!installed && !process.env["CI"]);

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}

export class RedisServer {
  readonly url: URL;
  readonly #port: number;
  readonly #options: readonly string[];
  readonly #folder: string;
  #server: ChildProcess | undefined;
  readonly #kill = (): void => void this.#server?.kill("SIGKILL");

  private constructor(port: number, options: readonly string[]) {
    this.#port = port;
    this.#options = options;
    this.#folder = mkdtempSync(join(tmpdir(), "vpio-redis-"));
    this.url = new URL(`redis://127.0.0.1:${port}`);
    process.once("exit", this.#kill);
  }

  /** `options`: more for its command line. */
  static async start(...options: readonly string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options);
    await server.up();
    return server;
  }

  async up(): Promise<void> {
    const options = ["--bind", "127.0.0.1", "--port", String(this.#port), "--dir", this.#folder];
    this.#server = spawn("redis-server", [...options, "--save", "", "--appendonly", "no", ...this.#options], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await isReady(this.#server);
  }

  /** Killed: it forgets everything. */
  async down(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    server.kill("SIGKILL");
    await once(server, "exit");
  }

  async stop(): Promise<void> {
    await this.down();
    process.off("exit", this.#kill);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Somebody who looks at it from outside. */
  look(): Redis {
    const client = new Redis(this.url.href, { maxRetriesPerRequest: null });
    // It comes back when the server does.
    client.on("error", () => undefined);
    return client;
  }
}

function isReady(server: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = "";
    server.stdout?.on("data", (text: Buffer) => {
      said += text;
      if (said.includes("Ready to accept connections")) resolve();
    });
    server.once("error", reject);
    server.once("exit", () => reject(new Error(`redis-server has ended:\n${said}`)));
  });
}
