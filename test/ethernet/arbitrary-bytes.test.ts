/** Whatever arrives, a parser answers: with a packet that lies within the bytes, or with undefined. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildArp, parseArp } from "../../src/ethernet/arp.ts";
import { buildDhcp, parseDhcp } from "../../src/ethernet/dhcp.ts";
import { parseEthernet } from "../../src/ethernet/ethernet.ts";
import { buildIcmpEcho, parseIcmpEcho } from "../../src/ethernet/icmp.ts";
import { buildIpv4, parseIpv4 } from "../../src/ethernet/ipv4.ts";
import { buildProbe, carriesProbe, parseProbe, payloadIntact, probeIn } from "../../src/ethernet/probe.ts";
import { buildUdp, parseUdp } from "../../src/ethernet/udp.ts";
import { poisoned } from "./bytes.ts";

const SAMPLES: readonly Uint8Array[] = [
  buildArp({
    operation: "request",
    senderMac: new Uint8Array(6),
    senderIp: 1,
    targetMac: new Uint8Array(6),
    targetIp: 2,
  }),
  buildIpv4({
    source: 1,
    destination: 2,
    protocol: 17,
    identification: 3,
    ttl: 4,
    payload: new Uint8Array(9),
  }),
  buildIcmpEcho({ kind: "reply", identifier: 1, sequence: 2, data: new Uint8Array(5) }),
  buildUdp({ sourcePort: 1, destinationPort: 2, payload: new Uint8Array(5) }, 1, 2),
  buildDhcp({
    type: "offer",
    transaction: 1,
    clientMac: new Uint8Array(6),
    yourIp: 2,
    requestedIp: undefined,
    serverIp: 3,
    subnetMask: 4,
    router: 5,
    leaseS: 6,
  }),
];

/**
 * A valid packet, cut somewhere, with a byte replaced somewhere: it gets further into a parser than noise
 * does.
 */
const damaged = fc
  .tuple(fc.constantFrom(...SAMPLES), fc.nat(), fc.nat(), fc.nat(255))
  .map(([sample, cut, at, value]) => {
    const bytes = sample.slice(0, cut % (sample.length + 1));
    if (bytes.length > 0) bytes[at % bytes.length] = value;
    return bytes;
  });

const anyBytes = fc.oneof(fc.uint8Array({ maxLength: 80 }), damaged);

describe("arbitrary bytes", () => {
  it.each([
    ["Ethernet", (bytes: Uint8Array) => parseEthernet(bytes)?.payload],
    ["ARP", (bytes: Uint8Array) => parseArp(bytes)?.targetMac],
    ["IPv4", (bytes: Uint8Array) => parseIpv4(bytes)?.payload],
    ["ICMP echo", (bytes: Uint8Array) => parseIcmpEcho(bytes)?.data],
    ["UDP", (bytes: Uint8Array) => parseUdp(bytes, 1, 2)?.payload],
    ["DHCP", (bytes: Uint8Array) => parseDhcp(bytes)?.clientMac],
  ])("never make %s throw or read elsewhere", (_, part) => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const view = poisoned(bytes);
        const found = part(view);
        if (found === undefined) return;
        expect(found.byteOffset).toBeGreaterThanOrEqual(view.byteOffset);
        expect(found.byteOffset + found.length).toBeLessThanOrEqual(view.byteOffset + view.length);
      }),
      { numRuns: 2000 },
    );
  });
});

const probe = { flow: 1, kind: "data", sequence: 2, sentNs: 3 } as const;
const packet = buildIpv4({
  source: 1,
  destination: 2,
  protocol: 17,
  identification: 3,
  ttl: 4,
  payload: buildUdp({ sourcePort: 1, destinationPort: 2, payload: buildProbe(probe, 40) }, 1, 2),
});
/** The packet with some bytes changed, the header's checksum not among them, and cut. */
const damagedProbe = fc
  .tuple(fc.array(fc.tuple(fc.integer({ min: 20, max: packet.length - 1 }), fc.nat(255))), fc.nat(60))
  .map(([changes, cut]) => {
    const bytes = packet.slice();
    for (const [at, value] of changes) bytes[at] = value;
    return bytes.subarray(0, bytes.length - Math.max(0, cut - 20));
  });

describe("a probe of arbitrary bytes", () => {
  it("is read as one, or not", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const view = poisoned(bytes);
        if (parseProbe(view) === undefined) expect(payloadIntact(view)).toBe(false);
      }),
    );
  });

  it("is never called intact when a byte of it has changed", () => {
    fc.assert(
      fc.property(damagedProbe, (bytes) => {
        const arrived = parseIpv4(poisoned(bytes));
        if (arrived === undefined) return;
        const found = probeIn(arrived);
        expect(found !== undefined).toBe(carriesProbe(arrived));
        const same = bytes.length === packet.length && bytes.every((byte, i) => byte === packet[i]);
        // Only what the pattern does not depend on may slip through a checksum of 16 bits.
        if (found?.intact) expect(found.probe).toMatchObject({ flow: probe.flow, sequence: probe.sequence });
        if (same) expect(found?.intact).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
