/** The workloads that talk to peers, each against the peer it is meant for. */
import { describe, expect, test } from "vitest";
import { Histogram } from "../../src/base/histogram.ts";
import { ipv4Frame } from "../../src/ethernet/host.ts";
import { buildIcmpEcho } from "../../src/ethernet/icmp.ts";
import { IP_PROTOCOL } from "../../src/ethernet/ipv4.ts";
import { BROADCAST } from "../../src/ethernet/mac.ts";
import { EchoPeer } from "../../src/peers/echo.ts";
import { SinkPeer } from "../../src/peers/sink.ts";
import { SourcePeer } from "../../src/peers/source.ts";
import { Kernel } from "../../src/workloads/kernel.ts";
import { ping } from "../../src/workloads/ping.ts";
import { receive } from "../../src/workloads/receive.ts";
import { requestResponse } from "../../src/workloads/request-response.ts";
import type { StationProgram } from "../../src/workloads/station.ts";
import { stream } from "../../src/workloads/stream.ts";
import { GUEST_IP, GUEST_MAC, Rig, type RigOptions, WIRE_NS } from "../support/station-rig.ts";

const A = { name: "a", mac: new Uint8Array([2, 0, 0, 0, 1, 1]), ip: 0x0a00_00fe };
const B = { name: "b", mac: new Uint8Array([2, 0, 0, 0, 1, 2]), ip: 0x0a00_00fd };
const MS = 1_000_000;

function run(program: StationProgram, options: RigOptions, limitNs?: number) {
  const rig = new Rig(options);
  const kernel = new Kernel({ ip: GUEST_IP, makeDriver: rig.makeDriver });
  rig.run(kernel.software(program), () => kernel.report.finished, limitNs);
  rig.settle();
  return { rig, kernel, report: kernel.report.snapshot() };
}

describe("ping", () => {
  const options = { to: [A], intervalNs: MS, payloadBytes: 56, count: 10, timeoutNs: 5 * MS };

  test("each request's round trip is measured", () => {
    const { report } = run((station) => ping(station, options), { peers: [new EchoPeer(A)] });
    const latency = Histogram.from(report.latency);
    expect(report).toMatchObject({ finished: true, sentFrames: 10, receivedFrames: 10, receivedBytes: 560 });
    expect(report).toMatchObject({ lost: 0, timeouts: 0, unexpected: 0, corrupted: 0 });
    expect(latency.count).toBe(10);
    expect(latency.percentile(0)).toBeGreaterThan(2 * WIRE_NS);
    expect(latency.max).toBeLessThan(3 * WIRE_NS);
  });

  test("requests leave at the interval", () => {
    const { rig } = run((station) => ping(station, options), { peers: [new EchoPeer(A)] });
    expect(rig.nowNs).toBeGreaterThan(10 * MS);
    expect(rig.nowNs).toBeLessThan(11 * MS);
  });

  test("a lost request and a lost reply both time out; the others do not wait for them", () => {
    // Frame 0 of each direction is ARP.
    const loses: RigOptions["loses"] = (direction, index) => index === (direction === "out" ? 3 : 6);
    const { report, rig } = run((station) => ping(station, options), { peers: [new EchoPeer(A)], loses });
    expect(report).toMatchObject({ finished: true, sentFrames: 10, receivedFrames: 8, timeouts: 2, lost: 2 });
    expect(rig.nowNs).toBeLessThan(12 * MS);
  });

  test("a damaged reply is counted as such, and its request as lost", () => {
    const loses: RigOptions["loses"] = (direction, index, frame) => {
      if (direction === "in" && index === 4) frame[60] = (frame[60] ?? 0) ^ 1;
      return false;
    };
    const { report } = run((station) => ping(station, options), { peers: [new EchoPeer(A)], loses });
    expect(report).toMatchObject({ receivedFrames: 9, corrupted: 1, lost: 1 });
  });

  test("another station's ping of everybody is none of its replies", () => {
    const data = new Uint8Array(56);
    const echo = buildIcmpEcho({ kind: "request", identifier: 7, sequence: 3, data });
    const everybody = { mac: BROADCAST, ip: 0xffff_ffff };
    const rig = new Rig({ peers: [new EchoPeer(A)] });
    const kernel = new Kernel({ ip: GUEST_IP, makeDriver: rig.makeDriver });
    rig.at(4 * MS, () => rig.deliver(ipv4Frame(B, everybody, IP_PROTOCOL.icmp, 1, echo)));
    rig.run(
      kernel.software((station) => ping(station, options)),
      () => kernel.report.finished,
    );
    expect(kernel.report.snapshot()).toMatchObject({ receivedFrames: 10, corrupted: 0, unexpected: 0 });
    expect(kernel.counters.unwanted).toBe(1);
  });

  test("several targets are pinged in turn", () => {
    const peers = [new EchoPeer(A), new EchoPeer(B)];
    const { report } = run((station) => ping(station, { ...options, to: [A, B] }), { peers });
    expect(report.receivedFrames).toBe(10);
    // Five pings and one ARP request each; the other's ARP request is a broadcast.
    expect(peers.map((peer) => peer.report().sentFrames)).toEqual([6, 6]);
  });

  test("sequence numbers wrap at 65,536", () => {
    const flood = { ...options, intervalNs: 0, count: 65_600, timeoutNs: MS };
    const { report } = run((station) => ping(station, flood), { peers: [new EchoPeer(A)] }, 100_000 * MS);
    expect(report).toMatchObject({ finished: true, sentFrames: 65_600, receivedFrames: 65_600, lost: 0 });
  });
});

