/** Faults on real threads: workers that are killed, and messages that do not arrive as they were sent. */
import { describe, expect, it } from "vitest";
import { EXIT } from "../../src/base/errors.ts";
import { type LogEvent, LogReader } from "../../src/engine/recording.ts";
import { replayRun } from "../../src/engine/replay-run.ts";
import type { RunOutcome, RunRecording, RunReport } from "../../src/engine/report.ts";
import { runOnThreads } from "../../src/engine/threads.ts";
import { sumOf } from "../../src/export/figures.ts";
import { exitCodeOf, failuresOf, findingsOf } from "../../src/export/properties.ts";
import type { Mode, Scenario } from "../../src/scenario/scenario.ts";
import { type FaultKind, parseFaults } from "../../src/transport/fault-plan.ts";
import { loadedOf, scenarioOf } from "../support/seeded.ts";

const CARDS = ["rtl8139", "ne2000"];
const FRAMES = 400;

const runWith = (scenario: Scenario, faults: string, record = false): Promise<RunOutcome> =>
  runOnThreads(scenario, { faults: parseFaults(faults), record });

const struckBy = ({ faults }: RunReport, kind: FaultKind): number =>
  faults.counts.find((count) => count.kind === kind)?.struck ?? Number.NaN;

/** The faults that struck count neither as failures of vpio nor as violations. */
function expectHolds(report: RunReport, scenario: Scenario): void {
  expect(failuresOf(report)).toEqual([]);
  expect(findingsOf(report, scenario)).toEqual([]);
  expect(exitCodeOf(report, [])).toBe(EXIT.ok);
  expect(report.guests.map(({ memory }) => memory?.changedBytes)).toEqual(report.guests.map(() => 0));
}

const streams = (card: string, policy: string, seed = 7, frames = FRAMES): Scenario =>
  scenarioOf(`
name: two-streams
seed: ${seed}
duration: 120s
wire: { peers: [{ kind: sink, name: sink }] }
cards: [{ name: card0, kind: ${card}, policy: ${policy} }]
guests:
  - { name: alice, memory: 256KiB, workload: { kind: stream, to: sink, size: 300, count: ${frames} } }
  - { name: bob, memory: 256KiB, workload: { kind: stream, to: sink, size: 300, count: ${frames} } }
`);

describe.each(CARDS)("a guest of the %s whose worker is killed in mid-transfer", (card) => {
  // With these seeds a guest meets its end between its 1,500th move and its 2,500th: long after it has begun to send,
  // long before it is done.
  it.each([
    ["fifo", 7],
    ["fifo", 8],
    ["{ kind: round-robin, quantum: 10s }", 47],
  ])("leaves the other's transfer whole and the card to it, under %s with seed %i", async (policy, seed) => {
    const scenario = streams(card, policy, seed);
    const { report } = await runWith(scenario, "guest-crash=1/2000");
    const victim = report.guests.find(({ state }) => state.kind === "crashed");
    const heir = report.guests.find(({ state }) => state.kind === "running");
    expect(victim?.state).toEqual({ kind: "crashed", reason: "a fault has killed it" });
    expect(report.faults).toEqual({
      counts: [{ kind: "guest-crash", struck: 1, budget: 1 }],
      killed: [`guest ${victim?.id}`],
    });

    const flowOf = (guest: number | undefined) =>
      report.peers[0]?.flows.find(({ flow }) => flow.startsWith(`10.0.0.${Number(guest) + 1}/`));
    const whole = { gaps: 0, duplicates: 0, corrupted: 0 };
    expect(flowOf(heir?.id)).toMatchObject({ ...whole, received: FRAMES, inOrder: FRAMES });
    expect(flowOf(victim?.id)).toMatchObject(whole);
    expect(flowOf(victim?.id)?.received).toBeGreaterThan(0);
    expect(flowOf(victim?.id)?.received).toBeLessThan(FRAMES);

    expect(heir?.software?.workload).toMatchObject({ sentFrames: FRAMES, finished: true });
    expect(report.cards[0]?.handoffs).toBeGreaterThan(0);
    expect(report.elapsedNs).toBeLessThan(scenario.durationNs);
    expectHolds(report, scenario);
  });
});

describe.each(CARDS)("an %s whose worker is killed", (card) => {
  it.each(["vpio", "passthrough", "vnic"] as Mode[])(
    "ends its guests with an error that names it, in mode %s",
    async (mode) => {
      const scenario = { ...streams(card, "fifo"), mode };
      const faults = parseFaults("card-lost=1/500");
      const { report, frames } = await runOnThreads(scenario, { faults, capture: true });
      expect(report.faults.killed).toEqual(["nic 0"]);
      expect(report.cards[0]?.nicState).toBe("dead");
      const left = frames.filter(({ at, direction }) => at.kind === "card" && direction === "out");
      expect(left).toHaveLength(report.cards[0]?.sentFrames ?? Number.NaN);
      const lost = { kind: "crashed", reason: "the card card0 is lost" };
      const refused = { kind: "refused", reason: "card0 is passed through to alice" };
      expect(report.guests.map(({ state }) => state)).toEqual([
        lost,
        mode === "passthrough" ? refused : lost,
      ]);
      expect(report.elapsedNs).toBeLessThan(scenario.durationNs);
      expectHolds(report, scenario);
    },
  );
});

const pings = (card: string, mode: Mode, durationS: number, timeout: string): Scenario =>
  scenarioOf(
    `
name: pings
duration: ${durationS}s
wire: { peers: [{ kind: echo, name: gateway }] }
cards: [{ name: card0, kind: ${card} }]
guests: [{ name: alice, memory: 256KiB, workload: { kind: ping, to: gateway, count: 40, timeout: ${timeout} } }]
`,
    { mode },
  );

