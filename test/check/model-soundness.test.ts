/** Device models against the silicon they follow. */
import { describe, expect, it } from "vitest";
import { checkModel } from "../../src/check/model-soundness.ts";
import { PAPER_NE2000, PAPER_RTL8139, PaperMachine, type PaperModel } from "../../src/check/paper-models.ts";

describe("the model that runs", () => {
  it("never says reusable while the RTL8139 transmits or will", { timeout: 60_000 }, () => {
    const found = checkModel("rtl8139");
    expect(found.hole).toBeUndefined();
    expect([found.states, found.transitions]).toEqual([462, 1868]);
  });
});

describe("figure 6 as published", () => {
  it("says reusable with a DMA in flight after two transmits and one TOK", () => {
    const { hole } = checkModel("paper/rtl8139");
    expect(hole).toEqual({
      what: "two transmits, one TOK, reusable with a DMA in flight",
      steps: [
        { what: "the driver writes TSD0", state: "ST_TX" },
        { what: "the driver writes TSD1", state: "ST_TX" },
        { what: "the frame at the PHY has left", state: "ST_TX" },
        { what: "the VMM takes over the interrupt", state: "ST_IDLE" },
      ],
    });
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
