import { describe, expect, test } from "vitest";
import { type BuiltInKind, DEVICES } from "../../src/devices/catalogue.ts";
import { GuestMemory, layOut } from "../../src/hardware/memory.ts";
import { EchoPeer } from "../../src/peers/echo.ts";
import { isEndless, makeSoftware, type Workload } from "../../src/workloads/catalogue.ts";
import { GUEST_IP, GUEST_MAC, Rig } from "../support/station-rig.ts";

const ECHO = { name: "echo", mac: new Uint8Array([2, 0, 0, 0, 1, 1]), ip: 0x0a00_00fe };
const MS = 1_000_000;
const frame = { timestampNs: 0, bytes: new Uint8Array(60), originalBytes: 60 };

const ping = { kind: "ping", to: [ECHO], intervalNs: MS, payloadBytes: 56, timeoutNs: MS } as const;
const stream = { kind: "stream", to: [ECHO], payloadBytes: 56, framesPerS: 1000 } as const;
const request = { kind: "request-response", to: [ECHO], payloadBytes: 56, timeoutNs: MS } as const;

/** With the number of frames that each sends in 4 ms, its own ARP request aside. */
const FINITE: readonly (readonly [Workload, number])[] = [
  [{ ...ping, count: 3 }, 3],
  [{ ...stream, count: 3 }, 3],
  [{ ...request, count: 3 }, 3],
  [{ kind: "replay", frames: [frame, frame], loop: false, timing: "asap" }, 2],
  [{ kind: "program", program: function* () {} }, 0],
];

const ENDLESS: readonly Workload[] = [
  { ...ping, count: undefined },
  { ...stream, count: undefined },
  { ...request, count: undefined },
  { kind: "receive" },
  { kind: "replay", frames: [frame], loop: true, timing: "asap" },
  { kind: "hostile", attack: "never-idle" },
  { kind: "hostile", attack: "dma-outside" },
];

function run(workload: Workload, card: BuiltInKind = "rtl8139") {
  const rig = new Rig({ peers: [new EchoPeer(ECHO)] });
  const [slab] = layOut([65_536], false);
  if (slab === undefined) throw new Error("one slab was asked for");
  const memory = new GuestMemory(new ArrayBuffer(65_536), slab);
  const { makeAttack } = DEVICES[card];
  const machine = { makeAttack, ioBase: 0xc000, memory, mac: GUEST_MAC, ip: GUEST_IP, otherPorts: [] };
  const software = makeSoftware(workload, { ...machine, makeDriver: rig.makeDriver });
  rig.run(software, () => false, 4 * MS);
  return software.report();
}

describe("a workload with an end", () => {
  test.each(FINITE)("$kind comes to it", (workload, sentFrames) => {
    expect(isEndless(workload)).toBe(false);
    expect(run(workload).workload).toMatchObject({ finished: true, failure: undefined, sentFrames });
  });
});

describe("a workload without an end", () => {
  test.each(ENDLESS)("$kind goes on", (workload) => {
    expect(isEndless(workload)).toBe(true);
    expect(run(workload).workload.finished).toBe(false);
  });
});

test("only workloads on a kernel report one", () => {
  expect(run({ kind: "receive" }).kernel).toBeDefined();
  expect(run({ kind: "receive" }).driver).toBeDefined();
  expect(run({ kind: "hostile", attack: "touch-unheld" })).toMatchObject({
    kernel: undefined,
    driver: undefined,
  });
});

test("a report is plain data", () => {
  const report = run({ ...request, count: 3 });
  expect(structuredClone(report)).toEqual(report);
});

test.each(["dma-outside", "dma-over-end", "never-idle"] as const)("an NE2000 is attacked: %s", (attack) => {
  expect(run({ kind: "hostile", attack }, "ne2000").workload.attempts).toBeGreaterThan(0);
});