/** Events of that kind in all logs of a recording. */
function lived(recording: RunRecording | undefined, kind: LogEvent["kind"]): number {
  let count = 0;
  for (const [address, log] of recording?.logs ?? []) {
    const reader = new LogReader(`${address}`, log);
    for (let event = reader.next; event !== undefined; event = reader.next) {
      if (event.kind === kind) count++;
      reader.advance();
    }
  }
  return count;
}

function expectReplays(scenario: Scenario, recording: RunRecording | undefined): void {
  if (recording === undefined) throw new Error("the run was recorded");
  expect(replayRun(scenario, loadedOf(scenario), recording).finalHash).toBe(recording.finalHash);
}

describe.each(CARDS)("interrupts of the %s", (card) => {
  it("that are lost never reach the guest", async () => {
    const scenario = pings(card, "passthrough", 1, "20ms");
    const { report, recording } = await runWith(scenario, "irq-lost=1/1:1000", true);
    // The line stays up and so never rises again: one is all there is to lose.
    expect(struckBy(report, "irq-lost")).toBe(1);
    expect(lived(recording, "lose")).toBe(1);
    expect(report.guests[0]?.vmm.interruptsInjected).toBe(0);
    expect(report.guests[0]?.software?.workload.receivedFrames).toBe(0);
    expect(report.cards[0]?.received.stored).toBeGreaterThan(0);
    expectReplays(scenario, recording);
    expectHolds(report, scenario);
  });

  it.each(["passthrough", "vpio", "vnic"] as Mode[])(
    "that are late come all the same, in mode %s",
    async (mode) => {
      const scenario = pings(card, mode, 30, "10s");
      const { report, recording } = await runWith(scenario, "irq-late=1/1:1000", true);
      expect(struckBy(report, "irq-late")).toBeGreaterThan(10);
      expect(lived(recording, "delay")).toBeGreaterThanOrEqual(struckBy(report, "irq-late"));
      expect(lived(recording, "late")).toBe(lived(recording, "delay"));
      expect(report.guests[0]?.software?.workload).toMatchObject({ receivedFrames: 40, finished: true });
      expectReplays(scenario, recording);
      expectHolds(report, scenario);
    },
  );

  it("that no card has raised are taken for what they are", async () => {
    const scenario = pings(card, "vpio", 30, "10s");
    const { report, recording } = await runWith(scenario, "irq-spurious=1/5:30", true);
    expect(struckBy(report, "irq-spurious")).toBe(30);
    expect(lived(recording, "raised")).toBe(30);
    expect(report.guests[0]?.software?.workload).toMatchObject({ receivedFrames: 40, finished: true });
    expectReplays(scenario, recording);
    expectHolds(report, scenario);
  });
});

describe.each(CARDS)("frames of the %s", (card) => {
  it("that are lost are missing, one for each that struck", async () => {
    const scenario = pings(card, "vpio", 30, "20ms");
    const { report, recording } = await runWith(scenario, "frame-lost=1/6:9", true);
    const [nic, peer] = [report.cards[0], report.peers[0]];
    const out = (nic?.sentFrames ?? 0) - (peer?.receivedFrames ?? 0) - (peer?.foreignFrames ?? 0);
    const back = (peer?.sentFrames ?? 0) - sumOf(Object.values(nic?.received ?? {}), (count) => count);
    expect(struckBy(report, "frame-lost")).toBe(9);
    expect(out + back).toBe(9);
    expect(lived(recording, "lose")).toBe(9);
    expect(report.guests[0]?.software?.workload).toMatchObject({ sentFrames: 40, finished: true });
    expectReplays(scenario, recording);
    expectHolds(report, scenario);
  });

  it("that come twice are there twice", async () => {
    const scenario = pings(card, "vpio", 30, "20ms");
    const { report, recording } = await runWith(scenario, "frame-doubled=1/3:9", true);
    const received = sumOf(Object.values(report.cards[0]?.received ?? {}), (count) => count);
    expect(struckBy(report, "frame-doubled")).toBe(9);
    expect(received - (report.peers[0]?.sentFrames ?? 0)).toBe(9);
    expect(lived(recording, "twice")).toBe(9);
    expectReplays(scenario, recording);
    expectHolds(report, scenario);
  });
});

describe.each(CARDS)("all that can be recorded at once, on the %s", (card) => {
  it("harms nobody's transfer, and replays to the same state", async () => {
    const frames = 100;
    const scenario = streams(card, "{ kind: round-robin, quantum: 1ms }", 7, frames);
    const faults = "irq-late,irq-spurious,frame-doubled,slow-guest=1/100:10,slow-arbiter=1/500:10";
    const { report, recording } = await runWith(scenario, faults, true);
    expect(struckBy(report, "slow-guest")).toBe(10);
    expect(struckBy(report, "slow-arbiter")).toBe(10);
    for (const flow of report.peers[0]?.flows ?? [])
      expect(flow).toMatchObject({ received: frames, inOrder: frames, gaps: 0, duplicates: 0, corrupted: 0 });
    expect(report.elapsedNs).toBeLessThan(scenario.durationNs);
    expectReplays(scenario, recording);
    expectHolds(report, scenario);
  });
});

it("a run in which a worker died has no recording", async () => {
  const { report, recording } = await runWith(streams("rtl8139", "fifo"), "guest-crash=1/2000", true);
  expect(report.faults.killed).toHaveLength(1);
  expect(recording).toBeUndefined();
});
