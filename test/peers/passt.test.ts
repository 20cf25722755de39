/** The server against TCP as this machine has it, with passt between: see test/support/passt.ts. */
import { execFile, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { promisify } from "node:util";
import { afterEach, expect, it, vi } from "vitest";
import { HttpPeer } from "../../src/peers/http.ts";
import { describeWith } from "../support/outside.ts";
import { type Lets, Passt, whyNoPasst } from "../support/passt.ts";

const describeWithPasst = describeWith(whyNoPasst(), "our TCP has NOT been tested against this machine's");

const FILE_BYTES = 5 * 2 ** 20;
const run = promisify(execFile);

let passt: Passt | undefined;
afterEach(async () => {
  await passt?.stop();
  passt = undefined;
});

interface Server {
  readonly peer: HttpPeer;
  readonly port: number;
  readonly base: string;
}

async function start(lets?: Lets): Promise<Server> {
  const address = { name: "server", mac: Uint8Array.of(2, 0, 0, 0, 1, 1), ip: 0x0a00_00fe };
  const peer = new HttpPeer(address, { seed: 7 });
  passt = await Passt.start(peer, lets);
  const { port } = passt;
  return { peer, port, base: `http://127.0.0.1:${port}` };
}

/** Everything that comes back until the other side closes. */
async function talk(port: number, request: string, allowHalfOpen = false): Promise<Buffer> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen });
  const parts: Buffer[] = [];
  socket.on("data", (part) => parts.push(part));
  if (allowHalfOpen) socket.end(request);
  else socket.write(request);
  await once(socket, "end");
  return Buffer.concat(parts);
}

async function get(port: number, path: string): Promise<Buffer> {
  const answer = await talk(port, `GET ${path} HTTP/1.1\r\nHost: server\r\n\r\n`);
  return answer.subarray(answer.indexOf("\r\n\r\n") + 4);
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** What each command writes of what it fetches. */
const COMMANDS = [
  ["curl", ["--silent", "--show-error", "--fail", "--max-time", "60"]],
  ["wget", ["--quiet", "--tries=1", "--timeout=60", "--output-document=-"]],
] as const;
const missing = COMMANDS.filter(([name]) => spawnSync(name, ["--version"]).error !== undefined);
for (const [name] of missing) console.warn(`SKIPPED: ${name} is not installed; it has NOT fetched anything`);

describeWithPasst("over this machine's own TCP", { timeout: 90_000 }, () => {
  it("serves 5 MB, and the digest that proves it", async () => {
    const { peer, port } = await start();
    const file = await get(port, `/${FILE_BYTES}`);
    const line = await get(port, `/${FILE_BYTES}.sha256`);
    expect(file).toHaveLength(FILE_BYTES);
    expect(line.toString()).toBe(`${sha256(file)}  ${FILE_BYTES}\n`);
    expect(peer.report().http).toMatchObject({ accepted: 2, refused: 0, reset: 0, damagedSegments: 0 });
  });

  it("serves many at once, each whole", async () => {
    const { peer, port } = await start();
    const sizes = Array.from({ length: 24 }, (_, i) => 100_000 + 1009 * i);
    const files = await Promise.all(sizes.map((size) => get(port, `/${size}`)));
    expect(files.map(({ length }) => length)).toEqual(sizes);
    const largest = files[23] ?? Buffer.alloc(0);
    for (const file of files) expect(file.equals(largest.subarray(0, file.length))).toBe(true);
    expect(peer.report().http).toMatchObject({ accepted: 24, refused: 0, reset: 0 });
  });

  it("gets a file through when every tenth of its frames is lost", async () => {
    let sent = 0;
    const { peer, port } = await start(() => ++sent % 10 !== 0);
    const size = 100_000;
    const [file, line] = await Promise.all([get(port, `/${size}`), get(port, `/${size}.sha256`)]);
    expect(line.toString()).toBe(`${sha256(file)}  ${size}\n`);
    expect(peer.report().http?.retransmittedSegments).toBeGreaterThan(0);
  });

  it("answers who has closed its own side already", async () => {
    const { peer, port } = await start();
    const answer = await talk(port, "GET /100000 HTTP/1.0\r\n\r\n", true);
    expect(answer.length).toBeGreaterThan(100_000);
    await vi.waitFor(() => expect(peer.report().http).toMatchObject({ finished: 1, open: 0 }), 10_000);
  });

  it("forgets who breaks off", async () => {
    const { peer, port } = await start();
    const socket = connect({ port, host: "127.0.0.1" });
    socket.write(`GET /${64 * 2 ** 20} HTTP/1.0\r\n\r\n`);
    await once(socket, "data");
    socket.resetAndDestroy();
    await vi.waitFor(() => expect(peer.report().http).toMatchObject({ reset: 1, open: 0 }), 10_000);
  });

  it.each(COMMANDS.filter((command) => !missing.includes(command)))("serves %s", async (command, options) => {
    const { base } = await start();
    const fetched = (path: string) =>
      run(command, [...options, base + path], { encoding: "buffer", maxBuffer: 2 ** 24 });
    const { stdout: file } = await fetched(`/${FILE_BYTES}`);
    const { stdout: line } = await fetched(`/${FILE_BYTES}.sha256`);
    expect(line.toString()).toBe(`${sha256(file)}  ${FILE_BYTES}\n`);
    await expect(fetched("/nothing")).rejects.toThrow();
  });
});
