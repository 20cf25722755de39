/** The client against a server that is written here. */
import { describe, expect, test } from "vitest";
import { buildDhcp, DHCP_PORT, type DhcpMessage, type DhcpType, parseDhcp } from "../../src/ethernet/dhcp.ts";
import { parseEthernet } from "../../src/ethernet/ethernet.ts";
import { udpFrame } from "../../src/ethernet/host.ts";
import { parseIpv4 } from "../../src/ethernet/ipv4.ts";
import { parseUdp } from "../../src/ethernet/udp.ts";
import type { Peer } from "../../src/peers/peer.ts";
import { SinkPeer } from "../../src/peers/sink.ts";
import { dhcp } from "../../src/workloads/dhcp.ts";
import { Kernel } from "../../src/workloads/kernel.ts";
import { GUEST_IP, GUEST_MAC, Rig, type RigOptions } from "../support/station-rig.ts";

const SERVER = { name: "server", mac: new Uint8Array([2, 0, 0, 0, 1, 1]), ip: 0x0a00_0202 };
const LEASED_IP = 0x0a00_020f;
const MS = 1_000_000;

/** Answers what a message is answered with; undefined: nothing. */
type Answers = (asked: DhcpMessage) => DhcpType | undefined;

const usual: Answers = ({ type }) => (type === "discover" ? "offer" : "ack");

/** A DHCP server that also answers ARP. */
class DhcpServer extends SinkPeer implements Peer {
  readonly asked: DhcpMessage[] = [];
  readonly #answers: Answers;

  constructor(answers: Answers) {
    super(SERVER);
    this.#answers = answers;
  }

  override receive(bytes: Uint8Array, nowNs: number): readonly Uint8Array[] {
    const frame = parseEthernet(bytes);
    const packet = frame && parseIpv4(frame.payload);
    const datagram = packet && parseUdp(packet.payload, packet.source, packet.destination);
    const message = datagram?.destinationPort === DHCP_PORT.server ? parseDhcp(datagram.payload) : undefined;
    if (message === undefined) return super.receive(bytes, nowNs);
    this.asked.push(message);
    const type = this.#answers(message);
    if (type === undefined) return [];
    const { ip: serverIp } = SERVER;
    const given = { serverIp, router: serverIp, subnetMask: 0xffff_ff00, leaseS: 3600 };
    const answer = { ...message, ...given, type, yourIp: LEASED_IP, requestedIp: undefined };
    return [
      udpFrame(SERVER, { mac: GUEST_MAC, ip: LEASED_IP }, 1, {
        sourcePort: DHCP_PORT.server,
        destinationPort: DHCP_PORT.client,
        payload: buildDhcp(answer),
      }),
    ];
  }
}

function run(answers: Answers, options: RigOptions = {}) {
  const server = new DhcpServer(answers);
  const rig = new Rig({ ...options, peers: [server] });
  const kernel = new Kernel({ ip: GUEST_IP, makeDriver: rig.makeDriver });
  const program = kernel.software((station) => dhcp(station, { timeoutNs: 5 * MS }));
  rig.run(program, () => kernel.report.finished, 10_000 * MS);
  return { server, kernel, report: kernel.report.snapshot() };
}

describe("dhcp", () => {
  test("discovers, requests what it was offered of who offered it, and takes the address", () => {
    const { server, kernel, report } = run(usual);
    expect(server.asked.map(({ type }) => type)).toEqual(["discover", "request"]);
    expect(server.asked[1]).toMatchObject({
      requestedIp: LEASED_IP,
      serverIp: SERVER.ip,
      clientMac: GUEST_MAC,
    });
    expect(kernel.ip).toBe(LEASED_IP);
    expect(report).toMatchObject({ finished: true, failure: undefined, sentFrames: 2, receivedFrames: 2 });
    expect(report.notes).toEqual([
      "lease of 10.0.2.15, mask 255.255.255.0, router 10.0.2.2, for 3600 s",
      "the router 10.0.2.2 answers ARP",
    ]);
    expect(report.latency.counts.length).toBeGreaterThan(0);
  });

  test("asks again for what was lost", () => {
    const loses: RigOptions["loses"] = (direction, index) => direction === "in" && index < 2;
    const { server, report } = run(usual, { loses });
    expect(server.asked.map(({ type }) => type)).toEqual(["discover", "discover", "discover", "request"]);
    expect(report).toMatchObject({ finished: true, failure: undefined, retries: 2, timeouts: 2, lost: 0 });
  });

  test("gives up where nobody answers, and keeps the address it had", () => {
    const { server, kernel, report } = run(() => undefined);
    expect(server.asked).toHaveLength(10);
    expect(report).toMatchObject({ finished: true, failure: "no DHCP server answers", lost: 1 });
    expect(kernel.ip).toBe(GUEST_IP);
  });

  test("says so when it is refused", () => {
    const { kernel, report } = run(({ type }) => (type === "discover" ? "offer" : "nak"));
    expect(report.failure).toBe("the DHCP server refuses");
    expect(kernel.ip).toBe(GUEST_IP);
  });

  test("takes no answer that is for something else", () => {
    const { report } = run(({ type }) => (type === "discover" ? "ack" : "offer"));
    expect(report).toMatchObject({ failure: "no DHCP server answers", unexpected: 10 });
  });
});
