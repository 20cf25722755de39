import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildEthernet } from "../../src/ethernet/ethernet.ts";
import { BROADCAST, type Mac } from "../../src/ethernet/mac.ts";
import { LearningSwitch } from "../../src/ethernet/switch.ts";

const station = (number: number): Mac => Uint8Array.of(2, 0, 0, 0, number >>> 8, number & 0xff);
const GROUP = Uint8Array.of(0x33, 0x33, 0, 0, 0, 1);
const [A, B, C] = [station(1), station(2), station(3)];

const frame = (source: Mac, destination: Mac): Uint8Array =>
  buildEthernet({ destination, source, etherType: 0x0800, payload: new Uint8Array(46) });

const plainSwitch = (tableEntries?: number): LearningSwitch =>
  new LearningSwitch(
    4,
    tableEntries === undefined ? { hairpin: new Set() } : { hairpin: new Set(), tableEntries },
  );

describe("a learning switch", () => {
  it("floods what it does not know to all but the ingress", () => {
    expect(plainSwitch().forward(1, frame(A, B))).toEqual([0, 2, 3]);
  });

  it("sends to the port where the station was heard", () => {
    const lan = plainSwitch();
    lan.forward(2, frame(A, BROADCAST));
    expect(lan.forward(0, frame(B, A))).toEqual([2]);
    expect(lan.forward(2, frame(A, B))).toEqual([0]);
  });

  it("floods broadcast and multicast even when it has heard everybody", () => {
    const lan = plainSwitch();
    lan.forward(2, frame(A, B));
    expect(lan.forward(2, frame(A, BROADCAST))).toEqual([0, 1, 3]);
    expect(lan.forward(3, frame(B, GROUP))).toEqual([0, 1, 2]);
  });

  it("never learns a group as a source", () => {
    const lan = plainSwitch();
    lan.forward(2, frame(GROUP, B));
    lan.forward(2, frame(BROADCAST, B));
    expect(lan.forward(0, frame(A, GROUP))).toEqual([1, 2, 3]);
    expect(lan.forward(0, frame(A, BROADCAST))).toEqual([1, 2, 3]);
  });

  it("follows a station that moves", () => {
    const lan = plainSwitch();
    lan.forward(2, frame(A, B));
    lan.forward(3, frame(A, B));
    expect(lan.forward(0, frame(B, A))).toEqual([3]);
  });

  it("filters a frame whose station is behind the ingress", () => {
    const lan = plainSwitch();
    lan.forward(2, frame(A, BROADCAST));
    expect(lan.forward(2, frame(B, A))).toEqual([]);
  });

  it("drops what has no whole header, and learns nothing from it", () => {
    const lan = plainSwitch();
    expect(lan.forward(2, frame(A, B).subarray(0, 13))).toEqual([]);
    expect(lan.forward(0, frame(B, A))).toEqual([1, 2, 3]);
  });

  it("sends back to a hairpin port, floods included", () => {
    const lan = new LearningSwitch(3, { hairpin: new Set([1]) });
    expect(lan.forward(1, frame(A, BROADCAST))).toEqual([0, 1, 2]);
    expect(lan.forward(1, frame(B, A))).toEqual([1]);
    expect(lan.forward(1, frame(A, C))).toEqual([0, 1, 2]);
    expect(lan.forward(0, frame(C, BROADCAST))).toEqual([1, 2]);
    expect(lan.forward(1, frame(A, C))).toEqual([0]);
  });

  it("forgets the station heard least recently when the table is full", () => {
    const lan = plainSwitch(2);
    lan.forward(1, frame(A, BROADCAST));
    lan.forward(2, frame(B, BROADCAST));
    lan.forward(1, frame(A, BROADCAST));
    lan.forward(3, frame(C, BROADCAST));
    expect(lan.forward(0, frame(GROUP, A))).toEqual([1]);
    expect(lan.forward(0, frame(GROUP, C))).toEqual([3]);
    expect(lan.forward(0, frame(GROUP, B))).toEqual([1, 2, 3]);
  });

  it("does what a plain list of the stations heard says", () => {
    const step = fc.record({ ingress: fc.nat(3), source: fc.nat(5), destination: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.subarray([0, 1, 2, 3]), (steps, hairpins) => {
        const hairpin = new Set(hairpins);
        const lan = new LearningSwitch(4, { hairpin });
        const heard = new Map<number, number>();
        for (const { ingress, source, destination } of steps) {
          heard.set(source, ingress);
          const known = heard.get(destination);
          const wanted = (known === undefined ? [0, 1, 2, 3] : [known]).filter(
            (port) => port !== ingress || hairpin.has(port),
          );
          expect(lan.forward(ingress, frame(station(source), station(destination)))).toEqual(wanted);
        }
      }),
    );
  });
});
