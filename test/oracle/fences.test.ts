/** For each fence a program that crosses it: the fence stops it, and without the fence the cards differ. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rewrite } from "../../src/oracle/author.ts";
import { ORACLE_CARDS, type OracleCard } from "../../src/oracle/cards.ts";
import { compare } from "../../src/oracle/compare.ts";
import { QemuCard } from "../../src/oracle/qemu-card.ts";
import { parseSteps } from "../../src/oracle/step.ts";
import { describeWithQemu } from "./with-qemu.ts";

const MAC = "525400123456020000000001";
const BROADCAST = "ffffffffffff020000000001";

/** Clocks bits into the EEPROM, most significant first. */
const clockIn = (bits: string): string =>
  [...bits].map((bit) => (bit === "1" ? "out 50 1 8a\nout 50 1 8e" : "out 50 1 88\nout 50 1 8c")).join("\n");
const frames = (count: number, bytes: number): string => `frame ${MAC} ${bytes} 0\n`.repeat(count);

/** The step that crosses the fence, and what comes before and after it. */
interface Crossing {
  readonly before?: string;
  readonly step: string;
  readonly after?: string;
  /** Why the cards do not differ on it nevertheless. */
  readonly agrees?: string;
}

const RTL8139: Readonly<Record<keyof typeof ORACLE_CARDS.rtl8139.fences, Crossing>> = {
  width: { before: "out 3c 2 1", step: "in 3c 1" },
  resetWithOthers: { step: "out 37 1 1c", after: "in 37 1" },
  transmitterOnWithQueue: { before: "out 10 4 3c", step: "out 37 1 4", after: "in 10 4" },
  outOfTurn: { before: "out 37 1 4\nout 14 4 3c", step: "out 10 4 3c", after: "in 14 4" },
  longTransmit: { before: "out 37 1 4", step: "out 10 4 701", after: "in 10 4" },
  standsStill: { before: "out 37 1 4\nout 50 1 80", step: "out 10 4 3c", after: "in 10 4" },
  eepromWrite: {
    before: `out 50 1 88\n${clockIn("10011000")}\nout 50 1 88`,
    step: "out 50 1 8c",
    agrees: "only what later programs find would differ",
  },
  timer: {
    step: "out 54 4 21",
    agrees: "our card's clock stands still here, and QEMU's may be slower than its reader",
  },
  underrunInterrupt: { before: "out 3c 2 20", step: "out 38 2 0" },
  ringApart: {
    before: `out 37 1 8\nout 44 4 2\n${frames(1, 60)}out 44 4 2`,
    step: `frame ${MAC} 60 0`,
  },
  unsettledUse: { before: "out 44 4 2\nout 37 1 10\nout 37 1 8", step: `frame ${MAC} 60 0` },
  outsideArena: { before: "out 37 1 4\nout 20 4 f0000", step: "out 10 4 3c" },
  maskedBytes: {
    before: `out 37 1 c\nout 44 4 3\n${frames(1, 60)}out 20 4 100000`,
    step: "out 10 4 40",
  },
  shortFrame: { before: "out 37 1 8\nout 44 4 2", step: `frame ${MAC} 40 0` },
  longFrame: { before: "out 37 1 8\nout 44 4 2", step: `frame ${MAC} 5000 0` },
  groupWithAap: { before: "out 37 1 8\nout 44 4 1", step: `frame ${BROADCAST} 60 0` },
  wireInLoopback: { before: "out 37 1 c\nout 44 4 2\nout 40 4 60000", step: `frame ${MAC} 60 0` },
  loopbackWithAap: {
    before: `out 37 1 c\nout 44 4 3\nout 40 4 60000\nstore 112000 ${MAC} 60 0`,
    step: "out 10 4 3c",
  },
  nearlyFull: {
    before: `out 37 1 8\nout 44 4 2\n${frames(4, 1514)}${frames(1, 600)}`,
    step: `frame ${MAC} 60 0`,
  },
  heldBack: {
    before: `out 37 1 8\nout 44 4 2\nout 3c 2 10\n${frames(6, 1514)}`,
    step: `frame ${MAC} 60 0`,
  },
};

