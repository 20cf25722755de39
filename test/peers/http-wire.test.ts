/** The server on a wire with other stations, whose buffers are bounded. */
import { describe, expect, it } from "vitest";
import { WireActor } from "../../actors/wire-body.ts";
import type { Host } from "../../src/ethernet/host.ts";
import { HttpPeer } from "../../src/peers/http.ts";
import type { Peer } from "../../src/peers/peer.ts";
import { SinkPeer } from "../../src/peers/sink.ts";
import { WIRE } from "../../src/protocol/address.ts";
import { firstDifference } from "../../src/stress/determinism.ts";
import type { Workload } from "../../src/workloads/catalogue.ts";
import { Mailbox } from "../support/mailbox.ts";
import { scenarioOf, sceneOf } from "../support/seeded.ts";
import { TcpClient } from "../support/tcp-client.ts";
import { SERVER, tcpFrame } from "../support/tcp-frames.ts";

const S = 1_000_000_000;
const RATE_BITS = 100_000_000;
const FILE_BYTES = 5 * 2 ** 20;

/** Two tenants: one pings the server, the other one only ever knocks. */
const SCENE = `
name: knocks
duration: 4s
wire: { peers: [{ kind: http, name: server }] }
cards: [{ name: card0, kind: rtl8139, policy: { kind: round-robin, quantum: 20us } }]
guests:
  - { name: alice, memory: 256KiB, workload: { kind: ping, to: server, count: 5, interval: 50us } }
  - { name: bob, memory: 256KiB, workload: { kind: receive } }
`;

/** A client as a station of the wire. */
class ClientStation implements Peer {
  readonly name: string;
  readonly mac: Uint8Array;
  readonly ip: number;
  readonly client: TcpClient;

  constructor(host: Host, request: string) {
    this.name = `client ${host.ip & 0xff}`;
    this.mac = host.mac;
    this.ip = host.ip;
    this.client = new TcpClient({ request, host });
  }

  receive(frame: Uint8Array, nowNs: number): readonly Uint8Array[] {
    return frame[5] === this.mac[5] ? this.client.receive(frame, nowNs) : [];
  }

  nextNs = (): number | undefined => this.client.nextNs();
  timer = (nowNs: number): readonly Uint8Array[] => this.client.timer(nowNs);
  report = () => new SinkPeer(this).report();
}

/** So many clients fetch a file each, at once; answers when all have it. */
function fetchTogether(count: number, sizeBytes: number, bufferFrames: number) {
  const peer = new HttpPeer(SERVER, { seed: 7 });
  const stations = Array.from({ length: count }, (_, i) => {
    const host = { mac: Uint8Array.of(2, 0, 0, 0, 0, i + 1), ip: 0x0a00_0001 + i };
    return new ClientStation(host, `GET /${sizeBytes} HTTP/1.0\r\n\r\n`);
  });
  const mailbox = new Mailbox();
  const peers = [peer, ...stations].map((one) => ({ peer: one, rateBits: RATE_BITS, bufferFrames }));
  const wire = new WireActor({ mode: "vpio", cards: [], peers, ports: mailbox.ports(WIRE) });
  mailbox.add(wire);
  wire.start();
  mailbox.run(3600 * S, () => stations.every(({ client }) => client.state === "closed"));
  const dropped = wire
    .report()
    .peers.reduce((sum, { port }) => sum + port.bufferDropped + port.sendDropped, 0);
  const bodies = stations.map(({ client }) => client.text.subarray(client.text.indexOf("\r\n\r\n") + 4));
  expect(stations.flatMap(({ client }) => client.complaints)).toEqual([]);
  return { endNs: mailbox.nowNs, dropped, bodies, http: peer.report().http };
}

describe("on a wire", () => {
  it("fills the line to one client, and nothing is dropped", () => {
    const { endNs, dropped, bodies, http } = fetchTogether(1, FILE_BYTES, 256);
    expect(bodies[0]).toHaveLength(FILE_BYTES);
    expect(dropped).toBe(0);
    expect(http?.retransmittedSegments).toBe(0);
    const lineNs = ((FILE_BYTES / 1460) * 1538 * 8 * S) / RATE_BITS;
    expect(endNs).toBeLessThan(1.1 * lineNs);
  });

  it("serves many clients through buffers that overflow, each whole", () => {
    const { dropped, bodies, http } = fetchTogether(8, 300_000, 16);
    const [first = Buffer.alloc(0)] = bodies;
    expect(first).toHaveLength(300_000);
    expect(bodies.every((body) => body.equals(first))).toBe(true);
    expect(dropped).toBeGreaterThan(0);
    expect(http?.retransmittedSegments).toBeGreaterThan(0);
    expect(http).toMatchObject({ accepted: 8, reset: 0, timedOut: 0 });
  });
});

describe("on the seeded engine", () => {
  const scenario = scenarioOf(SCENE);
  const [server] = scenario.wire.peers;
  const [, bob] = scenario.guests;
  if (server === undefined || bob === undefined) throw new Error("the scene has a server and a guest");
  const frames = [40_000, 40_001, 40_002].map((sourcePort) => {
    const bytes = tcpFrame({ syn: true, sourcePort }, bob, server);
    return { timestampNs: 0, bytes, originalBytes: bytes.length };
  });
  const knocking: Workload = { kind: "replay", frames, loop: false, timing: "asap" };
  const [pinging] = scenario.guests.map(({ workload }) => workload as Workload);
  const workloads = pinging === undefined ? [] : [pinging, knocking];
  const make = (seed: number) => sceneOf(scenario, seed, undefined, workloads).run;

  it("does the same for the same seed", () => {
    for (let seed = 0; seed < 3; seed++) {
      expect(
        firstDifference(
          () => make(seed),
          (run) => void run.run(9000),
        ),
      ).toBeUndefined();
    }
  });

  it("repeats itself to who does not answer, and the pings of the other tenant come back", () => {
    const run = make(1);
    run.run(1_000_000);
    const report = run.report(true);
    // One SYN each, again after one second and after three.
    expect(report.peers[0]?.http).toMatchObject({ accepted: 3, retransmittedSegments: 6, open: 3 });
    expect(report.guests[0]?.software?.workload.receivedFrames).toBe(5);
  });
});
