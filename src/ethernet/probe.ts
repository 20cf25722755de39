/**
 * The payload of vpio's own test traffic: it says which flow it belongs to, its place there and when it was
 * sent, and the rest of it follows from those, so that whoever receives it can tell a lost, doubled, late or
 * damaged one.
 *
 *   0  magic "VPIO"        4  flow, 16 bits      6  kind, 16 bits
 *   8  sequence, 32 bits  12  sent at, in nanoseconds since the run began, 64 bits
 *  20  pattern of (flow, sequence), to the end
 *
 * All fields are big-endian.
 */
import { invariant } from "../base/errors.ts";
import { HEADER_BYTES as ETHERNET_HEADER_BYTES, MAX_FRAME_BYTES } from "./ethernet.ts";
import { IP_PROTOCOL, IPV4_HEADER_BYTES, type Ipv4Packet } from "./ipv4.ts";
import { parseUdp, UDP_HEADER_BYTES } from "./udp.ts";

export const PROBE_HEADER_BYTES = 20;
/** The longest payload of a UDP datagram in one frame: 1,472 bytes. */
export const MAX_PROBE_BYTES = MAX_FRAME_BYTES - ETHERNET_HEADER_BYTES - IPV4_HEADER_BYTES - UDP_HEADER_BYTES;

/** Where probes are sent: a host that answers each (RFC 862), and one that only counts them (RFC 863). */
export const ECHO_PORT = 7;
export const DISCARD_PORT = 9;
/** Where probes come from: the first dynamic port (RFC 6335). */
export const PROBE_SOURCE_PORT = 49_152;

const MAGIC = 0x5650_494f;
const FIELD = { magic: 0, flow: 4, kind: 6, sequence: 8, sentHigh: 12, sentLow: 16 } as const;

const KINDS = ["data", "request", "reply"] as const;
export type ProbeKind = (typeof KINDS)[number];

export interface Probe {
  /** 0 .. 65,535: one for each stream of a sender. */
  readonly flow: number;
  readonly kind: ProbeKind;
  /** 0 .. 2^32 - 1: from 0, one more for each probe of the flow. */
  readonly sequence: number;
  /** Nanoseconds since the run began. */
  readonly sentNs: number;
}

/**
 * What the nth probe (from 0) of a sender is that serves its targets in turn: each target has a flow of its
 * own.
 */
export function probeInTurn<Target>(
  targets: readonly Target[],
  n: number,
): { readonly to: Target; readonly flow: number; readonly sequence: number } {
  const flow = n % targets.length;
  return { to: targets[flow] as Target, flow, sequence: Math.floor(n / targets.length) };
}

/** Fills `bytes` with what belongs to (flow, sequence): a xorshift generator's low bytes. */
export function fillPattern(bytes: Uint8Array, flow: number, sequence: number): void {
  let state = patternSeed(flow, sequence);
  for (let i = 0; i < bytes.length; i++) {
    state = nextPattern(state);
    bytes[i] = state;
  }
}

/** True when `bytes` hold what `fillPattern` would write. */
export function hasPattern(bytes: Uint8Array, flow: number, sequence: number): boolean {
  let state = patternSeed(flow, sequence);
  for (let i = 0; i < bytes.length; i++) {
    state = nextPattern(state);
    if (bytes[i] !== (state & 0xff)) return false;
  }
  return true;
}

/** Never 0, where a xorshift generator would stay. */
const patternSeed = (flow: number, sequence: number): number =>
  Math.imul(flow + 1, 0x9e37_79b1) ^ Math.imul(sequence + 1, 0x85eb_ca6b) || 1;

function nextPattern(state: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  return state ^ (state << 5);
}

/** The payload, `sizeBytes` long: PROBE_HEADER_BYTES to MAX_PROBE_BYTES. */
export function buildProbe(probe: Probe, sizeBytes: number): Uint8Array {
  invariant(
    sizeBytes >= PROBE_HEADER_BYTES && sizeBytes <= MAX_PROBE_BYTES,
    `a probe has ${PROBE_HEADER_BYTES} to ${MAX_PROBE_BYTES} bytes, not ${sizeBytes}`,
  );
  const bytes = new Uint8Array(sizeBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(FIELD.magic, MAGIC);
  view.setUint16(FIELD.flow, probe.flow);
  view.setUint16(FIELD.kind, KINDS.indexOf(probe.kind));
  view.setUint32(FIELD.sequence, probe.sequence);
  view.setUint32(FIELD.sentHigh, Math.floor(probe.sentNs / 0x1_0000_0000));
  view.setUint32(FIELD.sentLow, probe.sentNs % 0x1_0000_0000);
  fillPattern(bytes.subarray(PROBE_HEADER_BYTES), probe.flow, probe.sequence);
  return bytes;
}

/** Undefined when it is no probe. The pattern is not looked at. */
export function parseProbe(bytes: Uint8Array): Probe | undefined {
  if (bytes.length < PROBE_HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, PROBE_HEADER_BYTES);
  const kind = KINDS[view.getUint16(FIELD.kind)];
  if (view.getUint32(FIELD.magic) !== MAGIC || kind === undefined) return undefined;
  return {
    flow: view.getUint16(FIELD.flow),
    kind,
    sequence: view.getUint32(FIELD.sequence),
    sentNs: view.getUint32(FIELD.sentHigh) * 0x1_0000_0000 + view.getUint32(FIELD.sentLow),
  };
}

/** True when a probe's pattern is the one that belongs to its flow and sequence number. */
export function payloadIntact(bytes: Uint8Array): boolean {
  const probe = parseProbe(bytes);
  return probe !== undefined && hasPattern(bytes.subarray(PROBE_HEADER_BYTES), probe.flow, probe.sequence);
}

export interface ArrivedProbe {
  readonly probe: Probe;
  /** Bytes of the probe, its header included. */
  readonly sizeBytes: number;
  /** False when the datagram's checksum or the pattern is wrong: nothing in `probe` can then be relied on. */
  readonly intact: boolean;
}

/** True when the packet carries a probe, damaged or not. */
export const carriesProbe = (packet: Ipv4Packet): boolean =>
  packet.protocol === IP_PROTOCOL.udp && parseProbe(packet.payload.subarray(UDP_HEADER_BYTES)) !== undefined;

/**
 * The probe in an IPv4 packet, even in a damaged one: a checksum alone must not make damage look like loss.
 */
export function probeIn(packet: Ipv4Packet): ArrivedProbe | undefined {
  if (packet.protocol !== IP_PROTOCOL.udp) return undefined;
  const payload = packet.payload.subarray(UDP_HEADER_BYTES);
  const probe = parseProbe(payload);
  if (probe === undefined) return undefined;
  const datagram = parseUdp(packet.payload, packet.source, packet.destination);
  const intact = datagram !== undefined && payloadIntact(datagram.payload);
  return { probe, sizeBytes: payload.length, intact };
}
