import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Eeprom93c46 } from "../../../src/devices/rtl8139/eeprom.ts";
import { CR, CR9346 } from "../../../src/devices/rtl8139/registers.ts";
import { Card, MAC } from "./card.ts";

const { EECS, EESK, EEDI, EEDO, EEM_PROGRAM } = CR9346;

/** What drives the lines: the EEPROM itself, or the card's 9346CR. */
interface Lines {
  write(cr: number): void;
  read(): number;
}

/** Clocks `count` bits in, most significant first, and answers what came out after each rising edge. */
function shift(lines: Lines, bits: number, count: number): number {
  let out = 0;
  for (let i = count - 1; i >= 0; i--) {
    const data = (bits >>> i) & 1 ? EEDI : 0;
    lines.write(EECS | data);
    lines.write(EECS | data | EESK);
    out = (out << 1) | (lines.read() & EEDO);
  }
  return out;
}

function command(lines: Lines, bits: number, count: number): void {
  lines.write(EECS);
  shift(lines, bits, count);
  lines.write(0);
}

function readWord(lines: Lines, address: number): number {
  lines.write(EECS);
  shift(lines, (0b110 << 6) | address, 9);
  const word = shift(lines, 0, 16);
  lines.write(0);
  return word;
}

const EWEN = 0b1_00_11_0000;
const EWDS = 0b1_00_00_0000;
const writeCommand = (address: number, value: number): number => (0b101 << 22) | (address << 16) | value;

describe("the 93C46", () => {
  it("is delivered with its id in word 0 and the address in words 7 to 9", () => {
    const eeprom = new Eeprom93c46(MAC);
    expect([0, 1, 2, 7, 8, 9].map((address) => readWord(eeprom, address))).toEqual([
      0x8129, 0x10ec, 0x8139, 0x5452, 0x1200, 0x5634,
    ]);
  });

  it("puts a 0 before the first bit of a word and goes on with the next word", () => {
    const eeprom = new Eeprom93c46(MAC);
    eeprom.write(EECS);
    shift(eeprom, ((0b110 << 6) | 7) >>> 1, 8);
    expect(shift(eeprom, 1, 1)).toBe(0);
    expect(shift(eeprom, 0, 16)).toBe(0x5452);
    expect(shift(eeprom, 0, 16)).toBe(0x1200);
  });

  it("waits for the start bit however many zeros come first", () => {
    const eeprom = new Eeprom93c46(MAC);
    eeprom.write(EECS);
    shift(eeprom, 0, 5);
    shift(eeprom, (0b110 << 6) | 8, 9);
    expect(shift(eeprom, 0, 16)).toBe(0x1200);
  });

  it("writes a word only while writing is enabled", () => {
    const eeprom = new Eeprom93c46(MAC);
    command(eeprom, writeCommand(20, 0xbeef), 25);
    expect(readWord(eeprom, 20)).toBe(0);
    command(eeprom, EWEN, 9);
    command(eeprom, writeCommand(20, 0xbeef), 25);
    expect(readWord(eeprom, 20)).toBe(0xbeef);
    command(eeprom, EWDS, 9);
    command(eeprom, writeCommand(20, 0x1234), 25);
    expect(readWord(eeprom, 20)).toBe(0xbeef);
  });

  it("says that it is ready when selected after a write", () => {
    const eeprom = new Eeprom93c46(MAC);
    command(eeprom, EWEN, 9);
    command(eeprom, writeCommand(20, 0xbeef), 25);
    expect(eeprom.read() & EEDO).toBe(0);
    eeprom.write(EECS);
    expect(eeprom.read() & EEDO).toBe(1);
  });

  it("forgets a write that is broken off before its last bit", () => {
    const eeprom = new Eeprom93c46(MAC);
    command(eeprom, EWEN, 9);
    command(eeprom, writeCommand(20, 0xbeef) >>> 1, 24);
    expect(readWord(eeprom, 20)).toBe(0);
  });

  it("erases one word, erases all, writes all", () => {
    const eeprom = new Eeprom93c46(MAC);
    command(eeprom, EWEN, 9);
    command(eeprom, (0b111 << 6) | 8, 9);
    expect([7, 8, 9].map((address) => eeprom.word(address))).toEqual([0x5452, 0xffff, 0x5634]);
    command(eeprom, (0b1_00_01_0000 << 16) | 0x55aa, 25);
    expect([0, 31, 63].map((address) => eeprom.word(address))).toEqual([0x55aa, 0x55aa, 0x55aa]);
    command(eeprom, 0b1_00_10_0000, 9);
    expect([0, 31, 63].map((address) => eeprom.word(address))).toEqual([0xffff, 0xffff, 0xffff]);
  });

  it("can be given all its words", () => {
    const eeprom = new Eeprom93c46(Uint16Array.from({ length: 64 }, (_, i) => i * 3));
    eeprom.setWord(5, 0x1_2345);
    expect([readWord(eeprom, 4), readWord(eeprom, 5), readWord(eeprom, 63)]).toEqual([12, 0x2345, 189]);
  });
});

/** Everything that the EEPROM can be told, whole or broken off after some bits. */
type Command =
  | { readonly kind: "read" | "erase"; readonly address: number }
  | { readonly kind: "write"; readonly address: number; readonly value: number }
  | { readonly kind: "writeAll"; readonly value: number }
  | { readonly kind: "eraseAll" | "enable" | "disable" };

