/** What is read from a trace: causes, registers, counters, differences. */

import { describe, expect, it } from "vitest";
import { DEVICES } from "../../src/devices/catalogue.ts";
import { holdAt, isContested } from "../../src/trace/at.ts";
import { coneOf, couldBeReordered, nextMoveOf } from "../../src/trace/causality.ts";
import { changedBits, differences, registerDifferences } from "../../src/trace/differences.ts";
import { GuestLog } from "../../src/trace/guest-log.ts";
import { RegisterLog } from "../../src/trace/registers.ts";
import {
  amountsBySpan,
  meansBySpan,
  ratios,
  sharesBySpan,
  spanMiddles,
  timesBySpan,
} from "../../src/trace/series.ts";
import { FRAME, FrameReader, frameOf } from "../../src/trace/studio-talk.ts";
import { exitAt, ioTo, MadeUp, madeUpTrace, RESUME } from "./made-up.ts";

const [ALICE, CARD, ARBITER] = [0, 1, 2];

describe("causes", () => {
  const trace = madeUpTrace();

  it("are an actor's own moves before, and those that sent what it took", () => {
    // 5: alice takes the answer that the arbiter sent when it took her exit (3), which she sent in move 2.
    const { past, future } = coneOf(trace, 5, 1, 10);
    expect([...past].sort()).toEqual([1, 2, 3]);
    expect([...future]).toEqual([8, 9, 10]);
  });

  it("do not reach beyond the window", () => {
    expect([...coneOf(trace, 5, 3, 8).past]).toEqual([3]);
    expect([...coneOf(trace, 5, 3, 8).future]).toEqual([8]);
  });

  it("leave open what another message could have overtaken", () => {
    expect(couldBeReordered(trace, 3)).toBe(true);
    expect(couldBeReordered(trace, 5)).toBe(false);
    expect(couldBeReordered(trace, 1)).toBe(false);
  });

  it("know an actor's next move", () => {
    expect(nextMoveOf(trace, CARD, 0)).toBe(6);
    expect(nextMoveOf(trace, CARD, 6)).toBe(7);
    expect(nextMoveOf(trace, CARD, 7)).toBeUndefined();
  });
});

describe("ownership", () => {
  it("is contested when the card takes operations of another than its owner", () => {
    expect(isContested(holdAt(madeUpTrace({ contested: true }), 0, 5))).toBe(true);
    expect(isContested(holdAt(madeUpTrace(), 0, 5))).toBe(false);
    expect(isContested(holdAt(madeUpTrace(), 0, 9))).toBe(false);
  });

  it("before the first move is nobody's", () => {
    expect(holdAt(madeUpTrace(), 0, 0)).toMatchObject({ owner: undefined, phase: "free" });
  });
});

describe("registers", () => {
  const made = new MadeUp();
  const io = (port: number, value: number, form: number, width: number, answer?: number): void => {
    made.step(ARBITER);
    const message = made.send(ARBITER, CARD, ioTo(port, value, form, width));
    made.deliver(ARBITER, CARD, message);
    if (answer !== undefined) made.send(CARD, ARBITER, { type: "ioDone", value: answer });
  };
  io(0x37, 0x0c, 1, 1);
  io(0x3c, 0xe07f_8001, 1, 4);
  io(0x3f, 0xa5, 1, 1);
  io(0x3e, 0, 0, 2, 0x0005);
  const log = new RegisterLog(made.trace, 0);

  it("hold what was last written or read, by whatever width", () => {
    const valuesAt = (move: number) => log.at(move).map(({ value }) => value);
    expect(valuesAt(0)).toEqual([undefined, undefined, undefined]);
    expect(valuesAt(2)).toEqual([0x0c, undefined, undefined]);
    expect(valuesAt(4)).toEqual([0x0c, 0x8001, 0xe07f]);
    expect(valuesAt(6)).toEqual([0x0c, 0x8001, 0xa57f]);
    expect(valuesAt(8)).toEqual([0x0c, 0x8001, 0x0005]);
    expect(log.at(8).map(({ written }) => written)).toEqual([true, true, false]);
  });

  it("are not changed by an operation that the card refuses", () => {
    made.step(ALICE);
    const stale = made.send(ALICE, CARD, ioTo(0x37, 0xff));
    made.deliver(ALICE, CARD, stale);
    const { type: _type, ...operation } = ioTo(0x37, 0xff) as Extract<
      ReturnType<typeof ioTo>,
      { type: "io" }
    >;
    made.send(CARD, ALICE, { type: "fenced", ...operation });
    expect(log.at(made.trace.length)[0]?.value).toBe(0x0c);
  });

  it("of a card with pages are those of the page that was chosen, in the direction of the access", () => {
    const { head } = madeUpTrace();
    const [card] = head.cards;
    if (card === undefined) throw new Error("there is a card");
    const paged = new MadeUp({ ...head, cards: [{ ...card, ...DEVICES.ne2000.registerMap }] });
    const access = (port: number, value: number, answer?: number): void => {
      paged.step(ARBITER);
      const form = answer === undefined ? 1 : 0;
      paged.deliver(ARBITER, CARD, paged.send(ARBITER, CARD, ioTo(port, value, form)));
      if (answer !== undefined) paged.send(CARD, ARBITER, { type: "ioDone", value: answer });
    };
    access(0x0f, 0x11);
    access(0x07, 0, 0x80);
    access(0x00, 0x61);
    access(0x07, 0x4c);
    access(0x0f, 0x22);
    access(0x00, 0xa1);
    access(0x0f, 0, 0x33);
    access(0x1f, 0, 0xff);
    access(0x0f, 0x44);
    const log = new RegisterLog(paged.trace, 0);
    const valueAt = (name: string, moves: number) =>
      log.at(moves).find(({ register }) => register.name === name)?.value;
    expect([2, 14, 18].map((moves) => valueAt("IMR", moves))).toEqual([0x11, 0x33, 0x44]);
    expect(["ISR", "CURR", "MAR7", "CR"].map((name) => valueAt(name, 18))).toEqual([0x80, 0x4c, 0x22, 0xa1]);
    expect(valueAt("CNTR2", 18)).toBeUndefined();
  });

  it("differ bit by bit", () => {
    const isr = registerDifferences(log, 6, 8).find(({ name }) => name === "ISR");
    expect(isr).toMatchObject({ before: 0xa57f, after: 5 });
    expect(isr === undefined ? [] : changedBits(isr)).toEqual([15, 13, 10, 8, 6, 5, 4, 3, 1]);
  });
});

