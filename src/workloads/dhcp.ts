/**
 * Gets an address from a DHCP server (RFC 2131, section 3.1): discover, offer, request, acknowledgement. Then the
 * station takes the address, and looks for its router with it.
 */
import { buildDhcp, DHCP_PORT, type DhcpMessage, type DhcpType, parseDhcp } from "../ethernet/dhcp.ts";
import { type Host, udpFrame } from "../ethernet/host.ts";
import { formatIpv4Address, IP_PROTOCOL } from "../ethernet/ipv4.ts";
import { BROADCAST, macKey, sameMac } from "../ethernet/mac.ts";
import { parseUdp } from "../ethernet/udp.ts";
import type { Program } from "../hardware/cpu.ts";
import type { Arrival, Station } from "./station.ts";

export interface DhcpOptions {
  /** How long an answer is waited for before the message is sent again. */
  readonly timeoutNs: number;
}

/** A message is sent at most this often. */
const TRIES = 10;
const NO_ADDRESS = 0;
const EVERYBODY: Host = { mac: BROADCAST, ip: 0xffff_ffff };

export function* dhcp(station: Station, options: DhcpOptions): Program<void> {
  const { report } = station;
  station.accept((arrival) => messageFor(station, arrival) !== undefined);
  const beganNs = yield* station.clock();
  const offer = yield* exchange(station, discoverOf(station), ["offer"], options);
  if (offer === undefined) {
    report.failure = "no DHCP server answers";
    return;
  }
  const answer = yield* exchange(station, requestOf(station, offer), ["ack", "nak"], options);
  if (answer?.type !== "ack") {
    report.failure =
      answer === undefined ? "the DHCP server offers and grants nothing" : "the DHCP server refuses";
    return;
  }
  report.latency.record((yield* station.clock()) - beganNs);
  station.setAddress(answer.yourIp);
  report.note(leaseText(answer));
  yield* greetRouter(station, answer.router);
}

const discoverOf = ({ mac }: Station): DhcpMessage => ({
  type: "discover",
  // Unlike those of all stations with other addresses, and the same in every run.
  transaction: macKey(mac) % 2 ** 32,
  clientMac: mac,
  yourIp: NO_ADDRESS,
  requestedIp: undefined,
  serverIp: undefined,
  subnetMask: undefined,
  router: undefined,
  leaseS: undefined,
});

const requestOf = (station: Station, { yourIp, serverIp }: DhcpMessage): DhcpMessage => ({
  ...discoverOf(station),
  type: "request",
  requestedIp: yourIp,
  serverIp,
});

/** Sends `message`, again and again, until one of `awaited` comes; undefined when none does. */
function* exchange(
  station: Station,
  message: DhcpMessage,
  awaited: readonly DhcpType[],
  { timeoutNs }: DhcpOptions,
): Program<DhcpMessage | undefined> {
  const { report } = station;
  for (let tried = 0; tried < TRIES; tried++) {
    if (tried > 0) report.retries++;
    yield* broadcast(station, message, tried);
    const answer = yield* answerUntil(station, awaited, (yield* station.clock()) + timeoutNs);
    if (answer !== undefined) return answer;
    report.timeouts++;
  }
  report.lost++;
  return undefined;
}

function* broadcast(station: Station, message: DhcpMessage, identification: number): Program<void> {
  const nobody: Host = { mac: station.mac, ip: NO_ADDRESS };
  yield* station.send(
    udpFrame(nobody, EVERYBODY, identification, {
      sourcePort: DHCP_PORT.client,
      destinationPort: DHCP_PORT.server,
      payload: buildDhcp(message),
    }),
  );
}

function* answerUntil(
  station: Station,
  awaited: readonly DhcpType[],
  untilNs: number,
): Program<DhcpMessage | undefined> {
  for (;;) {
    const arrival = yield* station.receive(untilNs);
    if (arrival === undefined) return undefined;
    const message = messageFor(station, arrival);
    if (message === undefined) continue;
    if (awaited.includes(message.type)) {
      station.report.countReceived(arrival.packet?.payload.length ?? 0);
      return message;
    }
    // A second server's offer, or an answer that was given up.
    station.report.unexpected++;
  }
}

/** A server's message for the station; undefined when the frame carries something else. */
function messageFor(station: Station, { packet }: Arrival): DhcpMessage | undefined {
  if (packet?.protocol !== IP_PROTOCOL.udp) return undefined;
  const datagram = parseUdp(packet.payload, packet.source, packet.destination);
  if (datagram?.destinationPort !== DHCP_PORT.client) return undefined;
  const message = parseDhcp(datagram.payload);
  return message !== undefined && sameMac(message.clientMac, station.mac) ? message : undefined;
}

/** "lease of 10.0.2.15, mask 255.255.255.0, router 10.0.2.2, for 86400 s". */
function leaseText({ yourIp, subnetMask, router, leaseS }: DhcpMessage): string {
  const parts = [
    `lease of ${formatIpv4Address(yourIp)}`,
    ...(subnetMask === undefined ? [] : [`mask ${formatIpv4Address(subnetMask)}`]),
    ...(router === undefined ? [] : [`router ${formatIpv4Address(router)}`]),
    ...(leaseS === undefined ? [] : [`for ${leaseS} s`]),
  ];
  return parts.join(", ");
}

function* greetRouter(station: Station, router: number | undefined): Program<void> {
  if (router === undefined) return;
  const host = yield* station.resolve(router);
  if (host === undefined) station.report.failure = "the router of the lease does not answer ARP";
  else station.report.note(`the router ${formatIpv4Address(router)} answers ARP`);
}