const address = fc.nat(63);
const value = fc.nat(0xffff);
const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ kind: fc.constantFrom("read" as const, "erase" as const), address }),
  fc.record({ kind: fc.constant("write" as const), address, value }),
  fc.record({ kind: fc.constant("writeAll" as const), value }),
  fc.record({ kind: fc.constantFrom("eraseAll" as const, "enable" as const, "disable" as const) }),
);

/** The bits of a command, with the start bit, and how many they are. */
function encoded(told: Command): readonly [bits: number, count: number] {
  switch (told.kind) {
    case "read":
      return [(0b110 << 6) | told.address, 9];
    case "erase":
      return [(0b111 << 6) | told.address, 9];
    case "write":
      return [writeCommand(told.address, told.value), 25];
    case "writeAll":
      return [(0b1_00_01_0000 << 16) | told.value, 25];
    case "eraseAll":
      return [0b1_00_10_0000, 9];
    case "enable":
      return [EWEN, 9];
    case "disable":
      return [EWDS, 9];
  }
}

/** 64 words and a flag. */
class Reference {
  readonly words: number[];
  #enabled = false;

  constructor(words: readonly number[]) {
    this.words = [...words];
  }

  tell(told: Command): void {
    if (told.kind === "enable" || told.kind === "disable") this.#enabled = told.kind === "enable";
    if (!this.#enabled) return;
    if (told.kind === "erase") this.words[told.address] = 0xffff;
    if (told.kind === "write") this.words[told.address] = told.value;
    if (told.kind === "writeAll") this.words.fill(told.value);
    if (told.kind === "eraseAll") this.words.fill(0xffff);
  }
}

const wordsOf = (eeprom: Eeprom93c46): number[] => Array.from({ length: 64 }, (_, i) => eeprom.word(i));

describe("a 93C46 that is told anything", () => {
  it("does what 64 words and a flag would, whole commands and broken ones", () => {
    const broken = fc.option(fc.nat(24), { nil: undefined });
    fc.assert(
      fc.property(fc.array(fc.tuple(anyCommand, broken), { maxLength: 30 }), (script) => {
        const eeprom = new Eeprom93c46(MAC);
        const reference = new Reference(wordsOf(eeprom));
        for (const [told, cut] of script) {
          const [bits, count] = encoded(told);
          const kept = Math.min(count, cut ?? count);
          command(eeprom, Math.floor(bits / 2 ** (count - kept)), kept);
          if (kept === count) reference.tell(told);
          if (kept === count && told.kind === "read")
            expect(readWord(eeprom, told.address)).toBe(reference.words[told.address]);
        }
        expect(wordsOf(eeprom)).toEqual(reference.words);
      }),
      { numRuns: 500 },
    );
  });

  it("shows its lines and one output bit, keeps words of 16 bits, and can be read after it", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(255), { maxLength: 400 }), (bytes) => {
        const eeprom = new Eeprom93c46(MAC);
        for (const cr of bytes) {
          eeprom.write(cr);
          expect(eeprom.read() & ~EEDO).toBe(cr & (EECS | EESK | EEDI));
        }
        eeprom.write(0);
        expect(Array.from({ length: 64 }, (_, i) => readWord(eeprom, i))).toEqual(wordsOf(eeprom));
      }),
    );
  });
});

describe("9346CR", () => {
  const linesOf = (card: Card): Lines => ({
    write: (cr) => card.set("CR9346", EEM_PROGRAM | cr),
    read: () => card.get("CR9346"),
  });

  it("reaches the EEPROM in mode 10 and shows its output in EEDO", () => {
    const card = new Card();
    expect(readWord(linesOf(card), 8)).toBe(0x1200);
    card.set("CR9346", EEM_PROGRAM | EECS);
    expect(card.get("CR9346")).toBe(EEM_PROGRAM | EECS | EEDO);
  });

  it("deselects it at a reset", () => {
    const card = new Card();
    const lines = linesOf(card);
    lines.write(EECS);
    shift(lines, (0b110 << 6) | 7, 9);
    shift(lines, 0, 5);
    card.set("CR", CR.RST);
    expect(readWord(lines, 8)).toBe(0x1200);
  });

  it("does not reach it in the other modes", () => {
    const card = new Card();
    const lines: Lines = { write: (cr) => card.set("CR9346", cr), read: () => card.get("CR9346") };
    expect(readWord(lines, 8)).toBe(0);
  });

  it("loads IDR from the EEPROM in mode 01, resets the card and falls back to 00", () => {
    const card = new Card();
    const lines = linesOf(card);
    command(lines, EWEN, 9);
    command(lines, writeCommand(7, 0xbbaa), 25);
    card.set("MAR0", 0x1234_5678);
    card.set("CR9346", CR9346.EEM_AUTOLOAD);
    expect(card.get("CR9346")).toBe(0);
    expect(card.get("IDR0")).toBe(0x1200_bbaa);
    expect(card.get("IDR4")).toBe(0x5634);
    expect(card.get("MAR0")).toBe(0);
  });

  it("leaves IDR alone when the EEPROM is not one for this card", () => {
    const card = new Card();
    const lines = linesOf(card);
    command(lines, EWEN, 9);
    command(lines, writeCommand(0, 0x8128), 25);
    card.set("CR9346", CR9346.EEM_AUTOLOAD);
    expect([card.get("IDR0"), card.get("IDR4")]).toEqual([0, 0]);
  });
});
