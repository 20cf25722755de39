import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createQueue } from "../../src/transport/queue.ts";
import {
  createRing,
  HEAD_WORD,
  RING_HEADER_BYTES,
  RingReader,
  type RingShape,
  RingWriter,
  ringBytes,
  TAIL_WORD,
} from "../../src/transport/ring.ts";

const SHAPE: RingShape = { cells: 4, cellBytes: 64, name: "test" };

/** A shared ring whose counters stand at `start`, as after so many cells. */
function ringAt(start: number, shape = SHAPE): { writer: RingWriter; reader: RingReader } {
  const spec = createRing(shape);
  const words = new Int32Array(spec.buffer);
  words[HEAD_WORD] = start;
  words[TAIL_WORD] = start;
  return { writer: new RingWriter(spec), reader: new RingReader(spec) };
}

/** Posts a cell that holds `value`; false when the ring is full. */
function post(writer: RingWriter, value: number): boolean {
  const offset = writer.reserve();
  if (offset === undefined) return false;
  writer.i32[offset >> 2] = value;
  writer.advance();
  return true;
}

function take(reader: RingReader): number | undefined {
  const offset = reader.peek();
  if (offset === undefined) return undefined;
  const value = reader.i32[offset >> 2];
  reader.release();
  return value;
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("room that must be known exactly", () => {
  it("is seen as soon as the consumer has made it, even while some was left", () => {
    const { writer, reader } = ringAt(0);
    for (let i = 0; i < 3; i++) post(writer, i);
    writer.publish();
    while (take(reader) !== undefined);
    expect(writer.room()).toBe(1);
    expect(writer.roomNow()).toBe(4);
  });
});

describe("a ring", () => {
  it("shows posted cells only once they are published", () => {
    const { writer, reader } = ringAt(0);
    post(writer, 7);
    post(writer, 8);
    expect(writer.unpublished).toBe(2);
    expect(reader.peek()).toBeUndefined();
    expect(reader.available).toBe(0);
    expect(writer.publish()).toBe(true);
    expect(writer.unpublished).toBe(0);
    expect(reader.available).toBe(2);
    expect(take(reader)).toBe(7);
    expect(take(reader)).toBe(8);
    expect(take(reader)).toBeUndefined();
  });

  it("publishes nothing when nothing is posted", () => {
    const { writer } = ringAt(0);
    expect(writer.publish()).toBe(false);
    writer.reserve();
    expect(writer.publish()).toBe(false);
  });

  it("is full at its number of cells, and has room again when one is released", () => {
    const { writer, reader } = ringAt(0);
    for (let i = 0; i < 4; i++) expect(post(writer, i)).toBe(true);
    expect(writer.room()).toBe(0);
    expect(writer.reserve()).toBeUndefined();
    writer.publish();
    expect(writer.reserve()).toBeUndefined();
    reader.peek();
    expect(writer.reserve()).toBeUndefined();
    reader.release();
    expect(writer.reserve()).toBe(0);
    expect(writer.room()).toBe(1);
  });

  it("answers the same cell until it is advanced, and its offsets go round", () => {
    const { writer, reader } = ringAt(0);
    const offsets: (number | undefined)[] = [];
    for (let i = 0; i < 6; i++) {
      expect(writer.reserve()).toBe(writer.reserve());
      offsets.push(writer.reserve());
      writer.advance();
      writer.publish();
      expect(reader.peek()).toBe(offsets[i]);
      reader.release();
    }
    expect(offsets).toEqual([0, 64, 128, 192, 0, 64]);
  });

  it("gives three views of the same cell", () => {
    const { writer, reader } = ringAt(3);
    const offset = writer.reserve() ?? -1;
    expect(offset).toBe(192);
    writer.f64[offset / 8] = 1.5;
    writer.i32[offset / 4 + 2] = -2;
    writer.u8[offset + 63] = 0xa5;
    writer.advance();
    writer.publish();
    const cell = reader.u8.subarray(offset, offset + 64);
    expect([...cell.subarray(0, 13)]).toEqual([0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0xfe, 0xff, 0xff, 0xff, 0]);
    expect(cell[63]).toBe(0xa5);
  });

  it("refuses to advance past what is free and to release what is not there", () => {
    const { writer, reader } = ringAt(0);
    expect(() => reader.release()).toThrow("nothing to release");
    for (let i = 0; i < 4; i++) post(writer, i);
    expect(() => writer.advance()).toThrow("not reserved");
  });

  it.each([-3, 0x7fff_fffe])("keeps its order when the counters pass the wrap at %i", (start) => {
    const { writer, reader } = ringAt(start);
    let next = 0;
    for (let sent = 0; sent < 40; sent += 4) {
      for (let i = 0; i < 4; i++) expect(post(writer, sent + i)).toBe(true);
      expect(writer.room()).toBe(0);
      expect(writer.unpublished).toBe(4);
      writer.publish();
      expect(reader.available).toBe(4);
      for (let i = 0; i < 4; i++) expect(take(reader)).toBe(next++);
      expect(reader.isEmpty()).toBe(true);
    }
  });

  it("goes on where it stands when a face is opened again", () => {
    const spec = createRing(SHAPE);
    const writer = new RingWriter(spec);
    for (const value of [1, 2, 3]) post(writer, value);
    writer.publish();
    expect(take(new RingReader(spec))).toBe(1);
    expect(new RingWriter(spec).room()).toBe(2);
    expect(take(new RingReader(spec))).toBe(2);
  });

  it("shares a buffer with other rings without touching them", () => {
    const bytes = ringBytes(SHAPE);
    expect(bytes).toBe(RING_HEADER_BYTES + 256);
    const buffer = new SharedArrayBuffer(2 * bytes);
    const open = (byteOffset: number) => {
      const spec = createRing(SHAPE, { buffer, byteOffset });
      return { writer: new RingWriter(spec), reader: new RingReader(spec) };
    };
    const [first, second] = [open(0), open(bytes)];
    first.writer.u8.fill(0xff);
    for (let i = 0; i < 4; i++) first.writer.advance();
    first.writer.publish();
    expect(second.reader.available).toBe(0);
    expect(second.reader.u8.every((byte) => byte === 0)).toBe(true);
    second.writer.u8.fill(0xee);
    expect(first.reader.available).toBe(4);
    expect(first.reader.u8.every((byte) => byte === 0xff)).toBe(true);
  });

  it.each([
    { cells: 3, cellBytes: 64 },
    { cells: 0, cellBytes: 64 },
    { cells: 4, cellBytes: 32 },
    { cells: 2 ** 24, cellBytes: 128 },
  ])("refuses $cells cells of $cellBytes bytes", (shape) => {
    expect(() => createRing(shape)).toThrow("invariant broken");
  });
});

describe("the wish for room", () => {
  it("is raised only by a full ring, and taken once", () => {
    const { writer, reader } = ringAt(0);
    expect(writer.awaitRoom()).toBe(true);
    expect(reader.takeRoomRequest()).toBe(false);
    for (let i = 0; i < 4; i++) post(writer, i);
    expect(() => writer.awaitRoom()).toThrow("unpublished");
    writer.publish();
    expect(writer.awaitRoom()).toBe(false);
    take(reader);
    expect(reader.takeRoomRequest()).toBe(true);
    expect(reader.takeRoomRequest()).toBe(false);
    expect(writer.awaitRoom()).toBe(true);
  });

  it("finds the room that came before the flag was up", () => {
    const { writer, reader } = ringAt(0);
    for (let i = 0; i < 4; i++) post(writer, i);
    writer.publish();
    const raise = Atomics.store as (...operands: unknown[]) => number;
    vi.spyOn(Atomics, "store").mockImplementationOnce(((...operands: unknown[]) => {
      take(reader);
      expect(reader.takeRoomRequest()).toBe(false);
      return raise(...operands);
    }) as never);
    expect(writer.awaitRoom()).toBe(true);
  });

  it("is raised again after it was taken for nothing", () => {
    const { writer, reader } = ringAt(0);
    for (let i = 0; i < 4; i++) post(writer, i);
    writer.publish();
    writer.awaitRoom();
    reader.takeRoomRequest();
    expect(writer.awaitRoom()).toBe(false);
    expect(reader.takeRoomRequest()).toBe(true);
  });
});

describe("a ring against a plain array", () => {
  const command = fc.constantFrom("post", "post", "post", "publish", "take", "take", "room", "available");

  it.each([
    ["shared memory", (start: number) => ringAt(start)],
    ["a queue within one thread", () => createQueue(SHAPE)],
  ])("agrees step by step: %s", (_, open) => {
    fc.assert(
      fc.property(
        fc.integer({ min: -12, max: 12 }),
        fc.array(command, { maxLength: 200 }),
        (start, commands) => {
          const { writer, reader } = open(start);
          const posted: number[] = [];
          const published: number[] = [];
          let next = 0;
          for (const step of commands) {
            const free = 4 - posted.length - published.length;
            if (step === "post") {
              expect(post(writer, next)).toBe(free > 0);
              if (free > 0) posted.push(next++);
            } else if (step === "publish") {
              expect(writer.publish()).toBe(posted.length > 0);
              published.push(...posted.splice(0));
            } else if (step === "take") expect(take(reader)).toBe(published.shift());
            else if (step === "available") expect(reader.available).toBe(published.length);
            else {
              expect(writer.room()).toBeLessThanOrEqual(free);
              expect(writer.room() > 0).toBe(free > 0);
            }
            expect(writer.unpublished).toBe(posted.length);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
