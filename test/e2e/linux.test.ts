/** Unmodified Linux guests on the threads engine: their own drivers on cards that they share. */
import { beforeAll, describe, expect, it, type TestContext } from "vitest";
import { guestId } from "../../src/base/ids.ts";
import type { GuestReport, RunOptions, RunReport } from "../../src/engine/report.ts";
import { ThreadsRun } from "../../src/engine/threads.ts";
import { exitCodeOf, findingsOf } from "../../src/export/properties.ts";
import { textReport } from "../../src/export/text-report.ts";
import { readScenario } from "../../src/scenario/read.ts";
import type { Scenario } from "../../src/scenario/scenario.ts";
import type { GuestImage } from "../../src/x86/image/load.ts";
import { debianImage, IMAGE_LIMIT_MS } from "../support/debian-image.ts";

const LIMIT_MS = 300_000;
const KIB = 1024;

let image: GuestImage | undefined;
beforeAll(async () => {
  image = await debianImage();
}, IMAGE_LIMIT_MS);

const PEERS = "[{ kind: echo, name: gateway, ip: 10.0.0.254 }, { kind: http, name: server, ip: 10.0.0.253 }]";
const fetch = (bytes: number): string => `fetch http://10.0.0.253/${bytes}`;

function scenarioOf(context: TestContext, cards: string, guests: string): Scenario {
  if (image === undefined) context.skip();
  // The machine is busy with other tests: what takes half a second here may take some there.
  const text = `name: linux
duration: 4min
host: { memory: 512MiB }
wire: { peers: ${PEERS} }
cards:
${cards}
guests:
${guests}
`;
  return readScenario(text, "linux.yaml", { locate: (file) => file, read: () => undefined });
}

const CARD = "policy: round-robin, receive: arrival, watchdog: 20s, revoke: 5s";
const RTL0 = `  - { name: rtl0, kind: rtl8139, ${CARD} }`;

/** Runs to the end; `during` may meddle. What a failed expectation shows is the report. */
async function run(
  scenario: Scenario,
  during: (run: ThreadsRun, report: RunReport) => void = () => undefined,
  options: RunOptions = {},
): Promise<RunReport> {
  const threads: ThreadsRun = new ThreadsRun(scenario, {
    ...options,
    onProgress: (report) => during(threads, report),
  });
  try {
    const { report } = await threads.run();
    return report;
  } finally {
    await threads.terminate();
  }
}

const guestOf = (report: RunReport, name: string): GuestReport => {
  const guest = report.guests.find((one) => one.name === name);
  if (guest === undefined) throw new Error(`no guest ${name}`);
  return guest;
};

const statusesOf = ({ linux }: GuestReport): readonly (number | string)[] =>
  (linux?.commands ?? []).map(({ state }) => (state.kind === "ended" ? state.status : state.kind));

function expectWhole(report: RunReport, scenario: Scenario, name: string, bytes: number): void {
  const { linux } = guestOf(report, name);
  expect(linux?.fetched, textReport(report, scenario)).toMatchObject([{ bytes, outcome: "ok" }]);
}

