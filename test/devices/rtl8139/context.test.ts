/** What survives a handoff only because the card is made to work for it: CBR and the turn of the descriptors. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  planAdvance,
  powerOnContext,
  RTL8139_CONTEXT,
  restoreCard,
} from "../../../src/devices/rtl8139/context.ts";
import { CR, RCR, REGISTERS, TSD } from "../../../src/devices/rtl8139/registers.ts";
import { Rtl8139 } from "../../../src/devices/rtl8139/silicon.ts";
import { Bench } from "../../support/bench-slot.ts";
import { MAC } from "./card.ts";

const IDR0 = new DataView(MAC.buffer, MAC.byteOffset).getUint32(0, true);
const RINGS = [8192, 16_384, 32_768, 65_536] as const;
const MEMORY_BYTES = 0x4_0000;
const GUEST_RING = 0x1_8000;

describe("planAdvance", () => {
  it.each(RINGS)("reaches every multiple of 4 of a ring of %i bytes with frames the card accepts", (ring) => {
    for (let cbr = 0; cbr < ring; cbr += 4) {
      const entries = planAdvance(cbr, ring);
      const total = entries.reduce((sum, entry) => sum + entry, 0);
      if (total % ring !== cbr || total > ring + 64) throw new Error(`CBR ${cbr}: ${total}`);
      // 8 bytes of header and FCS around 60 to 1,512 bytes of frame.
      if (entries.some((entry) => entry % 4 !== 0 || entry < 68 || entry > 1520))
        throw new Error(`CBR ${cbr}`);
    }
  });
});

/** The slab is the scratch memory and the guest's at once. */
function restored(cbr: number, rcr: number, turn: number, command: number): Bench<Rtl8139> {
  const bench = new Bench((slot) => new Rtl8139(slot, { mac: MAC }), 0xc000, MEMORY_BYTES);
  const card = { ...powerOnContext(MAC), command, cbr, capr: (cbr - 16) & 0xffff };
  const model = { rcr, rbstart: GUEST_RING, tsad: [0, 0, 0, 0], turn, imr: 0xffff, timerInt: 0, mode: 0 };
  bench.run(restoreCard(bench.ioBase, card, model, bench.slot.memory));
  return bench;
}

const read = (bench: Bench<Rtl8139>, name: keyof typeof REGISTERS): number =>
  bench.silicon.readPort(REGISTERS[name].offset, REGISTERS[name].bytes);

/** The descriptor that sends when its TSD is written, tried from `turn` on. */
function descriptorInTurn(bench: Bench<Rtl8139>, turn: number): number {
  bench.autoTransmit = false;
  for (let i = 1; i <= 4; i++) {
    const n = (turn + i) % 4;
    bench.silicon.writePort(REGISTERS.TSD0.offset + 4 * n, 4, 60);
    if (bench.slot.sent.length > 0) return n;
  }
  return -1;
}

describe("a card restored", () => {
  it("has CBR, CAPR, BUFE and the turn where they were, for all rings, turns, filters and either WRAP", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 0, max: 16_383 }),
        fc.integer({ min: 0, max: 3 }),
        fc.boolean(),
        fc.constantFrom(CR.TE, CR.TE | CR.RE),
        fc.integer({ min: 0, max: 0x3f }),
        (rblen, quarter, turn, wrap, command, filter) => {
          const ring = RINGS[rblen] as number;
          const cbr = (4 * quarter) % ring;
          const rcr = (rblen << 11) | filter | (wrap ? RCR.WRAP : 0);
          const bench = restored(cbr, rcr, turn, command);
          expect(read(bench, "CBR")).toBe(cbr);
          expect(read(bench, "CAPR")).toBe((cbr - 16) & 0xffff);
          expect(read(bench, "CR")).toBe(command | CR.BUFE);
          expect(read(bench, "RCR")).toBe(rcr);
          expect(read(bench, "ISR")).toBe(0);
          expect([read(bench, "IDR0"), read(bench, "MAR0"), read(bench, "MAR4")]).toEqual([IDR0, 0, 0]);
          expect(bench.slot.sent).toEqual([]);
          expect(descriptorInTurn(bench, turn)).toBe(turn);
        },
      ),
      { numRuns: 400 },
    );
  });

  it("does not write to the guest's ring, and receives there afterwards", () => {
    const bench = restored(8188, RCR.APM, 3, CR.TE | CR.RE);
    expect(bench.slot.memory.bytes(GUEST_RING, 8192 + 4096).every((byte) => byte === 0)).toBe(true);
    const frame = new Uint8Array(60).fill(0x42);
    frame.set(MAC);
    expect(bench.receive(frame)).toBe("stored");
    expect([...bench.slot.memory.bytes(GUEST_RING + 8188, 4)]).toEqual([0x01, 0x40, 0x40, 0x00]);
    expect([...bench.slot.memory.bytes(GUEST_RING, 6)]).toEqual([...MAC]);
  });

  it("leaves all descriptors to the host", () => {
    const bench = restored(4096, 0, 2, CR.TE);
    for (const name of ["TSD0", "TSD1", "TSD2", "TSD3"] as const)
      expect(read(bench, name) & TSD.OWN).toBe(TSD.OWN);
  });
});

it("every register that can change has its place in the context", () => {
  const places = RTL8139_CONTEXT.map(({ name }) => name).join(" ");
  const kept = (name: string): boolean => {
    const descriptor = /^(TSAD|TSD)[0-3]$/.exec(name);
    if (descriptor !== null) return places.includes(`${descriptor[1]}0-3`);
    return places.includes(name === "CR9346" ? "9346CR" : name);
  };
  // BMSR and RERID are constants.
  const missing = Object.keys(REGISTERS).filter((name) => !kept(name));
  expect(missing).toEqual(["RERID", "BMSR"]);
});
