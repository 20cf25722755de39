import { describe, expect, test } from "vitest";
import { buildArp, parseArp } from "../../src/ethernet/arp.ts";
import { buildEthernet, ETHERTYPE, parseEthernet } from "../../src/ethernet/ethernet.ts";
import { arpRequestFrame, type Host, ipv4Frame, udpFrame } from "../../src/ethernet/host.ts";
import { buildIcmpEcho, parseIcmpEcho } from "../../src/ethernet/icmp.ts";
import { IP_PROTOCOL, parseIpv4 } from "../../src/ethernet/ipv4.ts";
import { BROADCAST, sameMac } from "../../src/ethernet/mac.ts";
import { EchoPeer } from "../../src/peers/echo.ts";
import { Kernel, type KernelOptions } from "../../src/workloads/kernel.ts";
import type { StationProgram } from "../../src/workloads/station.ts";
import { GUEST_IP, GUEST_MAC, OP_NS, Rig, type RigOptions } from "../support/station-rig.ts";

const GUEST: Host = { mac: GUEST_MAC, ip: GUEST_IP };
const PEER: Host = { mac: new Uint8Array([2, 0, 0, 0, 1, 1]), ip: 0x0a00_00fe };
const MS = 1_000_000;

const idle: StationProgram = function* () {};

function boot(program: StationProgram, rigOptions: RigOptions = {}, options: Partial<KernelOptions> = {}) {
  const rig = new Rig(rigOptions);
  const kernel = new Kernel({ ip: GUEST_IP, makeDriver: rig.makeDriver, ...options });
  return { rig, kernel, software: kernel.software(program) };
}

const datagram = (from: Host, to: Host, bytes = 30): Uint8Array =>
  udpFrame(from, to, 0, { sourcePort: 5, destinationPort: 6, payload: new Uint8Array(bytes) });

const pingRequest = (sequence: number): Uint8Array =>
  ipv4Frame(
    PEER,
    GUEST,
    IP_PROTOCOL.icmp,
    7,
    buildIcmpEcho({ kind: "request", identifier: 3, sequence, data: Uint8Array.of(1, 2, 3) }),
  );