describe("Linux", { timeout: LIMIT_MS }, () => {
  it("shares an RTL8139 with another: both ping, both fetch, while it changes hands", async (context) => {
    const guests = `  - { name: penguin, count: 2, kind: linux, driver: 8139too, commands: [ping -c 3 -i 0.2 10.0.0.254, "${fetch(512 * KIB)}"] }`;
    const scenario = scenarioOf(context, RTL0, guests);
    const report = await run(scenario);
    for (const name of ["penguin-1", "penguin-2"]) {
      expectWhole(report, scenario, name, 512 * KIB);
      const guest = guestOf(report, name);
      expect(statusesOf(guest)).toEqual([0, 0]);
      expect(guest.linux).toMatchObject({ driver: "8139too", stateName: "system.idle processor.free" });
      expect(guest.linux?.traffic?.receivedBytes).toBeGreaterThan(512 * KIB);
    }
    expect(guestOf(report, "penguin-1").linux?.address).toBe("10.0.0.1/24");
    expect(report.cards[0]?.handoffs).toBeGreaterThan(20);
    expect(exitCodeOf(report, findingsOf(report, scenario))).toBe(0);
    expect(textReport(report, scenario)).toMatch(/exits per packet; the paper's rtl8139 has 6\.4 sending/);
  });

  it("shares an NE2000, every byte through its data port, with a guest of ours", async (context) => {
    const card = `  - { name: ne0, kind: ne2000, ${CARD} }`;
    const guests = `  - { name: penguin, kind: linux, commands: ["${fetch(64 * KIB)}"] }
  - { name: alice, workload: { kind: ping, to: gateway, interval: 100ms } }`;
    const scenario = scenarioOf(context, card, guests);
    const report = await run(scenario, (threads, { guests: now }) => {
      // Only Linux comes to an end; alice would ping for ever.
      if (now[0]?.software?.workload.finished) void threads.killGuest(guestId(1));
    });
    expectWhole(report, scenario, "penguin", 64 * KIB);
    expect(guestOf(report, "penguin").linux?.driver).toBe("ne2k-pci");
    expect(guestOf(report, "alice").software?.workload.receivedFrames).toBeGreaterThan(0);
    expect(report.cards[0]?.handoffs).toBeGreaterThan(2);
  });

  it("is not reached by a neighbour that points the card at memory which is not its own", async (context) => {
    const guests = `  - { name: penguin, kind: linux, commands: ["${fetch(256 * KIB)}"] }
  - { name: mallory, workload: { kind: hostile, attack: dma-outside } }`;
    const scenario = scenarioOf(context, RTL0, guests);
    const report = await run(scenario, (threads, { guests: now }) => {
      if (now[0]?.software?.workload.finished) void threads.killGuest(guestId(1));
    });
    expectWhole(report, scenario, "penguin", 256 * KIB);
    expect(guestOf(report, "mallory").vmm.violations.length).toBeGreaterThan(0);
    expect(guestOf(report, "penguin").vmm.violations).toEqual([]);
  });

  it("goes on when another is killed in the middle of its download", async (context) => {
    const guests = `  - { name: victim, kind: linux, commands: ["${fetch(64 * 1024 * KIB)}"] }
  - { name: other, kind: linux, commands: ["${fetch(512 * KIB)}"] }`;
    const scenario = scenarioOf(context, RTL0, guests);
    const received = (report: RunReport): number =>
      Math.min(...report.guests.map(({ linux }) => linux?.traffic?.receivedBytes ?? 0));
    const killedAt: number[] = [];
    const report = await run(scenario, (threads, now) => {
      if (killedAt.length > 0 || received(now) < 64 * KIB) return;
      killedAt.push(received(now));
      void threads.killGuest(guestId(0));
    });
    expect(killedAt).toHaveLength(1);
    expect(guestOf(report, "victim").state).toMatchObject({ kind: "crashed" });
    expectWhole(report, scenario, "other", 512 * KIB);
  });

  it("may wait for its card for longer than a worker may be silent", async (context) => {
    const card = "  - { name: rtl0, kind: rtl8139, policy: round-robin, watchdog: 7s }";
    const guests = `  - { name: mallory, workload: { kind: hostile, attack: never-idle } }
  - { name: penguin, kind: linux, start: 100ms, commands: ["${fetch(16 * KIB)}"] }`;
    const scenario = scenarioOf(context, card, guests);
    const report = await run(scenario);
    expectWhole(report, scenario, "penguin", 16 * KIB);
    expect(guestOf(report, "penguin").vmm.blocked.max).toBeGreaterThan(5e9);
    expect(guestOf(report, "mallory").state).toMatchObject({ kind: "crashed" });
  });

  it("has a card of its own in passthrough mode, and hardly exits", async (context) => {
    const guests = `  - { name: penguin, kind: linux, commands: ["${fetch(256 * KIB)}"] }`;
    const scenario = { ...scenarioOf(context, RTL0, guests), mode: "passthrough" as const };
    const report = await run(scenario);
    expectWhole(report, scenario, "penguin", 256 * KIB);
    const { io } = guestOf(report, "penguin");
    expect(io.exits).toBeLessThan(io.operations / 10);
  });

  it("has a virtual card in vnic mode, and always exits", async (context) => {
    const guests = `  - { name: penguin, count: 2, kind: linux, commands: ["${fetch(64 * KIB)}"] }`;
    const scenario = { ...scenarioOf(context, RTL0, guests), mode: "vnic" as const };
    const report = await run(scenario);
    for (const name of ["penguin-1", "penguin-2"]) expectWhole(report, scenario, name, 64 * KIB);
    const { io } = guestOf(report, "penguin-1");
    expect(io.exits).toBe(io.operations);
  });

  it("can be typed into", async (context) => {
    const scenario = scenarioOf(context, RTL0, "  - { name: penguin, kind: linux }");
    const ending = new AbortController();
    let shown = "";
    let type: ((bytes: Uint8Array) => void) | undefined;
    await run(scenario, undefined, {
      signal: ending.signal,
      onConsoles: (typeOn) => {
        type = (bytes) => typeOn(guestId(0), bytes);
      },
      onConsole: (_, bytes) => {
        shown += new TextDecoder().decode(bytes);
        if (shown.includes("/ #")) type?.(new TextEncoder().encode("echo $((6 * 7))\n"));
        if (/\r\n42\r\n/.test(shown)) ending.abort();
      },
    });
    expect(shown).toMatch(/\r\n42\r\n/);
  });

  it("ends with a reason when it restarts itself", async (context) => {
    const scenario = scenarioOf(context, RTL0, "  - { name: penguin, kind: linux, commands: [reboot -f] }");
    const report = await run(scenario);
    expect(guestOf(report, "penguin").state).toEqual({ kind: "crashed", reason: "it has restarted itself" });
    expect(guestOf(report, "penguin").linux?.stateName).toBe("system.crashed processor.free");
  });
});
