/** The faults of one worker by themselves: what they share with other workers, and what they do to their own. */
import { describe, expect, it } from "vitest";
import { cardId, guestId } from "../../src/base/ids.ts";
import { briefOf, type FaultsBrief, FaultTally } from "../../src/engine/fault-tally.ts";
import { type Arrival, WorkerFaults } from "../../src/engine/worker-faults.ts";
import { arbiterAddress, guestAddress, nicAddress } from "../../src/protocol/address.ts";
import type { Message } from "../../src/protocol/messages.ts";
import { type FaultKind, parseFaults } from "../../src/transport/fault-plan.ts";

const GUEST = guestAddress(guestId(0));
const NIC = nicAddress(cardId(0));
const ARBITER = arbiterAddress(cardId(0));

class Died extends Error {}

function faultsOf(brief: FaultsBrief, parts: { worker?: string; seed?: number; nowNs?: () => number } = {}) {
  const die = (kind: FaultKind): never => {
    throw new Died(kind);
  };
  return new WorkerFaults({ worker: "w", seed: 1, nowNs: () => 0, brief, die, ...parts });
}

const briefFor = (list: string): FaultsBrief => briefOf(parseFaults(list));

const irq = (level: number): Message => ({ type: "irq", level });
const done: Message = { type: "ioDone", value: 0 };

describe("the budget of a fault", () => {
  it("is the run's: what one worker has used up, no other has", () => {
    const brief = briefFor("irq-lost=1/1:3");
    const workers = [faultsOf(brief, { worker: "a" }), faultsOf(brief, { worker: "b" })];
    const fates = Array.from({ length: 8 }, (_, i) => workers[i % 2]?.arrival(NIC, ARBITER, irq(1))[0]);
    expect(fates).toEqual(["lose", "lose", "lose", "deliver", "deliver", "deliver", "deliver", "deliver"]);
    expect(new FaultTally(brief).counts).toEqual([{ kind: "irq-lost", struck: 3, budget: 3 }]);
  });
});

describe("what a worker draws", () => {
  const drawn = (worker: string, seed: number): readonly string[] => {
    const faults = faultsOf(briefFor("irq-lost=1/3:1000"), { worker, seed });
    return Array.from({ length: 64 }, () => faults.arrival(NIC, ARBITER, irq(1))[0]);
  };

  it("follows from the seed and the worker's name", () => {
    expect(drawn("a", 1)).toEqual(drawn("a", 1));
    expect(drawn("b", 1)).not.toEqual(drawn("a", 1));
    expect(drawn("a", 2)).not.toEqual(drawn("a", 1));
  });
});

describe("a move", () => {
  it("of a guest or a card may be its last", () => {
    expect(() => faultsOf(briefFor("guest-crash=1/1")).beforeMove(GUEST)).toThrow(new Died("guest-crash"));
    expect(() => faultsOf(briefFor("card-lost=1/1")).beforeMove(NIC)).toThrow(new Died("card-lost"));
    expect(() => faultsOf(briefFor("guest-crash=1/1,card-lost=1/1")).beforeMove(ARBITER)).not.toThrow();
  });

  it.each([
    ["slow-guest", GUEST],
    ["slow-arbiter", ARBITER],
  ])("keeps its thread as long as %s says", (kind, actor) => {
    const faults = faultsOf(briefFor(`${kind}=1/1:20`));
    const beganMs = performance.now();
    for (let i = 0; i < 30; i++) faults.beforeMove(actor);
    // Twenty stalls of at least 1,024 ns each: the clock is only asked for what cannot take less.
    expect(performance.now() - beganMs).toBeGreaterThanOrEqual(0.02);
  });
});

describe("an interrupt that is late", () => {
  it("holds back what its line does meanwhile, and nothing else, until its time has come", () => {
    let nowNs = 0;
    const faults = faultsOf(briefFor("irq-late=1/1:1"), { nowNs: () => nowNs });
    const arrivals = [irq(1), done, irq(0), irq(1)].map((message) => faults.arrival(NIC, ARBITER, message));
    expect(arrivals).toEqual<Arrival[]>([["delay"], ["deliver"], ["delay"], ["delay"]]);
    const { nextNs } = faults;
    expect(nextNs).toBeGreaterThanOrEqual(256);
    expect(faults.takeDue(nextNs - 1)).toEqual([]);
    nowNs = nextNs;
    expect(faults.takeDue(nowNs)).toEqual([{ from: NIC, to: ARBITER, atNs: nextNs }]);
    expect(faults.nextNs).toBe(Number.POSITIVE_INFINITY);
    expect(faults.arrival(NIC, ARBITER, irq(0))).toEqual(["deliver"]);
  });
});

describe("an interrupt from no card", () => {
  it("comes behind another message, and goes at once when the line is low", () => {
    const faults = faultsOf(briefFor("irq-spurious=1/1:9"));
    expect(faults.arrival(NIC, ARBITER, done)).toEqual(["deliver", "raised", "lowered"]);
    expect(faults.arrival(NIC, ARBITER, irq(1))).toEqual(["deliver"]);
    expect(faults.arrival(NIC, ARBITER, done)).toEqual(["deliver", "raised"]);
    expect(faults.arrival(GUEST, ARBITER, { type: "ended" })).toEqual(["deliver"]);
  });
});