describe("ARP", () => {
  test("a request for the guest's address is answered, also after the workload has ended", () => {
    const { rig, software } = boot(idle);
    rig.at(5 * MS, () => rig.deliver(arpRequestFrame(PEER, GUEST_IP)));
    rig.run(software, () => false, 10 * MS);
    const frame = parseEthernet(rig.sent[0] ?? new Uint8Array());
    expect(rig.sent).toHaveLength(1);
    expect(frame?.destination).toEqual(PEER.mac);
    expect(frame && parseArp(frame.payload)).toEqual({
      operation: "reply",
      senderMac: GUEST_MAC,
      senderIp: GUEST_IP,
      targetMac: PEER.mac,
      targetIp: PEER.ip,
    });
  });

  test("a request for another's address is not", () => {
    const { rig, software, kernel } = boot(idle);
    rig.at(MS, () => rig.deliver(arpRequestFrame(PEER, 0x0a00_0099)));
    rig.run(software, () => false, 10 * MS);
    expect(rig.sent).toEqual([]);
    expect(kernel.counters.arpRepliesSent).toBe(0);
  });

  test("who asks for the guest is known afterwards: no request of its own is needed", () => {
    let resolved: Host | undefined;
    const { rig, software } = boot(function* (station) {
      yield* station.sleepUntil(2 * MS);
      resolved = yield* station.resolve(PEER.ip);
    });
    rig.at(MS, () => rig.deliver(arpRequestFrame(PEER, GUEST_IP)));
    rig.run(software, () => false, 10 * MS);
    expect(resolved).toEqual(PEER);
    expect(rig.sent).toHaveLength(1);
  });

  test("requests are repeated until the reply comes", () => {
    let resolved: Host | undefined;
    const lossy: RigOptions = {
      peers: [new EchoPeer({ name: "echo", ...PEER })],
      loses: (direction, index) => direction === "in" && index < 3,
    };
    const program: StationProgram = function* (station) {
      resolved = yield* station.resolve(PEER.ip);
    };
    const { rig, kernel, software } = boot(program, lossy, { arpTimeoutNs: MS });
    rig.run(software, () => kernel.report.finished);
    expect(resolved).toEqual(PEER);
    expect(kernel.counters.arpRequestsSent).toBe(4);
    expect(rig.nowNs).toBeGreaterThan(3 * MS);
    expect(rig.nowNs).toBeLessThan(4 * MS);
    expect(rig.sent.every((frame) => sameMac(frame, BROADCAST))).toBe(true);
  });

  test("are given up in the end", () => {
    let answered: unknown = "nothing yet";
    const program: StationProgram = function* (station) {
      answered = yield* station.resolve(PEER.ip);
    };
    const { rig, kernel, software } = boot(program, {}, { arpTimeoutNs: MS, arpTries: 5 });
    rig.run(software, () => kernel.report.finished);
    expect(answered).toBeUndefined();
    expect(rig.sent).toHaveLength(5);
  });

  test("a gratuitous reply changes a known address, and teaches no new one", () => {
    const moved = { mac: new Uint8Array([2, 0, 0, 0, 9, 9]), ip: PEER.ip };
    const seen: (Host | undefined)[] = [];
    const announce = (host: Host): Uint8Array =>
      buildEthernet({
        destination: BROADCAST,
        source: host.mac,
        etherType: ETHERTYPE.arp,
        payload: buildArp({
          operation: "reply",
          senderMac: host.mac,
          senderIp: host.ip,
          targetMac: host.mac,
          targetIp: host.ip,
        }),
      });
    const program: StationProgram = function* (station) {
      yield* station.sleepUntil(2 * MS);
      seen.push(yield* station.resolve(PEER.ip), yield* station.resolve(0x0a00_0077));
    };
    const { rig, kernel, software } = boot(program, {}, { arpTimeoutNs: MS, arpTries: 1 });
    rig.at(MS, () => {
      rig.deliver(arpRequestFrame(PEER, GUEST_IP));
      rig.deliver(announce(moved));
      rig.deliver(announce({ ...moved, ip: 0x0a00_0077 }));
    });
    rig.run(software, () => kernel.report.finished);
    expect(seen).toEqual([moved, undefined]);
  });
});

describe("pings of the guest", () => {
  test("are answered with their own data, while the workload sleeps", () => {
    const { rig, kernel, software } = boot(function* (station) {
      yield* station.sleepUntil(50 * MS);
    });
    for (let sequence = 0; sequence < 3; sequence++) rig.at(MS, () => rig.deliver(pingRequest(sequence)));
    rig.run(software, () => false, 40 * MS);
    const replies = rig.sent.map((frame) => parseIcmpEcho(parseIpv4(frame.subarray(14))?.payload ?? frame));
    const common = { kind: "reply", identifier: 3, data: Uint8Array.of(1, 2, 3) };
    expect(replies).toEqual([0, 1, 2].map((sequence) => ({ ...common, sequence })));
    expect(kernel.counters.pingRepliesSent).toBe(3);
  });

  test("are answered while the workload sends without a pause into a card with room for one frame", () => {
    const program: StationProgram = function* (station) {
      for (let n = 0; n < 300; n++) yield* station.send(datagram(GUEST, PEER));
    };
    const { rig, kernel, software } = boot(program, { cardFrames: 1 });
    for (let n = 0; n < 40; n++) rig.at(n * 5 * OP_NS, () => rig.deliver(pingRequest(n)));
    expect(rig.run(software, () => kernel.report.finished)).toBe(true);
    expect(kernel.report.sentFrames).toBe(300);
    expect(rig.sent).toHaveLength(340);
    expect(kernel.counters).toMatchObject({ pingRepliesSent: 40, backlogDropped: 0 });
  });
});

