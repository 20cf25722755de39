import { describe, expect, it } from "vitest";
import type { GuestSnapshot } from "../../src/engine/guest-worker.ts";
import type { Standstill } from "../../src/engine/report.ts";
import { StandstillWatch } from "../../src/engine/standstill.ts";
import { runOnThreads } from "../../src/engine/threads.ts";
import { scenarioOf } from "../support/seeded.ts";

const guest = (stateName: string, exits: number): GuestSnapshot => ({
  stateName,
  status: { kind: "running" },
  io: {
    operations: exits,
    units: exits,
    passthroughOperations: 0,
    passthroughUnits: 0,
    exits,
    exitUnits: exits,
    fenced: 0,
  },
  software: undefined,
  brk: 0,
});
const waits = (exits: number) => guest("cpu.waitingArbiter card.away", exits);

describe("a standstill", () => {
  it("lasts as long as a guest waits for one answer: never longer than it can have", () => {
    const watch = new StandstillWatch();
    watch.look([waits(3)], 90, 100);
    expect(watch.of(0)).toEqual({ sinceNs: 100, untilNs: 100 });
    watch.look([waits(3)], 190, 200);
    expect(watch.of(0)).toEqual({ sinceNs: 100, untilNs: 190 });
  });

  it("begins anew with the next operation, and ends when nothing is waited for", () => {
    const watch = new StandstillWatch();
    watch.look([waits(3)], 90, 100);
    watch.look([waits(4)], 190, 200);
    expect(watch.of(0)).toEqual({ sinceNs: 200, untilNs: 200 });
    watch.look([guest("cpu.halted card.held", 4)], 290, 300);
    expect(watch.of(0)).toBeUndefined();
  });

  it("is not guessed of a guest that says nothing", () => {
    const watch = new StandstillWatch();
    watch.look([waits(3)], 90, 100);
    watch.look([undefined], 190, 200);
    expect(watch.of(0)).toBeUndefined();
  });
});

const IN_THE_WAY = `
name: in-the-way
duration: 60s
cards: [{ name: card0, kind: rtl8139, watchdog: 60s, revoke: 60s, policy: { kind: fifo } }]
guests:
  - { name: mallory, memory: 256KiB, workload: { kind: hostile, attack: never-idle } }
  - { name: honest, memory: 256KiB, start: 300ms, workload: { kind: receive } }
`;

it("is seen on threads, of a guest whose card never rests in another one's hands", async () => {
  const seen = new AbortController();
  const { report } = await runOnThreads(scenarioOf(IN_THE_WAY), {
    signal: seen.signal,
    onProgress: ({ guests }) => {
      if (lasts(guests[1]?.standstill)) seen.abort();
    },
  });
  expect(report.elapsedNs).toBeLessThan(60e9);
  expect(lasts(report.guests[1]?.standstill)).toBe(true);
  expect(report.lateNs).toBeGreaterThan(0);
});

const lasts = (one: Standstill | undefined): boolean => one !== undefined && one.untilNs > one.sinceNs;
