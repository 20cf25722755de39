/** `vpio console` beside a `vpio run`, each a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import type { GuestImage } from "../../src/x86/image/load.ts";
import { debianImage, IMAGE_LIMIT_MS } from "../support/debian-image.ts";

const MAIN = resolve("dist/src/cli/main.js");
const DETACH = "\u001d";
const SCENARIO = `name: penguin
duration: 4min
host: { memory: 256MiB }
cards: [{ name: rtl0, kind: rtl8139, watchdog: 20s, revoke: 5s }]
guests: [{ name: penguin, kind: linux }]
`;

let image: GuestImage | undefined;
beforeAll(async () => {
  image = await debianImage();
}, IMAGE_LIMIT_MS);

let folder = "";
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vpio-console-"));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** A vpio that looks for consoles in `folder`. */
function vpio(...args: readonly string[]) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { ...process.env, XDG_RUNTIME_DIR: folder, NO_COLOR: "1" },
  });
  children.push(child);
  let said = "";
  const checks: (() => void)[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (bytes: Buffer) => {
      said += bytes.toString();
      for (const check of checks) check();
    });
  const says = (pattern: RegExp): Promise<void> =>
    new Promise((done) => {
      const check = (): void => (pattern.test(said) ? done() : undefined);
      checks.push(check);
      check();
    });
  const ends = new Promise<number | null>((done) => child.once("close", done));
  return { child, says, ends };
}

it("types into a guest of a run, and leaves it running", { timeout: 240_000 }, async (context) => {
  if (image === undefined) context.skip();
  const file = join(folder, "penguin.yaml");
  writeFileSync(file, SCENARIO);
  const run = vpio("run", file);
  await run.says(/to type into a guest/);
  const listing = vpio("console", "--list");
  await listing.says(/^penguin of process \d+\n$/);
  expect(await listing.ends).toBe(0);
  const console = vpio("console", "penguin");
  await console.says(/\/ # /);
  console.child.stdin.write("echo $((6 * 7))\n");
  await console.says(/\r\n42\r\n/);
  console.child.stdin.write(DETACH);
  expect(await console.ends).toBe(0);
  run.child.kill("SIGINT");
  await run.says(/All checked properties hold/);
  expect(await run.ends).toBe(0);
  const after = vpio("console");
  await after.says(/no `vpio run` with Linux guests is under way/);
  expect(await after.ends).toBe(2);
});
