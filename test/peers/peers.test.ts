import { describe, expect, test } from "vitest";
import { parseArp } from "../../src/ethernet/arp.ts";
import { buildEthernet, parseEthernet } from "../../src/ethernet/ethernet.ts";
import { arpRequestFrame, type Host, ipv4Frame, udpFrame } from "../../src/ethernet/host.ts";
import { buildIcmpEcho, parseIcmpEcho } from "../../src/ethernet/icmp.ts";
import { IP_PROTOCOL, parseIpv4 } from "../../src/ethernet/ipv4.ts";
import { buildProbe, DISCARD_PORT, ECHO_PORT, probeIn } from "../../src/ethernet/probe.ts";
import { parseUdp } from "../../src/ethernet/udp.ts";
import { makePeer, type PeerOptions } from "../../src/peers/catalogue.ts";
import { SOURCE_BURST_FRAMES, type SourceOptions, SourcePeer } from "../../src/peers/source.ts";

const A: Host = { mac: new Uint8Array([2, 0, 0, 0, 0, 1]), ip: 0x0a00_0001 };
const B: Host = { mac: new Uint8Array([2, 0, 0, 0, 0, 2]), ip: 0x0a00_0002 };
const PEER = { name: "peer", mac: new Uint8Array([2, 0, 0, 0, 1, 1]), ip: 0x0a00_00fe };
const MS = 1_000_000;

const traffic = { to: [A, B], framesPerS: 1000, payloadBytes: 64, count: 6, startNs: 5 * MS };
const KINDS: readonly PeerOptions[] = [
  { kind: "echo", ...PEER },
  { kind: "sink", ...PEER },
  { kind: "source", ...PEER, ...traffic },
  { kind: "http", ...PEER, seed: 1 },
];

const payloadOf = (frame: Uint8Array | undefined): Uint8Array =>
  (frame && parseEthernet(frame)?.payload) ?? new Uint8Array();

function probeFrame(sequence: number, port = DISCARD_PORT, sentNs = 0): Uint8Array {
  const payload = buildProbe({ flow: 0, kind: "data", sequence, sentNs }, 40);
  return udpFrame(A, PEER, 3, { sourcePort: 1000, destinationPort: port, payload });
}

describe.each(KINDS)("every peer: $kind", (options) => {
  test("answers ARP for its own address, and no other", () => {
    const peer = makePeer(options);
    const [reply, ...more] = peer.receive(arpRequestFrame(A, PEER.ip), 0);
    expect(parseArp(payloadOf(reply))).toEqual({
      operation: "reply",
      senderMac: PEER.mac,
      senderIp: PEER.ip,
      targetMac: A.mac,
      targetIp: A.ip,
    });
    expect(more).toEqual([]);
    expect(reply).toHaveLength(60);
    expect(peer.receive(arpRequestFrame(A, B.ip), 0)).toEqual([]);
    expect(peer.report()).toMatchObject({
      receivedFrames: 2,
      sentFrames: 1,
      otherFrames: 0,
      foreignFrames: 0,
    });
  });

  test("answers ping", () => {
    const request = buildIcmpEcho({ kind: "request", identifier: 1, sequence: 2, data: Uint8Array.of(7, 8) });
    const [reply] = makePeer(options).receive(ipv4Frame(A, PEER, IP_PROTOCOL.icmp, 9, request), 0);
    const packet = parseIpv4(payloadOf(reply));
    expect(packet).toMatchObject({ source: PEER.ip, destination: A.ip });
    expect(packet && parseIcmpEcho(packet.payload)).toEqual({
      kind: "reply",
      identifier: 1,
      sequence: 2,
      data: Uint8Array.of(7, 8),
    });
  });

  test("leaves frames for others alone, and counts what it does not understand", () => {
    const peer = makePeer(options);
    const stranger = buildEthernet({
      destination: PEER.mac,
      source: A.mac,
      etherType: 0x88b5,
      payload: A.mac,
    });
    expect(peer.receive(arpRequestFrame(A, PEER.ip).with(0, 2), 0)).toEqual([]);
    expect(peer.receive(stranger, 0)).toEqual([]);
    expect(peer.receive(new Uint8Array(5), 0)).toEqual([]);
    expect(peer.report()).toMatchObject({
      foreignFrames: 2,
      receivedFrames: 1,
      receivedBytes: 20,
      otherFrames: 1,
    });
  });

  test("checks the probes it gets", () => {
    const peer = makePeer(options);
    const damaged = probeFrame(3);
    damaged[75] = (damaged[75] ?? 0) ^ 1;
    for (const frame of [probeFrame(0, DISCARD_PORT, 100), probeFrame(2), probeFrame(2), damaged]) {
      peer.receive(frame, 1100);
    }
    expect(peer.report()).toMatchObject({ corrupted: 1, otherFrames: 0, latency: { max: 1100 } });
    expect(peer.report().flows).toMatchObject([
      { flow: "10.0.0.1/0", received: 3, duplicates: 1, gaps: 1, corrupted: 1 },
    ]);
  });
});

