/** Two vpio processes with one segment. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { JsonReport } from "../../src/export/json-report.ts";
import { type Ended, VpioProcess } from "../support/command.ts";
import { freePort } from "../support/free-port.ts";

afterEach(() => VpioProcess.killAll());

/** The shipped scenario with another port, for so long. */
function variant(folder: string, name: string, port: number): string {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(
    file,
    readFileSync(`scenarios/${name}.yaml`, "utf8").replace("127.0.0.1:5571", `127.0.0.1:${port}`),
  );
  return file;
}

const reportOf = ({ out }: Ended): JsonReport => JSON.parse(out) as JsonReport;

it("guests of two processes reach each other through two shared cards", { timeout: 120_000 }, async () => {
  const [folder, port] = [mkdtempSync(join(tmpdir(), "vpio-")), await freePort()];
  const start = (name: string): VpioProcess =>
    new VpioProcess(["run", variant(folder, name, port), "--json"]);
  const [a, b] = [start("two-segments-a"), start("two-segments-b")];
  const [endedA, endedB] = [await a.ended, await b.ended];
  expect([endedA.code, endedB.code], `${endedA.err}\n${endedB.err}`).toEqual([0, 0]);
  const [here, there] = [reportOf(endedA), reportOf(endedB)];
  const received = ({ report }: JsonReport, guest: number) => report.guests[guest]?.software?.workload;
  // alice and carol ping each other; what dave streams arrives at bob, each datagram once and undamaged.
  expect(received(here, 0)?.receivedFrames).toBeGreaterThan(10);
  expect(received(there, 0)?.receivedFrames).toBeGreaterThan(10);
  const [flow] = received(here, 1)?.flows ?? [];
  expect(flow).toMatchObject({ duplicates: 0, corrupted: 0, late: 0 });
  expect(flow?.received).toBeGreaterThan(100);
  // Neither uplink makes frames up.
  const [up, down] = [here.report.uplinks[0], there.report.uplinks[0]];
  expect(up?.connections).toBe(1);
  expect(down?.connections).toBe(1);
  expect(up?.inFrames).toBeLessThanOrEqual(down?.outFrames ?? 0);
  expect(down?.inFrames).toBeLessThanOrEqual(up?.outFrames ?? 0);
  expect(up?.malformed).toBe(0);
});
