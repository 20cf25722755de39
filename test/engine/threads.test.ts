/** Whole scenarios on real threads. */
import { describe, expect, it } from "vitest";
import { guestId } from "../../src/base/ids.ts";
import type { CapturedFrame, RunReport } from "../../src/engine/report.ts";
import { runOnThreads, ThreadsRun } from "../../src/engine/threads.ts";
import { loadScenario } from "../../src/scenario/load.ts";
import type { Scenario } from "../../src/scenario/scenario.ts";
import { expectTransmitTransparent, scenarioOf } from "../support/seeded.ts";

const shipped = (name: string, overrides = {}): Scenario => loadScenario(`scenarios/${name}.yaml`, overrides);

const byName = (report: RunReport, name: string) => {
  const guest = report.guests.find((one) => one.name === name);
  if (guest === undefined) throw new Error(`no guest ${name}`);
  return guest;
};

/** Every frame that reached the cards' connectors, in both directions. */
const atCards = (frames: readonly CapturedFrame[], direction: "in" | "out") =>
  frames.filter(({ at, direction: way }) => at.kind === "card" && way === direction);

describe("two guests that share a card through vpio", () => {
  it("send each frame once and in order over more than a thousand handoffs", async () => {
    const scenario = scenarioOf(`
name: long-streams
duration: 40s
wire: { peers: [{ kind: sink, name: sink }] }
cards: [{ name: rtl0, kind: rtl8139, policy: fifo }]
guests:
  - { name: alice, workload: { kind: stream, to: sink, size: 200 } }
  - { name: bob, workload: { kind: stream, to: sink, size: 200 } }
`);
    const done = new AbortController();
    const { report, frames } = await runOnThreads(scenario, {
      capture: true,
      signal: done.signal,
      onProgress: ({ cards }) => (cards[0]?.handoffs ?? 0) > 1100 && done.abort(),
    });
    expect(report.cards[0]?.handoffs).toBeGreaterThan(1000);
    expectTransmitTransparent(scenario, frames, [0, 1], false);
    for (const { gaps, duplicates, corrupted, inOrder, received } of report.peers[0]?.flows ?? []) {
      expect({ gaps, duplicates, corrupted }).toEqual({ gaps: 0, duplicates: 0, corrupted: 0 });
      expect(inOrder).toBe(received);
    }
    expect(atCards(frames, "out")).toHaveLength(report.cards[0]?.sentFrames ?? -1);
  });

  it("leave each other's memory alone", async () => {
    const done = new AbortController();
    const pings = (now: RunReport): number => byName(now, "alice").software?.workload.receivedFrames ?? 0;
    const { report } = await runOnThreads(shipped("two-tenants", { durationNs: 30e9 }), {
      signal: done.signal,
      onProgress: (now) => pings(now) > 10 && done.abort(),
    });
    expect(pings(report)).toBeGreaterThan(10);
    expect(report.guests.map(({ memory }) => memory?.changedBytes)).toEqual([0, 0]);
  });
});

describe("receiving over handoffs", () => {
  it.each(["drop", "hold", "arrival"])("under %s each frame is delivered or counted", async (strategy) => {
    const { report } = await runOnThreads(
      scenarioOf(`
name: receive
duration: 2s
wire: { peers: [{ kind: source, name: feed, to: [alice, bob], rate: 1000, size: 100, count: 1000, start: 400ms }] }
cards: [{ name: rtl0, kind: rtl8139, receive: ${strategy} }]
guests: [{ name: alice, workload: { kind: receive } }, { name: bob, workload: { kind: receive } }]
`),
    );
    for (const { missed, software } of report.guests) {
      const { filtered, off, overflow, refused, holdDropped, held } = missed;
      const received = software?.workload.flows[0]?.received ?? 0;
      const unread = (software?.kernel?.backlogDropped ?? 0) + (software?.kernel?.inboxDropped ?? 0);
      const skipped = report.peers[0]?.skipped ?? 0;
      const accounted = received + unread + filtered + off + overflow + refused + holdDropped + held;
      expect(accounted + skipped).toBeGreaterThanOrEqual(500 - 1);
      expect(accounted).toBeLessThanOrEqual(500);
      expect(software?.workload.flows[0]?.duplicates ?? 0).toBe(0);
    }
  });
});

