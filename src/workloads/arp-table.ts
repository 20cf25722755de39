/**
 * A host's ARP table (RFC 826, "Packet Reception"). Entries do not age: the stations of a scenario keep their
 * addresses.
 */
import type { ArpPacket } from "../ethernet/arp.ts";
import type { Mac } from "../ethernet/mac.ts";

/** The bound keeps a forger of addresses from filling the memory; the oldest entry gives way. */
const MAX_ENTRIES = 256;

export class ArpTable {
  readonly #macs = new Map<number, Mac>();

  get(ip: number): Mac | undefined {
    return this.#macs.get(ip);
  }

  has(ip: number): boolean {
    return this.#macs.has(ip);
  }

  /** Learns the sender: a known one from every packet, a new one only from packets for `ownIp`. */
  learn(packet: ArpPacket, ownIp: number): void {
    if (!this.#macs.has(packet.senderIp) && packet.targetIp !== ownIp) return;
    this.#macs.set(packet.senderIp, packet.senderMac.slice());
    if (this.#macs.size <= MAX_ENTRIES) return;
    for (const oldest of this.#macs.keys()) {
      this.#macs.delete(oldest);
      return;
    }
  }
}
