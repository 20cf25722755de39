import { describe, expect, it } from "vitest";
import { createDoorbell, Doorbell } from "../../src/transport/doorbell.ts";
import { AdaptiveWait, DEFAULT_LIMITS } from "../../src/transport/wait.ts";

const still = (): number => 0;
/** True at its `calls`-th call (from 1) and after it. */
const readyAt = (calls: number) => {
  let called = 0;
  return (): boolean => ++called >= calls;
};
/** Nothing comes: one whole failed wait. The sleep is as short as a sleep can be. */
const BRIEF = { ...DEFAULT_LIMITS, maxSleepNs: 1 };

function setUp(limits = BRIEF) {
  return { wait: new AdaptiveWait(limits), bell: new Doorbell(createDoorbell()) };
}

/** How many times one failing wait asks whether it is ready. */
function spinsOf(wait: AdaptiveWait, bell: Doorbell): number {
  let calls = 0;
  const never = (): boolean => {
    calls++;
    return false;
  };
  expect(wait.wait(never, undefined, still, bell)).toBe("timeout");
  return calls;
}

describe("the budget of spins", () => {
  it("starts at 20,000 and is kept by a quick success", () => {
    const { wait, bell } = setUp();
    expect(wait.budget).toBe(20_000);
    expect(wait.wait(readyAt(10), undefined, still, bell)).toBe("ready");
    expect(wait.budget).toBe(20_000);
    expect(bell.sleeps).toBe(0);
  });

  it("grows to 8 times the spins used and 200, up to 40,000", () => {
    const { wait, bell } = setUp();
    wait.wait(readyAt(1 + 3000), undefined, still, bell);
    expect(wait.budget).toBe(8 * 3000 + 200);
    wait.wait(readyAt(1 + 20_000), undefined, still, bell);
    expect(wait.budget).toBe(40_000);
  });

  it("halves at each failure, down to none", () => {
    const { wait, bell } = setUp();
    const budgets: number[] = [];
    for (let i = 0; i < 15; i++) {
      spinsOf(wait, bell);
      budgets.push(wait.budget);
    }
    expect(budgets).toEqual([10000, 5000, 2500, 1250, 625, 312, 156, 78, 39, 19, 9, 4, 2, 1, 0]);
    expect(bell.sleeps).toBe(15);
  });

  it("is probed once in 256 waits when it has gone, and comes back when the probe succeeds", () => {
    const { wait, bell } = setUp();
    const probes: number[] = [];
    for (let i = 1; i <= 520; i++) if (spinsOf(wait, bell) > 20_000 && wait.budget < 64) probes.push(i);
    expect(probes).toEqual([256, 512]);
    for (let i = 521; i < 768; i++) spinsOf(wait, bell);
    expect(wait.wait(readyAt(1 + 100), undefined, still, bell)).toBe("ready");
    expect(wait.budget).toBe(1000);
  });

  it("is none at a cap of 0", () => {
    const { wait, bell } = setUp({ ...BRIEF, capSpins: 0 });
    const askedOnceThenAroundTheSleep = 3;
    for (let i = 0; i < 300; i++) expect(spinsOf(wait, bell)).toBe(askedOnceThenAroundTheSleep);
  });
});

describe("a wait", () => {
  it("does not look at the clock when what it waits for is there", () => {
    const { wait, bell } = setUp();
    const clock = (): number => expect.unreachable("no clock");
    expect(wait.wait(() => true, 5, clock, bell)).toBe("ready");
  });

  it("gives up spinning at the deadline, sleeps no more and keeps its budget", () => {
    const { wait, bell } = setUp();
    let nowNs = 0;
    const clock = (): number => {
      nowNs += 100;
      return nowNs;
    };
    expect(wait.wait(() => false, 500, clock, bell)).toBe("timeout");
    expect(nowNs).toBe(600);
    expect(bell.sleeps).toBe(0);
    expect(wait.budget).toBe(20_000);
  });

  it("sleeps no longer than the longest sleep, whatever the deadline", () => {
    const { wait, bell } = setUp({ ...BRIEF, capSpins: 0, maxSleepNs: 1000 });
    expect(wait.wait(() => false, 1e15, still, bell)).toBe("timeout");
    expect(bell.sleeps).toBe(1);
  });

  it("goes back to sleep after a bell for nothing, until the longest sleep is over", () => {
    const spec = createDoorbell();
    const [bell, producer] = [new Doorbell(spec), new Doorbell(spec)];
    const wait = new AdaptiveWait({ capSpins: 0, maxSleepNs: 1000 });
    let nowNs = 0;
    const clock = (): number => {
      nowNs += 300;
      return nowNs;
    };
    const rungForNothing = (): boolean => {
      producer.ring();
      return false;
    };
    expect(wait.wait(rungForNothing, undefined, clock, bell)).toBe("timeout");
    expect(bell.sleeps).toBe(4);
  });

  it("finds what came while it went to sleep", () => {
    const { wait, bell } = setUp({ ...BRIEF, capSpins: 0, maxSleepNs: 2e9 });
    expect(wait.wait(readyAt(2), undefined, still, bell)).toBe("ready");
    expect(bell.sleeps).toBe(0);
  });
});
