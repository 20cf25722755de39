import { describe, expect, it } from "vitest";
import { writeFromPowerOn } from "../../src/oracle/author.ts";
import { ORACLE_CARDS } from "../../src/oracle/cards.ts";
import { compare } from "../../src/oracle/compare.ts";
import { runOnSilicon } from "../../src/oracle/silicon-card.ts";
import { parseSteps } from "../../src/oracle/step.ts";
import type { Trace } from "../../src/oracle/trace.ts";

const CARD = ORACLE_CARDS.rtl8139;

function scriptOf(text: string) {
  return writeFromPowerOn(CARD, (author) => {
    for (const step of parseSteps(text)) author.step(step);
  });
}

/** What our card answers to the program, for the place of QEMU's; changed by `change`. */
function other(text: string, change: (trace: Trace) => void): Trace {
  const trace = runOnSilicon(CARD.makeSilicon, parseSteps(text));
  change(trace);
  return trace;
}

function verdictOf(text: string, change: (trace: Trace) => void = () => undefined) {
  const script = scriptOf(text);
  return compare(script, script.trace, other(text, change));
}

const SENDS = "out 37 1 4\nstore 112000 010203 60 5\nout 20 4 112000\nout 10 4 3c\nin 10 4";

describe("comparing", () => {
  it("finds nothing between equals", () => {
    expect(verdictOf(SENDS)).toEqual({ difference: undefined, masked: 0, excused: new Map() });
  });

  it("finds the first value that differs", () => {
    const verdict = verdictOf(SENDS, (trace) => {
      trace.values[4] = 0x3c;
    });
    expect(verdict.difference).toEqual({ kind: "value", at: 4, name: "TSD0", ours: "0xa03c", qemu: "0x3c" });
  });

  it("finds the level of the interrupt line", () => {
    const verdict = verdictOf(SENDS, (trace) => {
      trace.interrupts[3] = true;
    });
    expect(verdict.difference).toMatchObject({ kind: "interrupt", at: 3, name: "TSD0", ours: "false" });
  });

  it("finds a byte in memory, and shows it and what follows", () => {
    const verdict = verdictOf("store 100000 aabbccdd 8 0\nload 100000 8", (trace) => {
      (trace.loads.get(1) as Uint8Array)[2] = 0;
    });
    expect(verdict.difference).toMatchObject({
      kind: "memory",
      at: 1,
      ours: "+0x2 ccdd00000000",
      qemu: "+0x2 00dd00000000",
    });
  });

  it.each<readonly [string, (trace: Trace) => void, RegExp]>([
    ["missing", (trace) => void trace.sent.pop(), /^no frame$/],
    ["other", (trace) => void trace.sent[0]?.frame.fill(9), /^60 bytes 0909/],
  ])("finds a frame that is %s", (_what, change, qemu) => {
    const { difference } = verdictOf(SENDS, change);
    expect(difference).toMatchObject({ kind: "sent", at: 3, qemu: expect.stringMatching(qemu) });
  });

  it("finds a frame that only the other card has sent", () => {
    const verdict = verdictOf(
      "in 37 1",
      (trace) => void trace.sent.push({ at: 0, frame: new Uint8Array(60) }),
    );
    expect(verdict.difference).toMatchObject({ kind: "sent", ours: "no frame" });
  });

  it("passes over masked bits, counts them, and not over others", () => {
    const revision = (value: number) =>
      verdictOf("in 5e 1", (trace) => {
        trace.values[0] = value;
      });
    expect(revision(0x20)).toEqual({ difference: undefined, masked: 1, excused: new Map([["revision", 1]]) });
    expect(revision(0x21).difference).toMatchObject({ kind: "value", name: "RERID", qemu: "0x21" });
  });
});
