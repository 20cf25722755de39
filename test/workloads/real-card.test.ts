/**
 * The kernel and its workloads on a real card and its driver, with peers at the other end of an ideal wire.
 */
import { describe, expect, test } from "vitest";
import type { DriverEnvironment, NetDriver } from "../../src/devices/driver.ts";
import { Ne2000Driver } from "../../src/devices/ne2000/driver.ts";
import { Ne2000 } from "../../src/devices/ne2000/silicon.ts";
import { Rtl8139Driver } from "../../src/devices/rtl8139/driver.ts";
import { Rtl8139 } from "../../src/devices/rtl8139/silicon.ts";
import { Processor } from "../../src/hardware/processor.ts";
import type { Silicon, Slot } from "../../src/hardware/silicon.ts";
import { EchoPeer } from "../../src/peers/echo.ts";
import type { Peer } from "../../src/peers/peer.ts";
import { SinkPeer } from "../../src/peers/sink.ts";
import { SourcePeer } from "../../src/peers/source.ts";
import { Kernel } from "../../src/workloads/kernel.ts";
import { ping } from "../../src/workloads/ping.ts";
import { receive } from "../../src/workloads/receive.ts";
import { requestResponse } from "../../src/workloads/request-response.ts";
import type { StationProgram } from "../../src/workloads/station.ts";
import { stream } from "../../src/workloads/stream.ts";
import { Bench } from "../support/bench-slot.ts";
import { GUEST_IP, GUEST_MAC } from "../support/station-rig.ts";

const A = { name: "a", mac: new Uint8Array([2, 0, 0, 0, 1, 1]), ip: 0x0a00_00fe };
const OP_NS = 500;
const MS = 1_000_000;

interface Card {
  readonly name: string;
  readonly silicon: (slot: Slot) => Silicon;
  readonly driver: (environment: DriverEnvironment) => NetDriver;
}

const CARDS: readonly Card[] = [
  {
    name: "RTL8139",
    silicon: (slot) => new Rtl8139(slot, { mac: GUEST_MAC }),
    driver: (environment) => new Rtl8139Driver(environment),
  },
  {
    name: "NE2000",
    silicon: (slot) => new Ne2000(slot, { mac: GUEST_MAC }),
    driver: (environment) => new Ne2000Driver(environment),
  },
];

/** Runs `program` until it has finished, or for `limitNs`. Frames take no time, operations do. */
function runOn(card: Card, program: StationProgram, peer: Peer, limitNs = 1000 * MS) {
  const bench = new Bench(card.silicon);
  const { slot, ioBase } = bench;
  const makeDriver = (onReceive: (frame: Uint8Array) => void): NetDriver =>
    card.driver({ ioBase, memory: slot.memory, onReceive, promiscuous: false });
  const kernel = new Kernel({ ip: GUEST_IP, makeDriver });
  const processor = new Processor(kernel.software(program));
  let answer = 0;
  while (slot.clockNs < limitNs && !kernel.report.finished) {
    processor.line = slot.interrupt;
    const stop = processor.resume(answer, () => slot.clockNs);
    if (stop.kind === "end") break;
    answer = stop.kind === "hlt" || stop.kind === "pause" ? 0 : bench.execute(stop);
    slot.clockNs += OP_NS;
    if (stop.kind === "hlt" && !slot.interrupt) {
      slot.clockNs = Math.max(slot.clockNs, Math.min(stop.untilNs ?? limitNs, peer.nextNs() ?? limitNs));
    }
    for (const frame of slot.sent.splice(0)) {
      for (const reply of peer.receive(frame, slot.clockNs)) bench.receive(reply);
    }
    for (const frame of peer.timer(slot.clockNs)) bench.receive(frame);
  }
  return { kernel, report: kernel.report.snapshot() };
}

describe.each(CARDS)("on an $name", (card) => {
  const run = (program: StationProgram, peer: Peer, limitNs?: number) => runOn(card, program, peer, limitNs);

  test("pings are answered", () => {
    const options = { to: [A], intervalNs: MS, payloadBytes: 1000, count: 50, timeoutNs: 5 * MS };
    const { report } = run((station) => ping(station, options), new EchoPeer(A));
    expect(report).toMatchObject({ finished: true, receivedFrames: 50, lost: 0, corrupted: 0 });
  });

  test("a stream of the longest frames arrives whole", () => {
    const sink = new SinkPeer(A);
    const options = { to: [A], payloadBytes: 1472, framesPerS: undefined, count: 500 };
    run((station) => stream(station, options), sink);
    expect(sink.report().flows).toMatchObject([{ received: 500, inOrder: 500, gaps: 0, corrupted: 0 }]);
  });

  test("requests of the shortest probes are answered, in spite of the padding", () => {
    const options = { to: [A], payloadBytes: 20, count: 200, timeoutNs: MS };
    const { report, kernel } = run((station) => requestResponse(station, options), new EchoPeer(A));
    expect(report).toMatchObject({ finished: true, receivedFrames: 200, retries: 0, corrupted: 0 });
    expect(kernel.counters).toMatchObject({ foreign: 0, unwanted: 0, backlogDropped: 0, inboxDropped: 0 });
  });

  test("a receiver gets everything that a source sends at a rate it can bear", () => {
    const to = [{ mac: GUEST_MAC, ip: GUEST_IP }];
    const source = { to, framesPerS: 5000, payloadBytes: 700, count: 1000, startNs: MS };
    const { report, kernel } = run(receive, new SourcePeer(A, source), 300 * MS);
    expect(report).toMatchObject({ receivedFrames: 1000, corrupted: 0 });
    expect(report.flows).toMatchObject([{ inOrder: 1000, gaps: 0 }]);
    expect(kernel.driver.counters).toMatchObject({ receivedFrames: 1000, overflows: 0 });
  });
});
