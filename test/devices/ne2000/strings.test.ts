/** A string operation at the data port is what so many accesses would have been, however the card does it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { littleEndian, putLittleEndian } from "../../../src/hardware/little-endian.ts";
import { Card } from "./card.ts";

const DATA = 0x10;
const READ = 0x08;
const WRITE = 0x10;
const SEND = 0x18;

const transfers = fc.record({
  command: fc.constantFrom(READ, WRITE, SEND),
  /** Around the PROM, both ends of the RAM, and both ends of the ring. */
  address: fc.tuple(
    fc.constantFrom(0, 0x20, 0x4000, 0x4600, 0x4c00, 0x7f00, 0x7fe0, 0x8000, 0xfff0),
    fc.nat(0x120),
  ),
  bytes: fc.nat(700),
  width: fc.constantFrom(1, 2, 4) as fc.Arbitrary<1 | 2 | 4>,
  units: fc.integer({ min: 1, max: 200 }),
  dcr: fc.constantFrom(0x48, 0x49, 0x58, 0x59),
  ring: fc.constantFrom([0x46, 0x4e], [0x4c, 0x80], [0, 0], [0x40, 0x41]),
  port: fc.constantFrom(DATA, DATA, DATA, 0x17, 0x07, 0x01),
});

type Transfer = typeof transfers extends fc.Arbitrary<infer T> ? T : never;

function begun({ command, address, bytes, dcr, ring }: Transfer): Card {
  const card = new Card().start({ dcr: dcr | 0x08, start: ring[0] ?? 0, stop: ring[1] ?? 0 });
  card.poke(
    0x4000,
    Uint8Array.from({ length: 0x4000 }, (_, i) => (i * 7) ^ (i >> 8)),
  );
  card.remote(command, (address[0] + address[1]) & 0xffff, bytes);
  return card;
}

/** All that the operation can have changed. */
function outcomeOf(card: Card): unknown {
  const seen = [card.in("CRDA0"), card.in("CRDA1"), card.in("ISR"), card.in("BNRY"), card.in("CR")];
  const memory = (at: number, bytes: number): string => Buffer.from(card.peek(at, bytes)).toString("hex");
  return [seen, memory(0, 0x20), memory(0x4000, 0x4000)];
}

describe("a string operation", () => {
  it("reads what so many reads would have read", () => {
    fc.assert(
      fc.property(transfers, (transfer) => {
        const { width, units, port } = transfer;
        const [one, other] = [begun(transfer), begun(transfer)];
        const [string, single] = [new Uint8Array(units * width), new Uint8Array(units * width)];
        one.silicon.readString(port, width, string);
        for (let i = 0; i < units; i++)
          putLittleEndian(single, i * width, width, other.silicon.readPort(port, width));
        expect([...string]).toEqual([...single]);
        expect(outcomeOf(one)).toEqual(outcomeOf(other));
      }),
      { numRuns: 60 },
    );
  });

  it("writes what so many writes would have written", () => {
    fc.assert(
      fc.property(transfers, (transfer) => {
        const { width, units, port } = transfer;
        const [one, other] = [begun(transfer), begun(transfer)];
        const bytes = Uint8Array.from({ length: units * width }, (_, i) => i * 3 + 1);
        one.silicon.writeString(port, width, bytes);
        for (let i = 0; i < units; i++)
          other.silicon.writePort(port, width, littleEndian(bytes, i * width, width));
        expect(outcomeOf(one)).toEqual(outcomeOf(other));
      }),
      { numRuns: 60 },
    );
  });
});
