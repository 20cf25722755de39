/**
 * What the guest's kernel offers to the workload that runs on it: all that most workloads know of the
 * machine.
 */
import type { EthernetFrame } from "../ethernet/ethernet.ts";
import type { Host } from "../ethernet/host.ts";
import type { Ipv4Packet } from "../ethernet/ipv4.ts";
import type { UdpDatagram } from "../ethernet/udp.ts";
import type { Program } from "../hardware/cpu.ts";
import type { Report } from "./report.ts";

/** A frame that has arrived, taken apart. */
export interface Arrival {
  readonly frame: EthernetFrame;
  /** Undefined when the frame carries no valid IPv4 packet. */
  readonly packet: Ipv4Packet | undefined;
}

/** The station's own address is known once the workload runs. */
export interface Station extends Host {
  /** Where the workload counts what it does. */
  readonly report: Report;
  /** Nanoseconds since the run began. */
  clock(): Program<number>;
  /**
   * Hands a frame (14 to 1,514 bytes) to the card and counts it; waits for room in the card, so none is lost
   * here.
   */
  send(frame: Uint8Array): Program<void>;
  /** Sends a datagram in one frame. */
  sendUdp(to: Host, datagram: UdpDatagram): Program<void>;
  /** Gives the station another address of its own. */
  setAddress(ip: number): void;
  /**
   * Says which frames `receive` is to see; none until then. ARP and pings of the station stay with the
   * kernel.
   */
  accept(wanted: (arrival: Arrival) => boolean): void;
  /**
   * The next frame, waited for until `untilNs` at most (undefined: for ever); undefined when none has come by
   * then.
   */
  receive(untilNs: number | undefined): Program<Arrival | undefined>;
  /** Waits until that time; the kernel goes on answering. Returns at once when it is past. */
  sleepUntil(atNs: number): Program<void>;
  /** Asks by ARP, again and again, for the address of `ip`; undefined when nobody answers. */
  resolve(ip: number): Program<Host | undefined>;
}

/** A program on a station. It ends, or runs until the guest is stopped. */
export type StationProgram = (station: Station) => Program<void>;

/** Where traffic is sent. */
export interface Target {
  readonly name: string;
  /** Unsigned, 32 bits; the MAC address is asked for by ARP. */
  readonly ip: number;
  /** It may come long after the run's begin, and is asked for until it answers. */
  readonly isOutside?: true;
}

/** The targets that answer ARP, in their order; when there are others, the report says so. */
export function* resolveAll(station: Station, targets: readonly Target[]): Program<readonly Host[]> {
  const hosts: Host[] = [];
  for (const { name, ip, isOutside } of targets) {
    let host = yield* station.resolve(ip);
    if (host === undefined && isOutside) station.report.note(`${name} was not there at first`);
    while (host === undefined && isOutside) host = yield* station.resolve(ip);
    if (host === undefined) station.report.note(`no ARP reply from ${name}`);
    else hosts.push(host);
  }
  if (hosts.length === 0) station.report.failure = "no target answers ARP";
  return hosts;
}
