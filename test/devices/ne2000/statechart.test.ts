/** The NE2000's statechart where the paper's figure 5 has holes. */
import { describe, expect, it } from "vitest";
import { initialTransition, transition } from "xstate";
import {
  ne2000Automaton as automaton,
  type Ne2000Event,
  ne2000Machine,
} from "../../../src/devices/ne2000/statechart.ts";

function reached(...events: readonly Ne2000Event[]): number {
  return events.reduce(
    (state, event) => automaton.step(state, automaton.eventId(event)).next,
    automaton.initial.next,
  );
}

const TAGS = [
  "programming",
  "sending",
  "open",
  "readingProm",
  "sendingPacket",
  "started",
  "overflowed",
  "page0",
];
const tags = (...events: readonly Ne2000Event[]): string[] => {
  const state = reached(...events);
  return TAGS.filter((tag) => automaton.hasTag(state, tag));
};

/** Every state that some sequence of events leads to. */
function allStates(): ReadonlySet<number> {
  const found = new Set([automaton.initial.next]);
  for (const state of found) {
    for (let event = 0; event < automaton.events.length; event++)
      found.add(automaton.step(state, event).next);
  }
  return found;
}

describe("the NE2000's statechart", () => {
  it("begins stopped, on page 0, with nothing programmed", () => {
    expect(tags()).toEqual(["page0"]);
    expect(automaton.name(reached())).toBe(
      "transmitter.idle remoteDma.idle station.stopped ring.open page.page0",
    );
  });

  it("has as many states as its regions make, all of them reachable", () => {
    // Transmitter 4, remote DMA 6, page 4; a ring overflows before the card is stopped, or after an ISR that
    // came late.
    expect(allStates().size).toBe(4 * 6 * 2 * 2 * 4);
  });

  it("as a table does what XState does, from every state", () => {
    const [initial] = initialTransition(ne2000Machine);
    const snapshots = new Map([[automaton.initial.next, initial]]);
    for (const [state, snapshot] of snapshots) {
      for (const [id, event] of automaton.events.entries()) {
        const [after] = transition(ne2000Machine, snapshot, { type: event });
        const { next } = automaton.step(state, id);
        expect(automaton.value(next)).toEqual(after.value);
        if (!snapshots.has(next)) snapshots.set(next, after);
      }
    }
    expect(snapshots.size).toBe(allStates().size);
  });

  it("programming a transmission, or half of one, does not leave the card reusable", () => {
    expect(tags("START", "TRANSMIT_PROGRAMMED")).toEqual(["programming", "started", "page0"]);
    expect(tags("START", "TRANSMIT_PROGRAMMED", "TRANSMIT")).toEqual(["sending", "started", "page0"]);
    expect(tags("START", "TRANSMIT_PROGRAMMED", "TRANSMIT", "SENT")).toEqual(["started", "page0"]);
    expect(tags("START", "TRANSMIT_PROGRAMMED", "STOP")).toEqual(["page0"]);
  });

  it("the next transmission may be programmed while one is being sent", () => {
    const both: Ne2000Event[] = ["START", "TRANSMIT", "TRANSMIT_PROGRAMMED"];
    expect(tags(...both)).toEqual(["programming", "sending", "started", "page0"]);
    expect(tags(...both, "SENT")).toEqual(["programming", "started", "page0"]);
    expect(tags(...both, "STOP")).toEqual(["sending", "page0"]);
  });

  it("a transmission goes on when the card is stopped, and is forgotten with a reset", () => {
    expect(tags("START", "TRANSMIT", "STOP")).toEqual(["sending", "page0"]);
    expect(tags("START", "TRANSMIT", "RESET")).toEqual(["page0"]);
  });

  it.each([
    ["DMA_READ", []],
    ["DMA_READ_PROM", ["readingProm"]],
    ["DMA_WRITE", []],
    ["DMA_SEND", ["sendingPacket"]],
  ] as const)("%s is open until it is done, aborted or reset", (event, more) => {
    expect(tags("DMA_PROGRAMMED")).toEqual(["programming", "page0"]);
    expect(tags("DMA_PROGRAMMED", event)).toEqual(["programming", "open", ...more, "page0"]);
    for (const end of ["DMA_DONE", "DMA_ABORT", "RESET"] as const)
      expect(tags(event, end)).toEqual(["page0"]);
  });

  it("what programs a transfer is undone by an abort, not by the end of another one", () => {
    expect(tags("DMA_PROGRAMMED", "DMA_DONE")).toEqual(["programming", "page0"]);
    expect(tags("DMA_PROGRAMMED", "DMA_ABORT")).toEqual(["page0"]);
  });

  it("a ring that has overflowed stays so until the card is stopped or reset", () => {
    expect(tags("START", "OVERFLOW", "SENT", "PAGE_1", "PAGE_0")).toEqual(["started", "overflowed", "page0"]);
    expect(tags("START", "OVERFLOW", "STOP", "START")).toEqual(["started", "page0"]);
    expect(tags("START", "OVERFLOW", "RESET")).toEqual(["page0"]);
  });

  it("a reset brings back page 0 and everything else, from every state", () => {
    for (const state of allStates())
      expect(automaton.step(state, automaton.eventId("RESET")).next).toBe(reached());
  });
});
