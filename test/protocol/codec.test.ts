/** Messages in their cells: every type there and back, in bytes that are literal where it matters. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cardId, guestId } from "../../src/base/ids.ts";
import { HOOKED_LIST_BYTES } from "../../src/devices/hooked-list.ts";
import { inl, insw, outb, outsw, type PortOp } from "../../src/hardware/cpu.ts";
import {
  addressName,
  arbiterAddress,
  cardOf,
  guestAddress,
  guestOf,
  nicAddress,
  roleOf,
  WIRE,
} from "../../src/protocol/address.ts";
import {
  type CellViews,
  CONTROL_CELL_BYTES,
  decode,
  encode,
  FRAME_CELL_BYTES,
  MAX_CARRIED_FRAME_BYTES,
} from "../../src/protocol/codec.ts";
import { MESSAGES, type Message, type MessageType } from "../../src/protocol/messages.ts";
import { isRead, isString, SYNC, toOperation, toPortOp } from "../../src/protocol/operation.ts";

const TYPES = Object.keys(MESSAGES) as MessageType[];

/** Cells full of what an earlier message may have left there. */
function poisoned(bytes: number): CellViews {
  const buffer = new SharedArrayBuffer(bytes);
  const u8 = new Uint8Array(buffer).fill(0xa5);
  return { u8, i32: new Int32Array(buffer) };
}

/** Any message of `type` that fits into a cell of `cellBytes`. */
function anyMessage(type: MessageType, cellBytes: number): fc.Arbitrary<Message> {
  const fields = Object.entries(MESSAGES[type].fields).map(
    ([name, kind]): [string, fc.Arbitrary<unknown>] => {
      if (kind === "u32") return [name, fc.integer({ min: 0, max: 0xffff_ffff })];
      if (kind === "bytes") return [name, fc.uint8Array({ maxLength: cellBytes - 64 })];
      return [name, fc.double({ noNaN: true })];
    },
  );
  return fc.record({
    type: fc.constant(type),
    ...Object.fromEntries(fields),
  }) as unknown as fc.Arbitrary<Message>;
}

const cellBytesOf = (type: MessageType): number => (type === "frame" ? FRAME_CELL_BYTES : CONTROL_CELL_BYTES);

describe.each(TYPES)("%s", (type) => {
  it("comes back as it went, from poisoned cells, without touching their neighbours", () => {
    const cellBytes = cellBytesOf(type);
    fc.assert(
      fc.property(anyMessage(type, cellBytes), fc.integer({ min: 0, max: 2 }), (message, cell) => {
        const views = poisoned(3 * cellBytes);
        encode(message, views, cell * cellBytes, cellBytes);
        expect(decode(views, cell * cellBytes)).toEqual(message);
        const around = [...views.u8].filter((_, at) => Math.floor(at / cellBytes) !== cell);
        expect(around.every((byte) => byte === 0xa5)).toBe(true);
      }),
    );
  });

  it("goes from somebody to somebody", () => {
    expect(MESSAGES[type].from.length * MESSAGES[type].to.length).toBeGreaterThan(0);
    expect(MESSAGES[type].what).not.toBe("");
  });
});