describe("echo", () => {
  const echo = () => makePeer({ kind: "echo", ...PEER });

  test("returns a datagram with its ports swapped and its payload as it was", () => {
    const [reply, ...more] = echo().receive(probeFrame(5, ECHO_PORT), 0);
    const frame = reply && parseEthernet(reply);
    expect(more).toEqual([]);
    expect(frame?.destination).toEqual(A.mac);
    expect(frame?.source).toEqual(PEER.mac);
    const packet = parseIpv4(payloadOf(reply));
    expect(packet && parseUdp(packet.payload, PEER.ip, A.ip)).toEqual({
      sourcePort: ECHO_PORT,
      destinationPort: 1000,
      payload: buildProbe({ flow: 0, kind: "data", sequence: 5, sentNs: 0 }, 40),
    });
  });

  test("does not return what was sent to another port, or is damaged", () => {
    const damaged = probeFrame(0, ECHO_PORT);
    damaged[70] = (damaged[70] ?? 0) ^ 1;
    expect(echo().receive(probeFrame(0, DISCARD_PORT), 0)).toEqual([]);
    expect(echo().receive(damaged, 0)).toEqual([]);
  });
});

test("a sink answers no datagram", () => {
  expect(makePeer({ kind: "sink", ...PEER }).receive(probeFrame(0, ECHO_PORT), 0)).toEqual([]);
});

describe("source", () => {
  const make = (changes: Partial<SourceOptions> = {}) => new SourcePeer(PEER, { ...traffic, ...changes });

  const described = (frames: readonly Uint8Array[]) =>
    frames.map((frame) => {
      const packet = parseIpv4(payloadOf(frame));
      const arrived = packet && probeIn(packet);
      return [frame[5], packet?.destination, arrived?.probe.flow, arrived?.probe.sequence, arrived?.intact];
    });

  test("serves its targets in turn, one frame at each tick, from its start to its count", () => {
    const source = make();
    const sent: Uint8Array[] = [];
    const times: number[] = [];
    for (let nextNs = source.nextNs(); nextNs !== undefined; nextNs = source.nextNs()) {
      expect(source.timer(nextNs - 1)).toEqual([]);
      sent.push(...source.timer(nextNs));
      times.push(nextNs);
    }
    expect(times).toEqual([5, 6, 7, 8, 9, 10].map((ms) => ms * MS));
    expect(described(sent)).toEqual([
      [1, A.ip, 0, 0, true],
      [2, B.ip, 1, 0, true],
      [1, A.ip, 0, 1, true],
      [2, B.ip, 1, 1, true],
      [1, A.ip, 0, 2, true],
      [2, B.ip, 1, 2, true],
    ]);
    expect(source.timer(100 * MS)).toEqual([]);
    expect(source.report()).toMatchObject({ sentFrames: 6, sentBytes: 6 * 106, skipped: 0 });
  });

  test("says when each probe was sent: when it was asked, not when it was due", () => {
    const [frame] = make().timer(5.5 * MS);
    const packet = parseIpv4(payloadOf(frame));
    expect(packet && probeIn(packet)?.probe.sentNs).toBe(5.5 * MS);
  });

  test("called late it sends a burst and skips time, but no sequence number", () => {
    const source = make({ to: [A], count: undefined });
    const late = source.timer(5 * MS + 1000 * MS);
    expect(late).toHaveLength(SOURCE_BURST_FRAMES);
    expect(source.report().skipped).toBe(1001 - SOURCE_BURST_FRAMES);
    expect(source.nextNs()).toBe(1006 * MS);
    const sequences = described([...late, ...source.timer(1006 * MS)]).map(([, , , sequence]) => sequence);
    expect(sequences).toEqual(sequences.map((_, i) => i));
  });

  test("without a count it never ends", () => {
    const source = make({ count: undefined });
    for (let n = 0; n < 1000; n++) source.timer(source.nextNs() ?? 0);
    expect(source.report().sentFrames).toBe(1000);
    expect(source.nextNs()).toBe(1005 * MS);
  });
});
