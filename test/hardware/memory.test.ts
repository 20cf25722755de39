/** Host memory and the slabs in it: a card reaches all of it, a guest its own only. */
import { describe, expect, it } from "vitest";
import { guestPhysical, hostPhysical } from "../../src/base/ids.ts";
import { GuestMemory, HostMemory, layOut, PAGE_BYTES } from "../../src/hardware/memory.ts";

describe("layOut", () => {
  it("begins each slab on a page and lets none overlap", () => {
    const slabs = layOut([1, PAGE_BYTES, PAGE_BYTES + 1, 10], false);
    expect(slabs).toEqual([
      { host: 0, bytes: 1, guest: 0 },
      { host: PAGE_BYTES, bytes: PAGE_BYTES, guest: 0 },
      { host: 2 * PAGE_BYTES, bytes: PAGE_BYTES + 1, guest: 0 },
      { host: 4 * PAGE_BYTES, bytes: 10, guest: 0 },
    ]);
  });

  it("can map 1:1", () => {
    expect(layOut([PAGE_BYTES, 5], true).map(({ host, guest }) => [host, guest])).toEqual([
      [0, 0],
      [PAGE_BYTES, PAGE_BYTES],
    ]);
  });
});

describe("HostMemory", () => {
  const host = (): HostMemory => new HostMemory(Uint8Array.from({ length: 16 }, (_, i) => i).buffer);

  it("reads and writes across its end what is there, and wraps at 2^32", () => {
    const memory = host();
    const into = new Uint8Array(4);
    memory.read(14, into);
    expect([...into]).toEqual([14, 15, 0xff, 0xff]);
    memory.read(0xffff_fffe, into);
    expect([...into]).toEqual([0xff, 0xff, 0, 1]);
    memory.write(14, Uint8Array.of(1, 2, 3, 4));
    memory.write(0xffff_ffff, Uint8Array.of(9, 8));
    memory.read(0, into);
    expect([...into]).toEqual([8, 1, 2, 3]);
    memory.read(12, into);
    expect([...into]).toEqual([12, 13, 1, 2]);
  });

  it("shows a slab without what lies around it", () => {
    const slab = { host: hostPhysical(4), bytes: 3, guest: guestPhysical(0) };
    expect([...host().slab(slab)]).toEqual([4, 5, 6]);
  });
});

describe("HostMemory with banks", () => {
  /** 16 bytes of common memory, then a hole, then two banks side by side from 32 on. */
  function banked() {
    const noted: string[] = [];
    const bank = (name: string, host: number) => ({
      host: hostPhysical(host),
      bytes: new Uint8Array(8).fill(host),
      noteWrite: (address: number, bytes: number) => void noted.push(`${name} ${address}+${bytes}`),
    });
    const [a, b] = [bank("a", 32), bank("b", 40)];
    return { host: new HostMemory(new ArrayBuffer(16), [a, b]), a, b, noted };
  }

  it("reads and writes the bank that an address lies in, and tells whose it is", () => {
    const { host, a, b, noted } = banked();
    host.write(41, Uint8Array.of(7, 8));
    const into = new Uint8Array(3);
    host.read(40, into);
    expect([...into]).toEqual([40, 7, 8]);
    expect([...b.bytes.subarray(0, 3)]).toEqual([40, 7, 8]);
    expect([...a.bytes]).toEqual(new Array(8).fill(32));
    expect(noted).toEqual(["b 1+2"]);
  });

  it("crosses from one to the next, and finds nothing in a hole", () => {
    const { host, a, b, noted } = banked();
    host.write(38, Uint8Array.of(1, 2, 3, 4));
    expect([[...a.bytes.subarray(6)], [...b.bytes.subarray(0, 2)]]).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(noted).toEqual(["a 6+1", "a 7+1", "b 0+1", "b 1+1"]);
    const into = new Uint8Array(4);
    host.read(30, into);
    expect([...into]).toEqual([0xff, 0xff, 32, 32]);
    host.write(20, Uint8Array.of(1));
    host.read(20, into.subarray(0, 1));
    expect(into[0]).toBe(0xff);
  });
});

describe("GuestMemory", () => {
  const buffer = new SharedArrayBuffer(3 * PAGE_BYTES);
  const slab = { host: hostPhysical(PAGE_BYTES), bytes: 100, guest: guestPhysical(0x1000) };
  const guest = (): GuestMemory => new GuestMemory(buffer, slab);

  it("is little-endian, by the guest's own addresses", () => {
    const memory = guest();
    memory.write(0x1000, Uint8Array.of(0x78, 0x56, 0x34, 0xf2));
    expect([memory.u8(0x1003), memory.u16(0x1000), memory.u32(0x1000)]).toEqual([0xf2, 0x5678, 0xf234_5678]);
    expect(new Uint8Array(buffer)[PAGE_BYTES]).toBe(0x78);
    memory.bytes(0x1000, 1)[0] = 1;
    expect(memory.u8(0x1000)).toBe(1);
  });

  it.each([
    [0x0fff, 1],
    [0x1064, 1],
    [0x1061, 4],
    [0x1000, 101],
    [0x1000, -1],
  ])("refuses %i for %i bytes", (address, bytes) => {
    expect(guest().contains(address, bytes)).toBe(false);
    expect(() => guest().bytes(address, bytes)).toThrow("left its memory");
  });

  it("contains its first and last byte, and nothing at its end", () => {
    expect([guest().contains(0x1000, 100), guest().contains(0x1063, 1), guest().contains(0x1064, 0)]).toEqual(
      [true, true, true],
    );
  });

  it("hands out its memory once, aligned, until it is used up", () => {
    const memory = guest();
    expect([memory.allocate(5), memory.allocate(1), memory.allocate(3, 1), memory.allocate(4, 64)]).toEqual([
      0x1000, 0x1010, 0x1011, 0x1040,
    ]);
    expect(memory.brk).toBe(0x1044);
    expect(memory.allocate(32, 4)).toBe(0x1044);
    expect(() => memory.allocate(1, 1)).toThrow("used up: 1 bytes wanted, 0 left");
  });
});
