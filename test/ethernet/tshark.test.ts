/** What Wireshark makes of the files that are written: the judge that users will ask. */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildArp } from "../../src/ethernet/arp.ts";
import { buildEthernet, ETHERTYPE } from "../../src/ethernet/ethernet.ts";
import { buildIcmpEcho } from "../../src/ethernet/icmp.ts";
import { buildIpv4, IP_PROTOCOL } from "../../src/ethernet/ipv4.ts";
import { BROADCAST } from "../../src/ethernet/mac.ts";
import { writePcap } from "../../src/ethernet/pcap.ts";
import { PcapngWriter } from "../../src/ethernet/pcapng.ts";
import { buildTcp } from "../../src/ethernet/tcp.ts";
import { buildUdp } from "../../src/ethernet/udp.ts";
import { segmentOf } from "../support/tcp-frames.ts";

const found = spawnSync("tshark", ["--version"]).status === 0;
if (!found)
  console.warn("SKIPPED: tshark is not installed; what Wireshark makes of the captures is not tested");

/** PI_ERROR: the worst that Wireshark's experts say. */
const EXPERT_ERROR = 0x800000;
const CHECKSUMS = ["ip", "udp", "tcp"].flatMap((protocol) => ["-o", `${protocol}.check_checksum:TRUE`]);

function tshark(...options: readonly string[]): string {
  const run = spawnSync("tshark", [...options, ...CHECKSUMS], { encoding: "utf8" });
  const complaints = run.stderr
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("Running as user"));
  expect(complaints).toEqual([]);
  expect(run.status).toBe(0);
  return run.stdout;
}

/** The values of these fields, a row for each frame. */
function fields(file: string, names: readonly string[], prefix = ""): readonly (readonly string[])[] {
  const wanted = names.flatMap((name) => ["-e", prefix + name]);
  const lines = tshark("-r", file, "-T", "fields", ...wanted).replace(/\n$/, "");
  return lines.split("\n").map((line) => line.split("\t"));
}

const MAC_A = Uint8Array.of(2, 0, 0, 0, 0, 1);
const MAC_B = Uint8Array.of(2, 0, 0, 0, 0, 2);
const IP_A = 0x0a000001;
const IP_B = 0x0a000002;
const ECHO = { identifier: 7, sequence: 1, data: new Uint8Array(57).fill(0x5a) } as const;

const ipv4 = (protocol: number, payload: Uint8Array): Uint8Array =>
  buildEthernet({
    destination: MAC_B,
    source: MAC_A,
    etherType: ETHERTYPE.ipv4,
    payload: buildIpv4({ source: IP_A, destination: IP_B, protocol, identification: 1, ttl: 64, payload }),
  });

const FRAMES: readonly Uint8Array[] = [
  buildEthernet({
    destination: BROADCAST,
    source: MAC_A,
    etherType: ETHERTYPE.arp,
    payload: buildArp({
      operation: "request",
      senderMac: MAC_A,
      senderIp: IP_A,
      targetMac: new Uint8Array(6),
      targetIp: IP_B,
    }),
  }),
  ipv4(IP_PROTOCOL.icmp, buildIcmpEcho({ kind: "request", ...ECHO })),
  ipv4(
    IP_PROTOCOL.udp,
    buildUdp({ sourcePort: 4660, destinationPort: 9, payload: new Uint8Array(11).fill(1) }, IP_A, IP_B),
  ),
  ipv4(
    IP_PROTOCOL.tcp,
    buildTcp(segmentOf({ syn: true, sequence: 0x12345678, mss: 1460, windowShift: 3 }), IP_A, IP_B),
  ),
];

it("has its judge in CI", () => {
  if (process.env["CI"]) expect(found).toBe(true);
});

describe.runIf(found)("Wireshark", () => {
  const folder = join(tmpdir(), `vpio-tshark-${process.pid}`);
  const pcapng = join(folder, "a.pcapng");
  const pcap = join(folder, "a.pcap");
  const startNs = 1_800_000_000_123_456_789n;

  beforeAll(() => {
    mkdirSync(folder, { recursive: true });
    const writer = new PcapngWriter({
      interfaces: [{ name: "guest0", description: "its virtual card", speed: 10_000_000n }, { name: "wire" }],
      application: "vpio",
      comment: "Grüße, 你好",
    });
    const packets = FRAMES.map((bytes, i) =>
      writer.packet({
        interface: i % 2,
        timestampNs: startNs + BigInt(i),
        bytes,
        comment: `frame ${i}: trapped`,
        direction: i % 2 === 0 ? "out" : "in",
      }),
    );
    writeFileSync(pcapng, Buffer.concat([writer.header(), ...packets]));
    const frames = FRAMES.map((bytes, i) => ({ timestampNs: startNs + BigInt(i), bytes }));
    writeFileSync(pcap, writePcap(frames));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("shows each packet's interface, time, direction and comment", () => {
    const rows = fields(
      pcapng,
      ["interface_name", "time_epoch", "packet_flags_direction", "comment"],
      "frame.",
    );
    expect(rows.map(([name, time, direction, comment]) => [name, time, Number(direction), comment])).toEqual([
      ["guest0", "1800000000.123456789", 2, "frame 0: trapped"],
      ["wire", "1800000000.123456790", 1, "frame 1: trapped"],
      ["guest0", "1800000000.123456791", 2, "frame 2: trapped"],
      ["wire", "1800000000.123456792", 1, "frame 3: trapped"],
    ]);
  });

  it("shows the descriptions of the interfaces", () => {
    expect(tshark("-r", pcapng, "-V")).toContain("Interface description: its virtual card");
  });

  it.each([
    ["pcapng", pcapng],
    ["pcap", pcap],
  ])("reads every protocol in %s, finds its checksums right and nothing malformed", (_, file) => {
    const good = "1";
    expect(fields(file, ["arp.dst.proto_ipv4", "icmp.type", "udp.srcport", "ip.ttl"])).toEqual([
      ["10.0.0.2", "", "", ""],
      ["", "8", "", "64"],
      ["", "", "4660", "64"],
      ["", "", "", "64"],
    ]);
    const segments = ["tcp.seq_raw", "tcp.flags.str", "tcp.options.mss_val", "tcp.options.wscale.shift"];
    expect(fields(file, segments)[3]).toEqual(["305419896", "··········S·", "1460", "3"]);
    const checked = ["ip", "icmp", "udp", "tcp"].map((protocol) => `${protocol}.checksum.status`);
    expect(fields(file, checked)).toEqual([
      ["", "", "", ""],
      [good, good, "", ""],
      [good, "", good, ""],
      [good, "", "", good],
    ]);
    expect(tshark("-r", file, "-Y", `_ws.malformed || _ws.expert.severity == ${EXPERT_ERROR}`)).toBe("");
  });
});