describe("a guest's log", () => {
  const macs = { alice: [2, 0, 0, 0, 0, 1], other: [2, 0, 0, 0, 0, 9] };
  const made = new MadeUp();
  const { trace } = made;
  const frame = (to: readonly number[], from: readonly number[]): Uint8Array =>
    Uint8Array.from([...to, ...from, ...new Array<number>(48).fill(0)]);
  made.step(ALICE);
  made.send(ALICE, ARBITER, exitAt(0xc037));
  made.step(ALICE);
  made.send(ALICE, CARD, ioTo(0x37, 1));
  made.step(ARBITER);
  made.step(ARBITER);
  made.send(ARBITER, ALICE, { type: "grant", epoch: 1 });
  made.send(ARBITER, ALICE, RESUME);
  made.send(ARBITER, ALICE, { type: "injectIrq", level: 1 });
  made.send(ARBITER, ALICE, { type: "injectIrq", level: 0 });
  made.step(CARD);
  made.send(CARD, ARBITER, { type: "frame", bytes: frame(macs.other, macs.alice) });
  made.step(CARD);
  made.send(ARBITER, CARD, { type: "frame", bytes: frame(macs.alice, macs.other) });
  made.send(ARBITER, CARD, { type: "frame", bytes: frame(macs.other, macs.alice) });
  const log = new GuestLog(trace, 0);
  log.catchUp();

  it("counts by the cursor what was sent, received and trapped", () => {
    const at = (move: number) =>
      (["exit", "passthrough", "interrupt", "sent", "received"] as const).map((event) =>
        log.countAt(event, move),
      );
    expect(at(0)).toEqual([0, 0, 0, 0, 0]);
    expect(at(1)).toEqual([1, 0, 0, 0, 0]);
    expect(at(4)).toEqual([1, 1, 1, 0, 0]);
    expect(at(6)).toEqual([1, 1, 1, 1, 1]);
  });

  it("knows how long it was blocked", () => {
    expect([log.blocked.atNs.at(0), log.blocked.amounts.at(0)]).toEqual([400, 300]);
    expect(log.blocked.moves.length).toBe(1);
  });

  it("tells the handoffs to it by how the card stood", () => {
    const handed = new GuestLog(madeUpTrace(), 1);
    handed.catchUp();
    expect([handed.handoffs.atNs.at(0), handed.handoffs.amounts.at(0)]).toEqual([700, 200]);
  });

  it("differs between two moves in what has happened between them", () => {
    const logs = [log, new GuestLog(trace, 1)];
    expect(differences(trace, logs, 1, 4).map(({ who, what, after }) => [who, what, after])).toEqual([
      ["alice", "operations past the VMM", "1"],
      ["alice", "interrupts injected", "1"],
    ]);
    expect(differences(trace, logs, 3, 3)).toEqual([]);
  });

  it("makes curves: sums, means and shares over equal spans", () => {
    expect(spanMiddles(600, 3)).toEqual([100, 300, 500]);
    expect(amountsBySpan(log.events.sent, 600, 3)).toEqual([0, 0, 60]);
    expect(meansBySpan(log.events.sent, 600, 3)).toEqual([null, null, 60]);
    expect(timesBySpan(log.events.received, 600, 3)).toEqual([0, 0, 1]);
    expect(ratios([4, 3, 0], [2, 0, 5])).toEqual([2, null, 0]);
    // Blocked from 100 to 400 ns.
    expect(sharesBySpan(log.blocked, 600, 3)).toEqual([0.5, 1, 0]);
  });
});

describe("frames of the stream", () => {
  it("come out whole however they were cut", () => {
    const payloads = [new Uint8Array(0), Uint8Array.from([1, 2, 3]), new Uint8Array(1_000).fill(9)];
    const stream = payloads.flatMap((payload) => [...frameOf(FRAME.piece, payload)]);
    for (const cut of [1, 2, 5, 7, 64, 5_000]) {
      const taken: Uint8Array[] = [];
      const reader = new FrameReader((kind, payload) => {
        expect(kind).toBe(FRAME.piece);
        taken.push(payload);
      });
      for (let at = 0; at < stream.length; at += cut)
        reader.push(Uint8Array.from(stream.slice(at, at + cut)));
      expect(taken).toEqual(payloads);
    }
  });
});
