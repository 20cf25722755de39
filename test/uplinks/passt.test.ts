/** passt, started by vpio: a real network behind the segment. */
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { runOnThreads } from "../../src/engine/threads.ts";
import { filesBeside, loadScenario } from "../../src/scenario/load.ts";
import { readScenario } from "../../src/scenario/read.ts";
import { VpioProcess } from "../support/command.ts";
import { describeWith } from "../support/outside.ts";
import { whyNoPasst } from "../support/passt.ts";

const describeWithPasst = describeWith(whyNoPasst(), "nobody has got an address from it");

/** The processes called passt that have been started from the folder `pid` is in, by that process or since. */
const passtsOf = (parent: number): readonly string[] =>
  readdirSync("/proc").filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      const [, name = "", rest = ""] =
        /\((.*)\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
      return name.startsWith("passt") && Number(rest) === parent;
    } catch {
      // It has ended meanwhile.
      return false;
    }
  });

/** Waits until this holds; the test's own limit ends it. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

const alive = (pid: string): boolean => readdirSync("/proc").includes(pid);

describeWithPasst("passt", () => {
  afterEach(() => VpioProcess.killAll());

  it("gives guests that share a card a lease, and its router answers them", async () => {
    const scenario = loadScenario("scenarios/uplink-passt.yaml", { durationNs: 50e9 });
    const { report } = await runOnThreads(scenario);
    for (const { software } of report.guests) {
      expect(software?.workload).toMatchObject({ finished: true, failure: undefined });
      expect(software?.workload.notes[0]).toMatch(/^lease of \d+\.\d+\.\d+\.\d+, mask .*, router /);
      expect(software?.workload.notes[1]).toMatch(/^the router \S+ answers ARP$/);
    }
    expect(report.uplinks[0]).toMatchObject({ connections: 1, malformed: 0, stateName: "connected" });
    expect(passtsOf(process.pid)).toEqual([]);
  });

  it("may run already, and is found by its socket", async () => {
    const folder = mkdtempSync(join(tmpdir(), "vpio-"));
    // Started by root it goes on as nobody, who must be able to make the socket.
    chmodSync(folder, 0o777);
    const passt = spawn("passt", ["-f", "-q", "-1", "-s", join(folder, "lab.sock")], { stdio: "ignore" });
    const ended = new Promise((resolve) => passt.once("close", resolve));
    try {
      const scenario = readScenario(
        `name: lab\nduration: 50s\nwire: { uplinks: [{ kind: passt, name: host, socket: lab.sock, reconnect: 5ms }] }\n` +
          "cards: [{ name: rtl0, kind: rtl8139 }]\nguests: [{ name: alice, workload: { kind: dhcp } }]\n",
        join(folder, "lab.yaml"),
        filesBeside(join(folder, "lab.yaml")),
      );
      const { report } = await runOnThreads(scenario);
      expect(report.guests[0]?.software?.workload.notes[0]).toMatch(/^lease of /);
      expect(report.uplinks[0]).toMatchObject({ connections: 1, to: `passt at ${join(folder, "lab.sock")}` });
      // It was told to end with its first client.
      await ended;
    } finally {
      passt.kill();
      rmSync(folder, { recursive: true });
    }
  });

  it.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)("is gone after %s", async (signal) => {
    const folder = mkdtempSync(join(tmpdir(), "vpio-"));
    const file = join(folder, "endless.yaml");
    const guest = "{ name: alice, workload: { kind: receive } }";
    writeFileSync(
      file,
      `name: endless\nduration: 50s\nwire: { uplinks: [{ kind: passt, name: host }] }\n` +
        `cards: [{ name: rtl0, kind: rtl8139 }]\nguests: [${guest}]\n`,
    );
    const vpio = new VpioProcess(["run", file]);
    await until(() => passtsOf(vpio.pid).length === 1);
    const [passt = ""] = passtsOf(vpio.pid);
    vpio.kill(signal);
    const { code, out } = await vpio.ended;
    await until(() => !alive(passt));
    if (signal === "SIGKILL") return;
    expect(code).toBe(0);
    expect(out).toMatch(/^host +passt +connected /m);
  });

  it("is started again when it has ended", async () => {
    const scenario = loadScenario("scenarios/uplink-passt.yaml", { durationNs: 50e9 });
    const guests = scenario.guests.map((guest) => ({ ...guest, workload: { kind: "receive" } as const }));
    const over = new AbortController();
    const killed = new Set<string>();
    const { report } = await runOnThreads(
      { ...scenario, guests },
      {
        signal: over.signal,
        onProgress: ({ uplinks }) => {
          const [passt] = passtsOf(process.pid);
          if (passt !== undefined && killed.size < 2) process.kill(Number(passt), "SIGKILL");
          if (passt !== undefined) killed.add(passt);
          if ((uplinks[0]?.connections ?? 0) > 2) over.abort();
        },
      },
    );
    expect(report.uplinks[0]).toMatchObject({ connections: 3, stateName: "connected" });
  });
});

it("a machine without passt is told what to do", async () => {
  const path = process.env["PATH"];
  process.env["PATH"] = mkdtempSync(join(tmpdir(), "vpio-"));
  const vpio = new VpioProcess(["run", "uplink-passt"]);
  process.env["PATH"] = path;
  const { code, err } = await vpio.ended;
  expect(code).toBe(2);
  expect(err).toMatch(/^error: uplink host: found no passt on this machine: install it .*apt install passt/m);
});
