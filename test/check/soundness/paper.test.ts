/** The published device models on our silicon: their holes, each on a shortest way to it. */
import { describe, expect, it } from "vitest";
import { checkingReading, READINGS, type ReadingName } from "../../../src/check/soundness/check-model.ts";
import {
  PAPER_NE2000,
  PAPER_RTL8139,
  PaperMachine,
  type PaperModel,
} from "../../../src/check/soundness/paper-models.ts";
import { toTheEnd } from "../../../src/check/soundness/search.ts";

const holesOf = (name: ReadingName, steps: number) =>
  toTheEnd(checkingReading(READINGS[name], { steps })).counterexamples;

describe("figure 6, the RTL8139", () => {
  const holes = holesOf("paper/rtl8139", 5);

  it("says reusable with a DMA in flight after two transmits and one TOK", () => {
    expect(holes[0]).toEqual({
      property: "reusable",
      about: "reusable with a DMA in flight",
      what: "two transmits, one TOK, reusable with a DMA in flight",
      steps: [
        { what: "the driver writes TSD0", state: "ST_TX" },
        { what: "the driver writes TSD1", state: "ST_TX" },
        { what: "the frame at the PHY has left", state: "ST_TX" },
        { what: "the VMM takes over the interrupt", state: "ST_IDLE" },
      ],
    });
  });

  it("says reusable with the receiver armed after one frame, and never again when no frame comes", () => {
    expect(holes.slice(1).map(({ property, what }) => [property, what])).toEqual([
      ["drained", "one write of RCR, one ROK, reusable with the receiver armed"],
      ["released", "one write of RCR, the card at rest, and not reusable"],
    ]);
  });
});

describe("figure 5, the NE2000", () => {
  it("knows of nothing half-programmed, of no second transmit or transfer, and of no receiver", () => {
    expect(holesOf("paper/ne2000", 6).map(({ property, what }) => [property, what])).toEqual([
      ["reusable", "reusable with a remote DMA half-programmed"],
      ["reusable", "reusable with a transmit half-programmed"],
      ["reusable", "two transmits, one PTX, reusable with a transmit under way"],
      [
        "reusable",
        "one remote read, one RDC, reusable with a remote read under way and a remote DMA half-programmed",
      ],
      [
        "reusable",
        "one remote read, one remote write, one RDC, reusable with a remote write under way and a remote DMA half-programmed",
      ],
      ["drained", "reusable with the receiver armed"],
      ["released", "one transmit, the card at rest, and not reusable"],
    ]);
  });
});

describe("the transcriptions", () => {
  const machineAfter = (model: PaperModel, ...events: readonly string[]): PaperMachine => {
    const machine = new PaperMachine(model);
    for (const event of events) machine.take(event);
    return machine;
  };

  it("are deterministic, and every state can be reached", () => {
    for (const { edges, initial } of [PAPER_NE2000, PAPER_RTL8139]) {
      const pairs = edges.map(([from, event]) => `${from} ${event}`);
      expect(new Set(pairs).size).toBe(pairs.length);
      const reached = new Set([initial]);
      for (const state of reached) for (const [from, , to] of edges) if (from === state) reached.add(to);
      expect(edges.filter(([from]) => !reached.has(from))).toEqual([]);
    }
  });

  it("leave the NE2000 reusable when it has received: figure 5 has no receive state", () => {
    expect(machineAfter(PAPER_NE2000, "Initiate", "INT:RX").reusable).toBe(true);
    expect(machineAfter(PAPER_NE2000, "Initiate", "CMD:DmaRd", "CMD:Trans", "INT:RDC").stateName).toBe(
      "Trans",
    );
  });

  it("leave the RTL8139 reusable after one frame, its receiver still armed", () => {
    expect(machineAfter(PAPER_RTL8139, "CMD:RST", "RCR:Write").reusable).toBe(false);
    expect(machineAfter(PAPER_RTL8139, "CMD:RST", "RCR:Write", "INT:Rx_OK").reusable).toBe(true);
  });
});
