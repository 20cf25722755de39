/** DHCP messages of an Ethernet client (RFC 2131, section 2; options: RFC 2132). */
import { MAC_BYTES, type Mac } from "./mac.ts";

export const DHCP_PORT = { server: 67, client: 68 } as const;

/** RFC 2132, section 9.6. */
const TYPES = { discover: 1, offer: 2, request: 3, decline: 4, ack: 5, nak: 6, release: 7 } as const;
export type DhcpType = keyof typeof TYPES;

export interface DhcpMessage {
  readonly type: DhcpType;
  /** Unsigned, 32 bits: which exchange it belongs to. */
  readonly transaction: number;
  readonly clientMac: Mac;
  /** The client's address to be (`yiaddr`), unsigned; 0 in what clients say. Addresses below: undefined when not said. */
  readonly yourIp: number;
  /** The address that the client asks for. */
  readonly requestedIp: number | undefined;
  /** Which server an offer is from, or a request is for. */
  readonly serverIp: number | undefined;
  readonly subnetMask: number | undefined;
  /** The first router of the list. */
  readonly router: number | undefined;
  readonly leaseS: number | undefined;
}

const FIELD = {
  operation: 0,
  hardware: 1,
  hardwareBytes: 2,
  transaction: 4,
  flags: 10,
  yourIp: 16,
  clientMac: 28,
  cookie: 236,
  options: 240,
} as const;
const OPERATION = { request: 1, reply: 2 } as const;
const ETHERNET = 1;
/** Servers answer by broadcast: the client has no address yet. */
const BROADCAST_FLAG = 0x8000;
const COOKIE = 0x6382_5363;
/** Some relays drop shorter messages (RFC 1542, section 2.1). */
const MIN_BYTES = 300;

const OPTION = {
  pad: 0,
  subnetMask: 1,
  router: 3,
  requestedIp: 50,
  lease: 51,
  type: 53,
  serverIp: 54,
  parameters: 55,
  end: 255,
} as const;

/** What a client wants to be told. */
const PARAMETERS = [OPTION.subnetMask, OPTION.router, OPTION.lease];

const isFromServer = (type: DhcpType): boolean => type === "offer" || type === "ack" || type === "nak";

export function buildDhcp(message: DhcpMessage): Uint8Array {
  const fromServer = isFromServer(message.type);
  const options = [
    [OPTION.type, TYPES[message.type]],
    ...word(OPTION.requestedIp, message.requestedIp),
    ...word(OPTION.serverIp, message.serverIp),
    ...word(OPTION.subnetMask, message.subnetMask),
    ...word(OPTION.router, message.router),
    ...word(OPTION.lease, message.leaseS),
    ...(fromServer ? [] : [[OPTION.parameters, ...PARAMETERS]]),
  ].flatMap(([code = OPTION.pad, ...data]) => [code, data.length, ...data]);
  const bytes = new Uint8Array(Math.max(MIN_BYTES, FIELD.options + options.length + 1));
  const view = new DataView(bytes.buffer);
  bytes[FIELD.operation] = fromServer ? OPERATION.reply : OPERATION.request;
  bytes[FIELD.hardware] = ETHERNET;
  bytes[FIELD.hardwareBytes] = MAC_BYTES;
  view.setUint32(FIELD.transaction, message.transaction);
  view.setUint16(FIELD.flags, BROADCAST_FLAG);
  view.setUint32(FIELD.yourIp, message.yourIp);
  bytes.set(message.clientMac, FIELD.clientMac);
  view.setUint32(FIELD.cookie, COOKIE);
  bytes.set([...options, OPTION.end], FIELD.options);
  return bytes;
}

/** An option of 32 bits, if there is one: its code, then its data. */
const word = (code: number, value: number | undefined): readonly number[][] =>
  value === undefined
    ? []
    : [[code, value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]];

/** The MAC address is a view of `bytes`. Undefined when it is no whole DHCP message for an Ethernet. */
export function parseDhcp(bytes: Uint8Array): DhcpMessage | undefined {
  if (bytes.length < FIELD.options) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(FIELD.cookie) !== COOKIE) return undefined;
  if (bytes[FIELD.hardware] !== ETHERNET || bytes[FIELD.hardwareBytes] !== MAC_BYTES) return undefined;
  const options = optionsOf(bytes.subarray(FIELD.options));
  const typeCode = options?.get(OPTION.type)?.[0];
  const type = (Object.keys(TYPES) as DhcpType[]).find((name) => TYPES[name] === typeCode);
  if (options === undefined || type === undefined) return undefined;
  const expected = isFromServer(type) ? OPERATION.reply : OPERATION.request;
  if (bytes[FIELD.operation] !== expected) return undefined;
  const at = (code: number): number | undefined => wordOf(options.get(code));
  return {
    type,
    transaction: view.getUint32(FIELD.transaction),
    clientMac: bytes.subarray(FIELD.clientMac, FIELD.clientMac + MAC_BYTES),
    yourIp: view.getUint32(FIELD.yourIp),
    requestedIp: at(OPTION.requestedIp),
    serverIp: at(OPTION.serverIp),
    subnetMask: at(OPTION.subnetMask),
    router: at(OPTION.router),
    leaseS: at(OPTION.lease),
  };
}

/** By code; undefined when one ends beyond `bytes`, or none says that it is the last. */
function optionsOf(bytes: Uint8Array): ReadonlyMap<number, Uint8Array> | undefined {
  const options = new Map<number, Uint8Array>();
  for (let at = 0; at < bytes.length; ) {
    const code = bytes[at++];
    if (code === OPTION.end) return options;
    if (code === undefined || code === OPTION.pad) continue;
    const length = bytes[at++];
    if (length === undefined || at + length > bytes.length) return undefined;
    options.set(code, bytes.subarray(at, at + length));
    at += length;
  }
  return undefined;
}

function wordOf(data: Uint8Array | undefined): number | undefined {
  if (data === undefined || data.length < 4) return undefined;
  return new DataView(data.buffer, data.byteOffset, data.length).getUint32(0);
}
