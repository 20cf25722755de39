/** The CRC-32 of IEEE 802.3: the frame check sequence, and the multicast hash that Ethernet controllers derive from it. */

const REFLECTED_POLYNOMIAL = 0xedb8_8320;

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let register = byte;
  for (let bit = 0; bit < 8; bit++) {
    register = register & 1 ? (register >>> 1) ^ REFLECTED_POLYNOMIAL : register >>> 1;
  }
  return register;
});

/** The CRC register after `bytes`, before its final inversion. */
function register(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] as number);
  return crc >>> 0;
}

/**
 * The frame check sequence of `bytes` (destination address to the end of the payload), as an unsigned number whose low
 * byte goes onto the wire, or into a receive ring, first.
 */
export function crc32(bytes: Uint8Array): number {
  return ~register(bytes) >>> 0;
}

/**
 * The filter bit (0 .. 63) for a multicast address: bits 31 .. 26 of the CRC register as the hardware shifts it, most
 * significant bit first and not inverted. Hash n selects bit n % 8 of MAR[n div 8] (RTL8139C(L) section 6.8, DP8390D section 10.3).
 */
export function multicastHash(mac: Uint8Array): number {
  const reflected = register(mac);
  let hash = 0;
  for (let bit = 0; bit < 6; bit++) hash = (hash << 1) | ((reflected >>> bit) & 1);
  return hash;
}
