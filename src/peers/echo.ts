/** Returns each datagram sent to its echo port (RFC 862). */
import { type Host, udpFrame } from "../ethernet/host.ts";
import { IP_PROTOCOL, type Ipv4Packet } from "../ethernet/ipv4.ts";
import type { Mac } from "../ethernet/mac.ts";
import { ECHO_PORT } from "../ethernet/probe.ts";
import { parseUdp } from "../ethernet/udp.ts";
import { BasePeer, type PeerAddress } from "./peer.ts";

export class EchoPeer extends BasePeer {
  constructor(address: PeerAddress) {
    super("echo", address);
  }

  protected override respond(packet: Ipv4Packet, senderMac: Mac): readonly Uint8Array[] | undefined {
    if (packet.protocol !== IP_PROTOCOL.udp || packet.destination !== this.ip) return undefined;
    const datagram = parseUdp(packet.payload, packet.source, packet.destination);
    if (datagram?.destinationPort !== ECHO_PORT) return undefined;
    const to: Host = { mac: senderMac, ip: packet.source };
    const reply = udpFrame(this, to, packet.identification, {
      sourcePort: datagram.destinationPort,
      destinationPort: datagram.sourcePort,
      payload: datagram.payload,
    });
    return [reply];
  }
}
