import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildEthernet, ETHERTYPE, parseEthernet } from "../../src/ethernet/ethernet.ts";
import { formatMac } from "../../src/ethernet/mac.ts";
import { hex, poisoned } from "./bytes.ts";

const BYTES = hex("ff ff ff ff ff ff  7e 8b 21 8e 01 be  08 06  01 02 03");

describe("Ethernet frames", () => {
  it("deconstructs literal bytes", () => {
    const frame = parseEthernet(poisoned(BYTES));
    expect(formatMac(frame?.destination ?? BYTES)).toBe("ff:ff:ff:ff:ff:ff");
    expect(formatMac(frame?.source ?? BYTES)).toBe("7e:8b:21:8e:01:be");
    expect(frame?.etherType).toBe(ETHERTYPE.arp);
    expect(frame?.payload).toEqual(hex("01 02 03"));
  });

  it("constructs the same bytes, without padding", () => {
    const built = buildEthernet({
      destination: poisoned(hex("ff ff ff ff ff ff")),
      source: poisoned(hex("7e 8b 21 8e 01 be")),
      etherType: ETHERTYPE.arp,
      payload: poisoned(hex("01 02 03")),
    });
    expect(built).toEqual(BYTES);
  });

  it("needs a whole header and nothing more", () => {
    expect(parseEthernet(BYTES.subarray(0, 13))).toBeUndefined();
    expect(parseEthernet(BYTES.subarray(0, 14))?.payload).toHaveLength(0);
  });

  it("returns every frame of 14 bytes or more unchanged", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 14, maxLength: 1514 }), (bytes) => {
        const frame = parseEthernet(poisoned(bytes));
        expect(frame && buildEthernet(frame)).toEqual(bytes);
      }),
    );
  });
});
