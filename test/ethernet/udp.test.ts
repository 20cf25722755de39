import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VpioError } from "../../src/base/errors.ts";
import { buildUdp, parseUdp } from "../../src/ethernet/udp.ts";
import { hex, patched, poisoned } from "./bytes.ts";

const SOURCE_IP = 0x0a000001;
const DESTINATION_IP = 0x0a000002;
const BYTES = hex("1234 0007 000d 95c4  68656c6c6f");
const DATAGRAM = { sourcePort: 0x1234, destinationPort: 7, payload: hex("68656c6c6f") };

const parse = (bytes: Uint8Array) => parseUdp(bytes, SOURCE_IP, DESTINATION_IP);

describe("UDP", () => {
  it("deconstructs literal bytes and constructs them again", () => {
    expect(parse(poisoned(BYTES))).toEqual(DATAGRAM);
    const built = buildUdp({ ...DATAGRAM, payload: poisoned(DATAGRAM.payload) }, SOURCE_IP, DESTINATION_IP);
    expect(built).toEqual(BYTES);
  });

  it("sends a checksum of 0 as ffff, and accepts it", () => {
    const datagram = { ...DATAGRAM, payload: hex("d99c") };
    const bytes = hex("1234 0007 000a ffff d99c");
    expect(buildUdp(datagram, SOURCE_IP, DESTINATION_IP)).toEqual(bytes);
    expect(parse(bytes)).toEqual(datagram);
  });

  it("accepts a datagram without checksum", () => {
    expect(parse(hex("1234 0007 000d 0000 68656c6c6f"))).toEqual(DATAGRAM);
  });

  it("cuts what lies behind its length", () => {
    expect(parse(Uint8Array.from([...BYTES, 0xa5, 0xa5]))).toEqual(DATAGRAM);
  });

  it.each([
    ["a cut header", BYTES.subarray(0, 7)],
    ["a cut payload", BYTES.subarray(0, 12)],
    ["a length within the header", hex("1234 0007 0007 0000 68656c6c6f")],
    ["a changed byte", patched(BYTES, 8, 0x69)],
  ])("refuses %s", (_, bytes) => expect(parse(bytes)).toBeUndefined());

  it("refuses what was meant for another address", () => {
    expect(parseUdp(BYTES, SOURCE_IP, DESTINATION_IP + 1)).toBeUndefined();
  });

  it("does not build what cannot be said", () => {
    const datagram = { ...DATAGRAM, payload: new Uint8Array(65_528) };
    expect(() => buildUdp(datagram, SOURCE_IP, DESTINATION_IP)).toThrow(VpioError);
  });

  it("returns every datagram from its bytes", () => {
    const port = fc.integer({ min: 0, max: 0xffff });
    const ip = fc.integer({ min: 0, max: 0xffff_ffff });
    const datagrams = fc.record({
      sourcePort: port,
      destinationPort: port,
      payload: fc.uint8Array({ maxLength: 1472 }),
    });
    fc.assert(
      fc.property(datagrams, ip, ip, (datagram, from, to) => {
        expect(parseUdp(poisoned(buildUdp(datagram, from, to)), from, to)).toEqual(datagram);
      }),
    );
  });
});
