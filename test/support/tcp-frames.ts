/** Segments in frames between a client and a server, for tests that speak TCP word by word. */
import { parseEthernet } from "../../src/ethernet/ethernet.ts";
import { type Host, ipv4Frame } from "../../src/ethernet/host.ts";
import { IP_PROTOCOL, parseIpv4 } from "../../src/ethernet/ipv4.ts";
import { buildTcp, parseTcp, type TcpSegment } from "../../src/ethernet/tcp.ts";

export const SERVER = { name: "server", mac: Uint8Array.of(2, 0, 0, 0, 1, 1), ip: 0x0a00_00fe };
export const CLIENT: Host = { mac: Uint8Array.of(2, 0, 0, 0, 0, 1), ip: 0x0a00_0001 };

const BLANK: TcpSegment = {
  sourcePort: 40_000,
  destinationPort: 80,
  sequence: 0,
  acknowledgment: undefined,
  syn: false,
  fin: false,
  rst: false,
  push: false,
  window: 0xffff,
  mss: undefined,
  windowShift: undefined,
  payload: new Uint8Array(0),
};

/** All of it that is not said is blank: no flags, no data, from port 40,000 to port 80, a large window. */
export const segmentOf = (parts: Partial<TcpSegment>): TcpSegment => ({ ...BLANK, ...parts });

/** A segment from the client to the server, unless they are others. */
export const tcpFrame = (parts: Partial<TcpSegment>, from = CLIENT, to: Host = SERVER): Uint8Array =>
  ipv4Frame(from, to, IP_PROTOCOL.tcp, 1, buildTcp(segmentOf(parts), from.ip, to.ip));

/** The segment in a frame; fails when there is none. */
export function segmentIn(frame: Uint8Array): TcpSegment {
  const packet = parseIpv4(parseEthernet(frame)?.payload ?? new Uint8Array(0));
  const segment = packet && parseTcp(packet.payload, packet.source, packet.destination);
  if (segment === undefined) throw new Error("a frame without a segment of TCP");
  return segment;
}

export const latin1 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));
