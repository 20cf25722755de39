/**
 * What every IPv4 host on an Ethernet does alike: asks for addresses, answers ARP and ping, wraps datagrams.
 */
import { type ArpPacket, buildArp } from "./arp.ts";
import { buildEthernet, ETHERTYPE, type EthernetFrame, MIN_FRAME_BYTES } from "./ethernet.ts";
import { buildIcmpEcho, parseIcmpEcho } from "./icmp.ts";
import { buildIpv4, IP_PROTOCOL, type Ipv4Packet } from "./ipv4.ts";
import { BROADCAST, isMulticast, type Mac, sameMac } from "./mac.ts";
import { buildUdp, type UdpDatagram } from "./udp.ts";

export interface Host {
  readonly mac: Mac;
  /** Unsigned, 32 bits. */
  readonly ip: number;
}

const NO_MAC: Mac = new Uint8Array(6);
const TTL = 64;

/** True when a frame with this destination is meant for the host: its own address, or a group's. */
export const isAddressedTo = (host: Host, frame: EthernetFrame): boolean =>
  isMulticast(frame.destination) || sameMac(frame.destination, host.mac);

/** The frame, or a copy with zeros behind it up to the minimum that an Ethernet carries. */
export function padFrame(frame: Uint8Array): Uint8Array {
  if (frame.length >= MIN_FRAME_BYTES) return frame;
  const padded = new Uint8Array(MIN_FRAME_BYTES);
  padded.set(frame);
  return padded;
}

/** The broadcast that asks who has `targetIp`. */
export const arpRequestFrame = (from: Host, targetIp: number): Uint8Array =>
  buildEthernet({
    destination: BROADCAST,
    source: from.mac,
    etherType: ETHERTYPE.arp,
    payload: buildArp({
      operation: "request",
      senderMac: from.mac,
      senderIp: from.ip,
      targetMac: NO_MAC,
      targetIp,
    }),
  });

/** The reply to a request for the host's own address; undefined when the packet asks for none or another. */
export function arpReplyFrame(host: Host, packet: ArpPacket): Uint8Array | undefined {
  if (packet.operation !== "request" || packet.targetIp !== host.ip) return undefined;
  return buildEthernet({
    destination: packet.senderMac,
    source: host.mac,
    etherType: ETHERTYPE.arp,
    payload: buildArp({
      operation: "reply",
      senderMac: host.mac,
      senderIp: host.ip,
      targetMac: packet.senderMac,
      targetIp: packet.senderIp,
    }),
  });
}

/**
 * An IPv4 packet in a frame; `identification` need only differ between packets that are under way together.
 */
export const ipv4Frame = (
  from: Host,
  to: Host,
  protocol: number,
  identification: number,
  payload: Uint8Array,
): Uint8Array =>
  buildEthernet({
    destination: to.mac,
    source: from.mac,
    etherType: ETHERTYPE.ipv4,
    payload: buildIpv4({
      source: from.ip,
      destination: to.ip,
      protocol,
      identification: identification & 0xffff,
      ttl: TTL,
      payload,
    }),
  });

export const udpFrame = (from: Host, to: Host, identification: number, datagram: UdpDatagram): Uint8Array =>
  ipv4Frame(from, to, IP_PROTOCOL.udp, identification, buildUdp(datagram, from.ip, to.ip));

/**
 * The reply to a ping of the host; undefined when the packet is something else. `senderMac` is where it came
 * from.
 */
export function pingReplyFrame(host: Host, senderMac: Mac, packet: Ipv4Packet): Uint8Array | undefined {
  if (packet.protocol !== IP_PROTOCOL.icmp || packet.destination !== host.ip) return undefined;
  const echo = parseIcmpEcho(packet.payload);
  if (echo?.kind !== "request") return undefined;
  const to = { mac: senderMac, ip: packet.source };
  const reply = buildIcmpEcho({ ...echo, kind: "reply" });
  return ipv4Frame(host, to, IP_PROTOCOL.icmp, packet.identification, reply);
}
