import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FlowTable } from "../../src/ethernet/flows.ts";
import { type Host, udpFrame } from "../../src/ethernet/host.ts";
import { type Ipv4Packet, parseIpv4 } from "../../src/ethernet/ipv4.ts";
import {
  buildProbe,
  carriesProbe,
  MAX_PROBE_BYTES,
  PROBE_HEADER_BYTES,
  type Probe,
  parseProbe,
  payloadIntact,
  probeIn,
} from "../../src/ethernet/probe.ts";

const PROBE: Probe = { flow: 0x0102, kind: "request", sequence: 0x0304_0506, sentNs: 0x1_0000_0002 };
const FROM: Host = { mac: new Uint8Array([2, 0, 0, 0, 0, 1]), ip: 0x0a00_0001 };
const TO: Host = { mac: new Uint8Array([2, 0, 0, 0, 0, 2]), ip: 0x0a00_0002 };

/** What arrives of a probe in a frame whose byte at `flip` (in the payload of Ethernet) has a bit turned. */
function arrive(probe: Probe, sizeBytes: number, flip?: number): Ipv4Packet {
  const payload = buildProbe(probe, sizeBytes);
  const frame = udpFrame(FROM, TO, 1, { sourcePort: 1, destinationPort: 9, payload });
  if (flip !== undefined) frame[14 + flip] = (frame[14 + flip] ?? 0) ^ 0x10;
  const packet = parseIpv4(frame.subarray(14));
  if (packet === undefined) throw new Error("the packet's header is damaged");
  return packet;
}

describe("a probe", () => {
  test("has the layout that its file shows", () => {
    const header = [0x56, 0x50, 0x49, 0x4f, 1, 2, 0, 1, 3, 4, 5, 6, 0, 0, 0, 1, 0, 0, 0, 2];
    expect([...buildProbe(PROBE, PROBE_HEADER_BYTES)]).toEqual(header);
    expect(parseProbe(Uint8Array.from(header))).toEqual(PROBE);
  });

  test("is read back, and intact, at every size; any changed byte of the pattern shows", () => {
    const anyProbe = fc.record({
      flow: fc.integer({ min: 0, max: 0xffff }),
      kind: fc.constantFrom("data", "request", "reply"),
      sequence: fc.integer({ min: 0, max: 0xffff_ffff }),
      sentNs: fc.maxSafeNat(),
    });
    const size = fc.integer({ min: PROBE_HEADER_BYTES + 1, max: MAX_PROBE_BYTES });
    fc.assert(
      fc.property(anyProbe, size, fc.nat(), fc.integer({ min: 1, max: 255 }), (probe, bytes, at, change) => {
        const payload = buildProbe(probe, bytes);
        expect(parseProbe(payload)).toEqual(probe);
        expect(payloadIntact(payload)).toBe(true);
        const index = PROBE_HEADER_BYTES + (at % (bytes - PROBE_HEADER_BYTES));
        payload[index] = (payload[index] ?? 0) ^ change;
        expect(payloadIntact(payload)).toBe(false);
      }),
    );
  });

  test("patterns of neighbouring probes differ", () => {
    const pattern = (flow: number, sequence: number): string =>
      String(buildProbe({ ...PROBE, flow, sequence }, 40).subarray(PROBE_HEADER_BYTES));
    const patterns = [pattern(0, 0), pattern(0, 1), pattern(1, 0), pattern(1, 1), pattern(0xffff, 0)];
    expect(new Set(patterns).size).toBe(patterns.length);
  });

  test("cannot be smaller than its header or larger than a frame holds", () => {
    expect(MAX_PROBE_BYTES).toBe(1472);
    expect(() => buildProbe(PROBE, 19)).toThrow("20 to 1472 bytes, not 19");
    expect(() => buildProbe(PROBE, 1473)).toThrow("not 1473");
  });

  test("other payloads are no probes", () => {
    const payload = buildProbe(PROBE, 64);
    expect(parseProbe(payload.subarray(0, 19))).toBeUndefined();
    expect(parseProbe(payload.subarray(1))).toBeUndefined();
    expect(parseProbe(Uint8Array.from(payload, (byte, i) => (i === 7 ? 3 : byte)))).toBeUndefined();
  });
});

describe("a probe in a packet", () => {
  test("is found, whole", () => {
    expect(probeIn(arrive(PROBE, 100))).toEqual({ probe: PROBE, sizeBytes: 100, intact: true });
  });

  test("is found even when it is damaged: in its header, in its pattern, in the datagram's header", () => {
    const ipv4AndUdp = 28;
    for (const flip of [ipv4AndUdp + 8, ipv4AndUdp + 12, ipv4AndUdp + 50, 20, 26]) {
      expect(probeIn(arrive(PROBE, 100, flip))).toMatchObject({ intact: false });
    }
  });

  test("is not seen in other packets", () => {
    const packet = arrive(PROBE, 100);
    expect(carriesProbe(packet)).toBe(true);
    expect(carriesProbe({ ...packet, protocol: 6 })).toBe(false);
    expect(carriesProbe({ ...packet, payload: packet.payload.subarray(0, 12) })).toBe(false);
  });
});

describe("a flow table", () => {
  const feed = (sequences: readonly number[]) => {
    const table = new FlowTable();
    for (const sequence of sequences) {
      const packet = arrive({ ...PROBE, sequence }, 40);
      table.record(packet, { probe: { ...PROBE, sequence }, sizeBytes: 40, intact: true });
    }
    return table.report()[0];
  };

  test("tells lost, late and doubled probes apart", () => {
    // 2 and 5 never come, 3 comes late, 1 and 3 come twice.
    expect(feed([0, 1, 1, 4, 3, 6, 3])).toEqual({
      flow: "10.0.0.1/258",
      received: 7,
      bytes: 280,
      inOrder: 4,
      late: 1,
      duplicates: 2,
      gaps: 2,
      corrupted: 0,
      nextSequence: 7,
    });
  });

  test("agrees with a set of numbers, whatever the order", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 120 }),
        (sequences) => {
          const distinct = new Set(sequences);
          const highest = Math.max(...sequences);
          expect(feed(sequences)).toMatchObject({
            received: sequences.length,
            duplicates: sequences.length - distinct.size,
            gaps: highest + 1 - distinct.size,
            nextSequence: highest + 1,
          });
        },
      ),
    );
  });

  test("a flow that forges a far sequence number costs one gap, not memory", () => {
    expect(feed([0, 0xffff_ffff, 77])).toMatchObject({ gaps: 0xffff_ffff - 2, late: 1 });
  });

  test("flows beyond the first 1,024 are only counted", () => {
    const table = new FlowTable();
    for (let flow = 0; flow < 1030; flow++) {
      const probe = { ...PROBE, flow, sequence: 0 };
      table.record(arrive(probe, 40), { probe, sizeBytes: 40, intact: true });
    }
    expect(table.report()).toHaveLength(1024);
    expect(table.untracked).toBe(6);
  });
});