describe("a cell", () => {
  it("holds the type, then the fields in the table's order, little-endian", () => {
    const views = poisoned(CONTROL_CELL_BYTES);
    encode(
      { type: "fence", epoch: 0x0102_0304, holder: 5, drain: 1, awaited: 0xffff_ffff },
      views,
      0,
      CONTROL_CELL_BYTES,
    );
    expect([...views.u8.subarray(0, 24)]).toEqual([
      TYPES.indexOf("fence"),
      0,
      0,
      0,
      4,
      3,
      2,
      1,
      5,
      0,
      0,
      0,
      1,
      0,
      0,
      0,
      0xff,
      0xff,
      0xff,
      0xff,
      0xa5,
      0xa5,
      0xa5,
      0xa5,
    ]);
  });

  it("of a frame holds its length and its bytes, the longest frame to the last one", () => {
    const views = poisoned(2 * FRAME_CELL_BYTES);
    const bytes = new Uint8Array(MAX_CARRIED_FRAME_BYTES).fill(7);
    encode({ type: "frame", bytes }, views, 0, FRAME_CELL_BYTES);
    expect([...views.u8.subarray(4, 9)]).toEqual([0xf8, 0x07, 0, 0, 7]);
    expect(views.u8[FRAME_CELL_BYTES - 1]).toBe(7);
    expect(views.u8[FRAME_CELL_BYTES]).toBe(0xa5);
    expect(decode(views, 0)).toEqual({ type: "frame", bytes });
  });

  it("takes no frame that is too long for it", () => {
    const views = poisoned(2 * FRAME_CELL_BYTES);
    const frame = { type: "frame", bytes: new Uint8Array(MAX_CARRIED_FRAME_BYTES + 1) } as const;
    expect(() => encode(frame, views, 0, FRAME_CELL_BYTES)).toThrow("fits its cell");
    expect(views.u8[FRAME_CELL_BYTES]).toBe(0xa5);
  });

  it("has room for the hooked list", () => {
    const views = poisoned(CONTROL_CELL_BYTES);
    const list = new Uint8Array(HOOKED_LIST_BYTES).fill(1);
    encode({ type: "hooks", list }, views, 0, CONTROL_CELL_BYTES);
    expect(decode(views, 0)).toEqual({ type: "hooks", list });
  });

  it("that holds no message is a defect", () => {
    expect(() => decode(poisoned(CONTROL_CELL_BYTES), 0)).toThrow("holds a message");
  });

  it("of arbitrary bytes is a message of its type, within the memory, or a defect", () => {
    const content = fc.tuple(
      fc.oneof(fc.nat(TYPES.length + 1), fc.integer()),
      fc.oneof(fc.nat(200), fc.integer()),
      fc.uint8Array({ minLength: 120, maxLength: 120 }),
    );
    fc.assert(
      fc.property(content, fc.nat(2), ([type, word, rest], cell) => {
        const views = poisoned(3 * CONTROL_CELL_BYTES);
        const offset = cell * CONTROL_CELL_BYTES;
        views.u8.set(rest, offset + 8);
        views.i32.set([type, word], offset >> 2);
        let message: Message;
        try {
          message = decode(views, offset);
        } catch (error) {
          expect(error).toMatchObject({ name: "VpioError", code: "INTERNAL" });
          return;
        }
        for (const [name, kind] of Object.entries(MESSAGES[message.type].fields)) {
          const value = (message as unknown as Record<string, unknown>)[name];
          if (kind === "u32") expect(Number.isInteger(value) && (value as number) >= 0).toBe(true);
          else expect((value as Uint8Array).byteOffset).toBeGreaterThanOrEqual(offset);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("gives bytes as a view, not a copy", () => {
    const views = poisoned(FRAME_CELL_BYTES);
    encode({ type: "frame", bytes: Uint8Array.of(1, 2) }, views, 0, FRAME_CELL_BYTES);
    const message = decode(views, 0) as Extract<Message, { readonly type: "frame" }>;
    views.u8[8] = 9;
    expect([...message.bytes]).toEqual([9, 2]);
  });
});

describe("an operation", () => {
  const operations: readonly PortOp[] = [
    inl(0xc03c),
    outb(0xc037, 0x10),
    insw(0x310, 0x1000, 30),
    outsw(0x310, 0x2000, 1),
  ];

  it.each(operations)("$kind goes into six numbers and comes back", (op) => {
    const carried = toOperation(op);
    expect(Object.values(carried).every((value) => Number.isInteger(value) && value >= 0)).toBe(true);
    expect(toPortOp(carried)).toEqual(op);
  });

  it("is a read or not, a string or not", () => {
    expect(operations.map((op) => isRead(toOperation(op)))).toEqual([true, false, true, false]);
    expect(operations.map((op) => isString(toOperation(op)))).toEqual([false, false, true, true]);
    expect([isRead(SYNC), isString(SYNC)]).toEqual([false, false]);
  });

  it("carries a value that was negative as unsigned", () => {
    expect(toOperation({ kind: "out", port: 1, width: 4, value: -1 }).value).toBe(0xffff_ffff);
  });
});

it("an address tells role and index", () => {
  const addresses = [guestAddress(guestId(3)), nicAddress(cardId(1)), arbiterAddress(cardId(65_535)), WIRE];
  expect(addresses.map(addressName)).toEqual(["guest 3", "nic 1", "arbiter 65535", "wire 0"]);
  expect(addresses.map(roleOf)).toEqual(["guest", "nic", "arbiter", "wire"]);
  expect([guestOf(guestAddress(guestId(3))), cardOf(arbiterAddress(cardId(65_535)))]).toEqual([3, 65_535]);
  expect(new Set(addresses).size).toBe(4);
});
