/** The RTL8139's statechart where the paper's figure 6 has holes. */
import { describe, expect, it } from "vitest";
import { rtl8139Automaton as automaton, type Rtl8139Event } from "../../../src/devices/rtl8139/statechart.ts";

function reached(...events: readonly Rtl8139Event[]): number {
  return events.reduce(
    (state, event) => automaton.step(state, automaton.eventId(event)).next,
    automaton.initial.next,
  );
}

const tags = (state: number): string[] =>
  ["transmitting", "stopped", "armed", "failed"].filter((tag) => automaton.hasTag(state, tag));

describe("the RTL8139's statechart", () => {
  it("begins with everything off", () => {
    expect(tags(reached())).toEqual(["stopped"]);
    expect(automaton.name(reached())).toBe("transmitter.empty engine.stopped receiver.off health.good");
  });

  it("counts transmits: after two of them one SENT is not the end", () => {
    expect(tags(reached("TRANSMIT_ON", "TRANSMIT", "TRANSMIT", "SENT"))).toEqual(["transmitting"]);
    expect(tags(reached("TRANSMIT_ON", "TRANSMIT", "TRANSMIT", "SENT", "SENT"))).toEqual([]);
  });

  it("holds four transmits and no fifth", () => {
    const four = reached("TRANSMIT", "TRANSMIT", "TRANSMIT", "TRANSMIT");
    expect(automaton.step(four, automaton.eventId("TRANSMIT"))).toEqual({
      next: four,
      effects: [],
      accepted: false,
    });
  });

  it("keeps the receiver armed until it is turned off or reset", () => {
    expect(tags(reached("RECEIVE_ON", "TRANSMIT_ON", "TRANSMIT", "SENT"))).toEqual(["armed"]);
    expect(tags(reached("RECEIVE_ON", "RECEIVE_OFF"))).toEqual(["stopped"]);
  });

  it("forgets everything with a reset, whatever was under way", () => {
    for (let transmits = 0; transmits <= 4; transmits++) {
      const events: Rtl8139Event[] = new Array<Rtl8139Event>(transmits).fill("TRANSMIT");
      expect(reached(...events, "TRANSMIT_ON", "RECEIVE_ON", "ERROR", "RESET")).toBe(reached());
    }
  });

  it("comes out of an error by a reset only", () => {
    expect(tags(reached("ERROR", "TRANSMIT_ON", "TRANSMIT", "SENT", "RECEIVE_OFF"))).toEqual(["failed"]);
  });
});