describe("receive queues", () => {
  test("what the interrupt handler cannot queue is counted", () => {
    const { rig, kernel, software } = boot(idle, {}, { queueFrames: 4 });
    rig.at(MS, () => {
      for (let n = 0; n < 10; n++) rig.deliver(datagram(PEER, GUEST));
    });
    rig.run(software, () => false, 5 * MS);
    expect(kernel.counters).toMatchObject({ backlogDropped: 6, unwanted: 4, inboxDropped: 0 });
    expect(kernel.driver.counters.receivedFrames).toBe(10);
  });

  test("what the workload does not fetch is counted; what it fetches comes in order", () => {
    const fetched: (number | undefined)[] = [];
    const program: StationProgram = function* (station) {
      station.accept(() => true);
      yield* station.sleepUntil(3 * MS);
      for (let n = 0; n < 5; n++) fetched.push((yield* station.receive(4 * MS))?.packet?.payload.length);
    };
    const { rig, kernel, software } = boot(program, {}, { queueFrames: 3 });
    for (let n = 0; n < 5; n++) rig.at(MS + n * 10_000, () => rig.deliver(datagram(PEER, GUEST, 20 + n)));
    rig.run(software, () => kernel.report.finished);
    expect(fetched).toEqual([28, 29, 30, undefined, undefined]);
    expect(kernel.counters).toMatchObject({ inboxDropped: 2, backlogDropped: 0 });
  });

  test("only frames that the workload accepts, and that are for this guest, reach it", () => {
    let count = 0;
    const program: StationProgram = function* (station) {
      station.accept(({ packet }) => packet?.source === PEER.ip);
      while ((yield* station.receive(2 * MS)) !== undefined) count++;
    };
    const { rig, kernel, software } = boot(program);
    rig.at(MS, () => {
      rig.deliver(datagram(PEER, GUEST));
      rig.deliver(datagram({ ...PEER, ip: 1 }, GUEST));
      rig.deliver(datagram(PEER, { mac: PEER.mac, ip: GUEST_IP }));
      rig.deliver(new Uint8Array(7));
    });
    rig.run(software, () => kernel.report.finished);
    expect(count).toBe(1);
    expect(kernel.counters).toMatchObject({ unwanted: 1, foreign: 1 });
  });
});

test("no wake-up is lost, at whatever moment the card's interrupt comes", () => {
  const program: StationProgram = function* (station) {
    for (let n = 0; n < 5; n++) yield* station.send(datagram(GUEST, PEER));
  };
  for (let sendNs = 10; sendNs < 6 * OP_NS; sendNs += 10) {
    const { rig, kernel, software } = boot(program, { cardFrames: 1, sendNs });
    expect(rig.run(software, () => kernel.report.finished)).toBe(true);
    expect(rig.sent).toHaveLength(5);
  }
});

test("receive waits to the nanosecond, neither longer nor shorter", () => {
  const times: number[] = [];
  const { rig, kernel, software } = boot(function* (station) {
    yield* station.receive(3 * MS);
    times.push(yield* station.clock());
    yield* station.sleepUntil(2 * MS);
    times.push(yield* station.clock());
  });
  rig.run(software, () => kernel.report.finished);
  expect(times).toEqual([3 * MS, 3 * MS]);
});

test("the workload has finished only when its last frame has left the card", () => {
  const { rig, kernel, software } = boot(function* (station) {
    for (let n = 0; n < 4; n++) yield* station.send(datagram(GUEST, PEER));
  });
  let sentAtFinish = 0;
  rig.run(software, () => {
    sentAtFinish = rig.sent.length;
    return kernel.report.finished;
  });
  expect(sentAtFinish).toBe(4);
});

test("the observer sees each frame once, both ways, also the kernel's own", () => {
  const seen: string[] = [];
  const observer = {
    frameSent: (frame: Uint8Array) => void seen.push(`sent ${frame.length}`),
    frameReceived: (frame: Uint8Array) => void seen.push(`received ${frame.length}`),
  };
  const program: StationProgram = function* (station) {
    yield* station.send(datagram(GUEST, PEER, 100));
    yield* station.sleepUntil(2 * MS);
  };
  const { rig, kernel, software } = boot(program, {}, { observer });
  rig.at(MS, () => rig.deliver(pingRequest(0)));
  rig.run(software, () => kernel.report.finished);
  expect(seen).toEqual(["sent 142", "received 45", "sent 45"]);
});
