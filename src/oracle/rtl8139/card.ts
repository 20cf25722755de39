/** The RTL8139 on trial: how its programs begin and end, and those without sense. */
import type { Prng } from "../../base/prng.ts";
import { Rtl8139Driver } from "../../devices/rtl8139/driver.ts";
import { CR, CR9346 } from "../../devices/rtl8139/registers.ts";
import { Rtl8139 } from "../../devices/rtl8139/silicon.ts";
import type { Author } from "../author.ts";
import type { OracleCard } from "../cards.ts";
import { randomFrame } from "../frames.ts";
import { zeros } from "../step.ts";
import { Rtl8139Ground } from "./ground.ts";
import { ARENA, BUFFERS_AT, PLACES, type Place, RING_AT } from "./layout.ts";
import { driverLike } from "./programs.ts";
import { FENCES, MASKS } from "./rules.ts";

const MAC = Uint8Array.of(0x52, 0x54, 0x00, 0x12, 0x34, 0x56);
/** What the receiver of a deaf card may be shown: the end of a program on the wire. */
const LAST_FRAME_BYTES = 60;

function place(name: string): Place {
  const found = PLACES.find((each) => each.name === name);
  if (found === undefined) throw new RangeError(`no register ${name}`);
  return found;
}

function readAll(author: Author): void {
  for (const { offset, width } of PLACES) author.in(offset, width);
}

/** Everything that a reset leaves, in one card or the other, is written. */
function prologue(author: Author): void {
  const set = (name: string, value: number): void => author.out(place(name).offset, place(name).width, value);
  set("CR9346", CR9346.EEM_PROGRAM);
  set("CR9346", CR9346.EEM_NORMAL);
  set("CR", CR.RST);
  set("CAPR", 0xfff0);
  set("MAR0", 0x0403_0201);
  set("MAR4", 0x0807_0605);
  set("CR", CR.RST);
  readAll(author);
  author.store(ARENA.start, zeros(ARENA.bytes));
  for (const [i, byte] of MAC.entries()) author.out(i, 1, byte);
  set("MAR0", 0);
  set("MAR4", 0);
  set("RCR", 0);
  for (let n = 0; n < 4; n++) set(`TSAD${n}`, BUFFERS_AT + n * 0x800);
  set("RBSTART", RING_AT);
  set("CR9346", CR9346.EEM_CONFIG);
  set("CONFIG4", 0);
  set("CR9346", CR9346.EEM_NORMAL);
  set("MULINT", 0);
}

function epilogue(author: Author): void {
  readAll(author);
  author.load(ARENA.start, ARENA.bytes);
  author.out(place("CR").offset, 1, CR.RST);
  author.frame(zeros(LAST_FRAME_BYTES));
}

/** Values that tell bits apart, and addresses that the card may use. */
function rawValue(prng: Prng, { name, width }: Place): number {
  if (name.startsWith("TSAD") && prng.chance(3, 4)) return BUFFERS_AT + prng.below(0x1800);
  if (name === "RBSTART" && prng.chance(3, 4)) return RING_AT + prng.below(0x1000);
  if (name.startsWith("TSD") && prng.chance(7, 8)) return prng.below(1793) | (prng.below(64) << 16);
  if (name === "CR") return prng.chance(1, 8) ? CR.RST : prng.below(16);
  switch (prng.below(4)) {
    case 0:
      return 0;
    case 1:
      return (2 ** (8 * width) - 1) >>> 0;
    case 2:
      return (1 << prng.below(8 * width)) >>> 0;
    default:
      return width === 4 ? prng.u32() : prng.below(2 ** (8 * width));
  }
}

function raw(author: Author, prng: Prng, steps: number): void {
  for (let i = 0; i < steps; i++) {
    const chosen = prng.pick(PLACES);
    const kind = prng.below(100);
    if (kind < 45) author.in(chosen.offset, chosen.width);
    else if (kind < 95) author.out(chosen.offset, chosen.width, rawValue(prng, chosen));
    else if (kind < 97) author.store(BUFFERS_AT + prng.below(0x1f00), randomFrame(prng, MAC, 60, 200));
    else author.frame(randomFrame(prng, MAC, 60, 300));
  }
}

export const RTL8139: OracleCard = {
  name: "rtl8139",
  mac: MAC,
  qemu: { device: "rtl8139" },
  makeSilicon: (slot) => new Rtl8139(slot, { mac: MAC }),
  makeDriver: (environment) => new Rtl8139Driver(environment),
  mastersBus: true,
  makeGround: (pilot) => new Rtl8139Ground(pilot),
  masks: MASKS,
  fences: FENCES,
  powerOn: readAll,
  prologue,
  epilogue,
  raw,
  driverLike,
};