describe("a hostile guest that programs DMA into its neighbour's memory", () => {
  it.each(["vpio", "vnic"] as const)("changes nothing in %s mode", async (mode) => {
    const done = new AbortController();
    const { report } = await runOnThreads(shipped("hostile-dma", { mode, durationNs: 30e9 }), {
      signal: done.signal,
      onProgress: ({ guests }) => (guests[0]?.vmm.violations[0]?.count ?? 0) > 5 && done.abort(),
    });
    const [mallory, ...victims] = report.guests;
    expect(mallory?.vmm.violations.some(({ kind }) => kind === "dma")).toBe(true);
    expect(victims.map(({ memory }) => memory?.changedBytes)).toEqual(victims.map(() => 0));
  });

  it("really does in passthrough mode", async () => {
    const done = new AbortController();
    const { report } = await runOnThreads(shipped("hostile-dma", { mode: "passthrough", durationNs: 30e9 }), {
      signal: done.signal,
      onProgress: ({ guests }) => (guests[0]?.software?.workload.attempts ?? 0) > 5 && done.abort(),
    });
    expect(report.guests[1]?.memory?.changedBytes).toBeGreaterThan(1000);
    expect(report.guests[1]?.state.kind).toBe("refused");
  });
});

describe("an owner that never lets the card idle", () => {
  it("loses it to the watchdog, and the other guest goes on", async () => {
    const done = new AbortController();
    const pings = (now: RunReport): number => byName(now, "honest").software?.workload.receivedFrames ?? 0;
    const { report } = await runOnThreads(shipped("stuck-owner", { durationNs: 30e9 }), {
      signal: done.signal,
      onProgress: (now) => now.cards[0]?.watchdogs === 1 && pings(now) > 10 && done.abort(),
    });
    expect(byName(report, "mallory").state).toMatchObject({
      kind: "crashed",
      reason: expect.stringContaining("watchdog"),
    });
    expect(report.cards[0]?.watchdogs).toBe(1);
    expect(pings(report)).toBeGreaterThan(10);
  });
});

describe("a worker that dies", () => {
  const pair = `
name: crash
duration: 20s
wire: { peers: [{ kind: sink, name: sink }] }
cards: [{ name: rtl0, kind: rtl8139 }]
guests:
  - { name: alice, workload: { kind: stream, to: sink, size: 200 } }
  - { name: bob, workload: { kind: stream, to: sink, size: 200 } }
`;

  /** Runs until `when`, then does `what`, then runs until `until`. */
  async function interfere(
    when: (report: RunReport) => boolean,
    what: (run: ThreadsRun) => Promise<void>,
    until: (report: RunReport) => boolean,
  ): Promise<RunReport> {
    const done = new AbortController();
    let interfered = false;
    const run: ThreadsRun = new ThreadsRun(scenarioOf(pair), {
      signal: done.signal,
      onProgress: (report) => {
        if (!interfered && when(report)) {
          interfered = true;
          void what(run);
        } else if (interfered && until(report)) done.abort();
      },
    });
    try {
      return (await run.run()).report;
    } finally {
      await run.terminate();
    }
  }

  const sent = (report: RunReport, name: string): number =>
    byName(report, name).software?.workload.sentFrames ?? 0;

  it("ends its guest with an error; the other's stream goes on without a gap", async () => {
    let before = 0;
    const report = await interfere(
      (now) => sent(now, "alice") > 5 && sent(now, "bob") > 5,
      async (run) => run.killGuest(guestId(0)),
      (now) => {
        if (byName(now, "alice").state.kind === "crashed" && before === 0) before = sent(now, "bob");
        return before > 0 && sent(now, "bob") > before + 50;
      },
    );
    expect(byName(report, "alice").state.kind).toBe("crashed");
    // Since it was last heard of it may have taken more memory into use: nobody can say what should be there.
    expect(byName(report, "alice").memory).toBeUndefined();
    expect(byName(report, "bob").memory?.changedBytes).toBe(0);
    expect(sent(report, "bob")).toBeGreaterThan(before + 50);
    const bobs = report.peers[0]?.flows.find(({ flow }) => flow.startsWith("10.0.0.2"));
    expect(bobs).toMatchObject({ gaps: 0, duplicates: 0, corrupted: 0 });
  });

  it("with the card ends its guests, each with a reason", async () => {
    const report = await interfere(
      (now) => sent(now, "alice") > 5,
      async (run) => run.killCard(0),
      (now) => now.guests.every(({ state }) => state.kind === "crashed"),
    );
    expect(report.guests.map(({ state }) => state)).toEqual([
      { kind: "crashed", reason: "the card rtl0 is lost" },
      { kind: "crashed", reason: "the card rtl0 is lost" },
    ]);
  });
});

describe("replay", () => {
  it("puts each frame of the capture on the wire unmodified", async () => {
    const { report, frames } = await runOnThreads(shipped("replay", { durationNs: 6e9 }), { capture: true });
    expect(
      report.guests.some(({ workload, software }) => workload === "replay" && software?.workload.finished),
    ).toBe(true);
    expectTransmitTransparent(shipped("replay"), frames, [], true);
    const handed = frames.filter(({ at, direction }) => at.kind === "guest" && direction === "out");
    expect(atCards(frames, "out").length).toBe(handed.length);
  });
});
