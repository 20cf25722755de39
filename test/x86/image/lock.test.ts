/** One build at a time, whoever builds, and however that ends. */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { withLock } from "../../../src/x86/image/lock.ts";
import { sha256 } from "../../../src/x86/image/manifest.ts";

/** A promise with its ends in hand. */
function gate() {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, passed };
}

const never = (): AbortSignal => new AbortController().signal;

describe.runIf(process.platform === "linux")("the lock", () => {
  it("lets one in at a time, and each one in the end", async () => {
    const name = randomUUID();
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
    };
    const all = Array.from({ length: 20 }, () => withLock(name, { signal: never(), onWait: () => {} }, work));
    await Promise.all(all);
    expect(most).toBe(1);
  });

  it("says who waits, and gives the lock on when the work fails", async () => {
    const name = randomUUID();
    const [waits, goOn] = [gate(), gate()];
    const first = withLock(name, { signal: never(), onWait: () => {} }, async () => {
      await goOn.passed;
      throw new Error("failed");
    });
    const second = withLock(name, { signal: never(), onWait: waits.open }, async () => "second");
    await waits.passed;
    goOn.open();
    await expect(first).rejects.toThrow("failed");
    expect(await second).toBe("second");
  });

  it("can be given up waiting for", async () => {
    const name = randomUUID();
    const [waits, goOn] = [gate(), gate()];
    const controller = new AbortController();
    const first = withLock(name, { signal: never(), onWait: () => {} }, () => goOn.passed);
    const options = { signal: controller.signal, onWait: waits.open };
    const second = withLock(name, options, async () => "never");
    await waits.passed;
    controller.abort();
    await expect(second).rejects.toThrow();
    goOn.open();
    await first;
  });

  it("is free again when a process is killed that had it", async () => {
    const name = randomUUID();
    const path = `vpio-${process.getuid?.() ?? 0}-${sha256(name)}`;
    const program = `require("net").createServer((s) => s.on("error", () => {})).listen("\\0${path}", () => console.log("held"))`;
    const holder = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
    await once(holder.stdout, "data");
    const waits = gate();
    const ours = withLock(name, { signal: never(), onWait: waits.open }, async () => "ours");
    await waits.passed;
    holder.kill("SIGKILL");
    expect(await ours).toBe("ours");
  });
});