describe("stream", () => {
  const options = { to: [A], payloadBytes: 100, framesPerS: undefined, count: 200 };

  test("arrives complete and in order", () => {
    const sink = new SinkPeer(A);
    const { report } = run((station) => stream(station, options), { peers: [sink] });
    expect(report).toMatchObject({ finished: true, sentFrames: 200, sentBytes: 200 * 142 });
    const all = { flow: "10.0.0.1/0", received: 200, bytes: 20_000, inOrder: 200, nextSequence: 200 };
    expect(sink.report().flows).toEqual([{ ...all, late: 0, duplicates: 0, gaps: 0, corrupted: 0 }]);
    expect(sink.report()).toMatchObject({ corrupted: 0, otherFrames: 0, foreignFrames: 0 });
  });

  test("what the wire loses is missing at the sink, to the frame", () => {
    const lost = new Set([1, 7, 8, 9, 150]);
    const sink = new SinkPeer(A);
    run((station) => stream(station, options), {
      peers: [sink],
      // Frame 0 is the ARP request: probe n is frame n + 1.
      loses: (direction, index) => direction === "out" && lost.has(index),
    });
    expect(sink.report().flows).toMatchObject([{ received: 195, gaps: 5, inOrder: 195, duplicates: 0 }]);
  });

  test("loses nothing in a card that takes one frame at a time", () => {
    const sink = new SinkPeer(A);
    const { report } = run((station) => stream(station, options), { peers: [sink], cardFrames: 1 });
    expect(report.finished).toBe(true);
    expect(sink.report().flows).toMatchObject([{ received: 200, gaps: 0 }]);
  });

  test("keeps its rate", () => {
    const paced = { ...options, framesPerS: 10_000 };
    const { rig, report } = run((station) => stream(station, paced), { peers: [new SinkPeer(A)] });
    expect(report.sentFrames).toBe(200);
    expect(rig.nowNs).toBeGreaterThan(199 * 100_000);
    expect(rig.nowNs).toBeLessThan(201 * 100_000);
  });

  test("serves its targets in turn, each as a flow of its own", () => {
    const sinks = [new SinkPeer(A), new SinkPeer(B)];
    run((station) => stream(station, { ...options, to: [A, B] }), { peers: sinks });
    expect(sinks.map((sink) => sink.report().flows)).toMatchObject([
      [{ flow: "10.0.0.1/0", received: 100, gaps: 0 }],
      [{ flow: "10.0.0.1/1", received: 100, gaps: 0 }],
    ]);
  });
});

