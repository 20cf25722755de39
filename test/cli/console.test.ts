/** Consoles of Linux guests: who can be connected to, and what passes. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { guestId } from "../../src/base/ids.ts";
import { chosen, pass } from "../../src/cli/console.ts";
import { ConsoleServer } from "../../src/cli/console-server.ts";
import { findConsoles } from "../../src/cli/console-sockets.ts";
import { readScenario } from "../../src/scenario/read.ts";
import { FILES } from "../scenario/support.ts";

const LINUX = guestId(1);
const SCENARIO = readScenario(
  `name: x
cards: [{ name: rtl0, kind: rtl8139 }]
guests:
  - { name: alice, workload: { kind: receive } }
  - { name: penguin, kind: linux }
`,
  "x.yaml",
  FILES,
);

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vpio-consoles-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function open(): Promise<ConsoleServer> {
  const server = await ConsoleServer.open(SCENARIO, folder);
  if (server === undefined) throw new Error("a scenario with a Linux guest has consoles");
  return server;
}

/** A client, and a promise of what it has been shown once that is `text`. */
function client(path: string) {
  const socket = connect(path);
  let shown = "";
  const waiting: (() => void)[] = [];
  socket.on("data", (bytes) => {
    shown += bytes.toString();
    for (const check of waiting) check();
  });
  const sees = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const check = (): void => (shown === text ? resolve() : undefined);
      waiting.push(check);
      check();
    });
  return { socket, sees, shown: () => shown };
}

describe("the consoles of a run", () => {
  it("are there for each Linux guest while it lasts, for this user only", async () => {
    expect(findConsoles(folder)).toEqual([]);
    const server = await open();
    const found = findConsoles(folder);
    expect(found.map(({ pid, guest }) => [pid, guest])).toEqual([[process.pid, "penguin"]]);
    expect(statSync(join(folder, String(process.pid))).mode & 0o077).toBe(0);
    server.close();
    expect(findConsoles(folder)).toEqual([]);
  });

  it("pass on what is shown and what is typed; who comes later sees what was shown before", async () => {
    const server = await open();
    const typed: string[] = [];
    const arrived = new Promise<void>((resolve) => {
      server.connect((guest, bytes) => {
        typed.push(`${guest}: ${new TextDecoder().decode(bytes)}`);
        resolve();
      });
    });
    server.show(LINUX, new TextEncoder().encode("login: "));
    const [console] = findConsoles(folder);
    const first = client(console?.path ?? "");
    await first.sees("login: ");
    server.show(LINUX, new TextEncoder().encode("hello"));
    server.show(guestId(0), new TextEncoder().encode("nobody's"));
    await first.sees("login: hello");
    first.socket.write("root\n");
    await arrived;
    expect(typed).toEqual(["1: root\n"]);
    const second = client(console?.path ?? "");
    await second.sees("login: hello");
    const ended = new Promise((resolve) => first.socket.on("close", resolve));
    server.close();
    await ended;
    second.socket.destroy();
  });

  it("of a run that was killed are swept away by the next one", async () => {
    const stale = join(folder, "4194303");
    mkdirSync(stale);
    writeFileSync(join(stale, "ghost.console"), "");
    expect(findConsoles(folder)).toEqual([]);
    const server = await open();
    expect(() => statSync(stale)).toThrow(/ENOENT/);
    server.close();
  });

  it("leave nothing behind where there can be none", async () => {
    // Longer than the path of a socket may be.
    const deep = join(folder, "x".repeat(120));
    await expect(ConsoleServer.open(SCENARIO, deep)).rejects.toThrow(
      expect.objectContaining({
        code: "USAGE",
        message: expect.stringMatching(/found a path of \d+ bytes for a console, expected at most 10\d/),
      }),
    );
    expect(findConsoles(deep)).toEqual([]);
    expect(readdirSync(deep)).toEqual([]);
  });

  it("are none where no guest runs Linux", async () => {
    const text =
      "name: x\ncards: [{ name: a, kind: ne2000 }]\nguests: [{ name: b, workload: { kind: receive } }]";
    expect(await ConsoleServer.open(readScenario(text, "x.yaml", FILES), folder)).toBeUndefined();
  });
});

describe("what is typed", () => {
  it("ends at Ctrl-], even when the other end has not hung up yet", async () => {
    const socket = new PassThrough();
    const failed: Error[] = [];
    socket.on("error", (error) => failed.push(error));
    for (const typed of ["ls\n", "exit\u001dmore", "and more"]) pass(Buffer.from(typed), socket);
    const passed: Buffer[] = [];
    for await (const bytes of socket) passed.push(bytes);
    expect(Buffer.concat(passed).toString()).toBe("ls\nexit");
    expect(failed).toEqual([]);
  });
});

describe("the console that is meant", () => {
  const at = (pid: number, guest: string) => ({ pid, guest, path: `${pid}/${guest}` });

  it("is the only one, or the one that is named", () => {
    expect(chosen([at(1, "a")], undefined)).toEqual(at(1, "a"));
    expect(chosen([at(1, "a"), at(1, "b")], "b")).toEqual(at(1, "b"));
  });

  it.each([
    ["there is none", [], "a", "no `vpio run` with Linux guests is under way for this user"],
    ["it has another name", [at(1, "a"), at(1, "b")], "c", "found guest 'c', expected one of a, b"],
    ["nobody says which", [at(1, "a"), at(1, "b")], undefined, "found no guest, expected one of a, b"],
    [
      "two runs have one",
      [at(1, "a"), at(2, "a")],
      "a",
      "found guest 'a' in several runs, expected --pid 1, 2",
    ],
  ] as const)("is not to be told when %s", (_, consoles, guest, message) => {
    expect(() => chosen(consoles, guest)).toThrow(message);
  });
});
