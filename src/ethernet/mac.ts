/** 48-bit MAC addresses (IEEE 802-2014, section 8). */

/** Six bytes, in the order they are sent. */
export type Mac = Uint8Array;

export const MAC_BYTES = 6;
export const BROADCAST: Mac = new Uint8Array([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);

/** "02:00:00:00:00:01", in either case; undefined when it is no address. */
export function parseMac(text: string): Mac | undefined {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) return undefined;
  return Uint8Array.from(text.split(":"), (pair) => Number.parseInt(pair, 16));
}

/** Lower case, with colons. */
export function formatMac(mac: Mac): string {
  return Array.from(mac, (byte) => byte.toString(16).padStart(2, "0")).join(":");
}

/** The 48 bits at `offset` as one integer, for maps; `bytes` holds at least `offset` + 6. */
export function macKey(bytes: Uint8Array, offset = 0): number {
  let key = 0;
  for (let i = 0; i < MAC_BYTES; i++) key = key * 256 + (bytes[offset + i] as number);
  return key;
}

/** True for group addresses, the broadcast address among them: the first bit on the wire is set. */
export const isMulticast = (mac: Mac): boolean => ((mac[0] as number) & 1) === 1;

export const sameMac = (a: Mac, b: Mac): boolean => macKey(a) === macKey(b);