const RUN = "out 0 1 22";
const CURR = "out 0 1 62\nin 7 1";

const NE2000: Readonly<Record<keyof typeof ORACLE_CARDS.ne2000.fences, Crossing>> = {
  width: { step: "in 18 1" },
  resetWithInterrupts: { before: `${RUN}\nout f 1 40\nout 0 1 a`, step: "in 1f 1" },
  frameAfterReset: { before: `${RUN}\nin 1f 1`, step: `frame ${BROADCAST} 60 0`, after: CURR },
  command: { before: RUN, step: "out 0 1 2a", after: "in 7 1" },
  emptyTransfer: { step: "out 0 1 9", after: "in 7 1" },
  dataPort: { before: `${RUN}\nout a 1 10`, step: "in 10 2", after: "in 8 1" },
  dataWidth: { before: "out e 1 48\nout a 1 10\nout 0 1 a", step: "in 10 2", after: "in 8 1" },
  wordAcrossRing: {
    before: "out 8 1 ff\nout 9 1 7f\nout a 1 10\nout 0 1 a",
    step: "in 10 2",
    after: "in 9 1",
  },
  addressWrap: { before: "out 8 1 fe\nout 9 1 ff\nout a 1 10\nout 0 1 a", step: "in 10 2", after: "in 10 2" },
  otherMemory: { before: "out 8 1 0\nout 9 1 80\nout a 1 10\nout 0 1 a", step: "in 10 2" },
  pageBeyond: { step: "out 3 1 c1", after: "in 3 1" },
  transmit: { before: `${RUN}\nout 4 1 7f\nout 6 1 2`, step: "out 0 1 26" },
  transmitMode: { before: `${RUN}\nout d 1 2`, step: "out 0 1 26" },
  maskedBytes: { before: `${RUN}\nout 5 1 44`, step: "out 0 1 26" },
  receiveMode: { before: `out d 1 2\n${RUN}`, step: `frame ${BROADCAST} 60 0`, after: CURR },
  frameLength: { before: RUN, step: `frame ${BROADCAST} 40 0`, after: CURR },
  station: { before: `out 0 1 61\nout 1 1 50\n${RUN}`, step: `frame ${MAC} 60 0`, after: CURR },
  groupWithPro: { before: `out c 1 10\n${RUN}`, step: `frame ${BROADCAST} 60 0`, after: CURR },
  ringShape: { before: `out 2 1 40\n${RUN}`, step: `frame ${BROADCAST} 60 0`, after: CURR },
  ringFull: { before: `out 3 1 46\n${RUN}`, step: `frame ${BROADCAST} 60 0`, after: CURR },
};

const CARDS: readonly (readonly [OracleCard, Readonly<Record<string, Crossing>>])[] = [
  [ORACLE_CARDS.rtl8139, RTL8139],
  [ORACLE_CARDS.ne2000, NE2000],
];

const textOf = ({ before = "", step, after = "" }: Crossing): string => [before, step, after].join("\n");

describe.each(CARDS)("$0.name", (card, crossings) => {
  it.each(Object.entries(crossings))("%s stops a program, and nothing before it does", (fence, crossing) => {
    expect(rewrite(card, parseSteps(crossing.before ?? "")).refusals).toEqual(new Map());
    const { refusals } = rewrite(card, parseSteps(`${crossing.before ?? ""}\n${crossing.step}`));
    expect(refusals).toEqual(new Map([[fence, 1]]));
  });
});

describeWithQemu.each(CARDS)("$0.name, without its fences", (card, crossings) => {
  let qemu: QemuCard;
  beforeAll(async () => {
    qemu = await QemuCard.start(card);
  });
  afterAll(() => qemu.close());

  it.each(Object.entries(crossings).filter(([, { agrees }]) => agrees === undefined))(
    "would differ for want of %s",
    async (fence, crossing) => {
      const script = rewrite(card, parseSteps(textOf(crossing)), fence);
      expect(script.refusals).toEqual(new Map());
      const { difference } = compare(script, script.trace, await qemu.run(script.steps));
      expect(difference?.at).toBeGreaterThanOrEqual(script.bodyStart);
    },
  );
});