describe("request-response", () => {
  const options = { to: [A], payloadBytes: 64, count: 20, timeoutNs: MS };

  test("one request at a time, each answered", () => {
    const { report } = run((station) => requestResponse(station, options), { peers: [new EchoPeer(A)] });
    expect(report).toMatchObject({ finished: true, sentFrames: 20, receivedFrames: 20, retries: 0, lost: 0 });
    expect(report.flows).toMatchObject([{ received: 20, inOrder: 20, gaps: 0, duplicates: 0 }]);
    expect(Histogram.from(report.latency).percentile(0)).toBeGreaterThan(2 * WIRE_NS);
  });

  test("a lost reply is asked for again; the latency counts from the first try", () => {
    const loses: RigOptions["loses"] = (direction, index) => direction === "in" && index === 5;
    const { report } = run((station) => requestResponse(station, options), {
      peers: [new EchoPeer(A)],
      loses,
    });
    expect(report).toMatchObject({ sentFrames: 21, receivedFrames: 20, timeouts: 1, retries: 1, lost: 0 });
    expect(report.latency.max).toBeGreaterThan(MS);
  });

  test("a request is given up after three tries", () => {
    const loses: RigOptions["loses"] = (direction, index) => direction === "out" && index >= 5 && index < 8;
    const { report } = run((station) => requestResponse(station, options), {
      peers: [new EchoPeer(A)],
      loses,
    });
    expect(report).toMatchObject({ receivedFrames: 19, timeouts: 3, retries: 2, lost: 1, finished: true });
    expect(report.flows).toMatchObject([{ gaps: 1 }]);
  });

  test("a reply behind its timeout is not taken for the next one's", () => {
    const hasty = { ...options, count: 3, timeoutNs: WIRE_NS };
    const { report } = run((station) => requestResponse(station, hasty), { peers: [new EchoPeer(A)] });
    expect(report.unexpected).toBeGreaterThan(0);
    expect(report.finished).toBe(true);
  });
});

describe("receive", () => {
  const source = {
    to: [{ mac: GUEST_MAC, ip: GUEST_IP }],
    framesPerS: 10_000,
    payloadBytes: 50,
    startNs: MS,
  };

  test("counts and checks what a source sends", () => {
    const peers = [new SourcePeer(A, { ...source, count: 40 })];
    const { report, kernel } = run(receive, { peers }, 20 * MS);
    expect(report).toMatchObject({ finished: false, receivedFrames: 40, receivedBytes: 2000, corrupted: 0 });
    expect(report.flows).toMatchObject([{ flow: "10.0.0.254/0", inOrder: 40, gaps: 0 }]);
    expect(report.latency.max).toBeGreaterThanOrEqual(WIRE_NS);
    expect(kernel.counters).toMatchObject({ backlogDropped: 0, inboxDropped: 0, unwanted: 0, foreign: 0 });
  });

  test("a damaged probe is counted as damaged, not as another one", () => {
    const loses: RigOptions["loses"] = (_, index, frame) => {
      if (index === 3) frame[70] = (frame[70] ?? 0) ^ 0x80;
      return false;
    };
    const peers = [new SourcePeer(A, { ...source, count: 10 })];
    const { report } = run(receive, { peers, loses }, 20 * MS);
    expect(report).toMatchObject({ receivedFrames: 9, corrupted: 1 });
    expect(report.flows).toMatchObject([{ corrupted: 1, gaps: 1 }]);
  });
});

test("a workload whose target does not answer says so and ends", () => {
  const { report } = run(
    (station) => stream(station, { to: [A], payloadBytes: 100, framesPerS: undefined, count: 1 }),
    {},
  );
  expect(report).toMatchObject({ finished: true, sentFrames: 0, failure: "no target answers ARP" });
  expect(report.notes).toEqual(["no ARP reply from a"]);
});
