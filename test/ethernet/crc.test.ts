import { describe, expect, it } from "vitest";
import { crc32, multicastHash } from "../../src/ethernet/crc.ts";

/** The same register, shifted one bit at a time as a circuit does it, most significant bit first. */
function bigEndianRegister(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const carry = (crc >>> 31) ^ ((byte >>> bit) & 1);
      crc = (crc << 1) >>> 0;
      if (carry) crc = (crc ^ 0x04c1_1db7) >>> 0;
    }
  }
  return crc;
}

describe("crc32", () => {
  it("gives the check value of CRC-32 for the digits 1 to 9", () => {
    expect(crc32(new TextEncoder().encode("123456789"))).toBe(0xcbf4_3926);
  });

  it("is 0 for no bytes", () => {
    expect(crc32(new Uint8Array())).toBe(0);
  });

  it("agrees with the register shifted bit by bit, whatever the length", () => {
    for (let length = 0; length < 70; length++) {
      const bytes = Uint8Array.from({ length }, (_, i) => i * 31 + length);
      let mirrored = 0;
      const straight = bigEndianRegister(bytes);
      for (let bit = 0; bit < 32; bit++) mirrored |= ((straight >>> bit) & 1) << (31 - bit);
      expect(crc32(bytes)).toBe(~mirrored >>> 0);
    }
  });

  it("leaves the residue 0x2144df1c over a frame and its own FCS, low byte first", () => {
    const frame = Uint8Array.from({ length: 60 }, (_, i) => i * 7);
    const fcs = crc32(frame);
    const checked = Uint8Array.of(...frame, fcs & 0xff, (fcs >>> 8) & 0xff, (fcs >>> 16) & 0xff, fcs >>> 24);
    expect(crc32(checked)).toBe(0x2144_df1c);
  });
});

describe("multicastHash", () => {
  it("is the top six bits of the register shifted most significant bit first", () => {
    for (let last = 0; last < 256; last++) {
      const mac = Uint8Array.of(0x01, 0x00, 0x5e, 0x7f, 0xff, last);
      expect(multicastHash(mac)).toBe(bigEndianRegister(mac) >>> 26);
    }
  });

  it("puts the all-hosts group of IPv4 in bit 31 and broadcast in bit 63", () => {
    expect(multicastHash(Uint8Array.of(0x01, 0x00, 0x5e, 0, 0, 1))).toBe(31);
    expect(multicastHash(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0xff, 0xff))).toBe(63);
  });
});
