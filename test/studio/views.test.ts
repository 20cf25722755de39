/** What the views compute before anything is drawn. */
import { describe, expect, it } from "vitest";
import { arrowsIn, lanesOf, MOST_LANES, windowOf } from "../../src/studio/sequence-rows.ts";
import { endOf, moveAtPlace, rangeOf, spansOf } from "../../src/studio/spans.ts";
import { FIRST_SHOWN, fromHash, type Shown, toHash } from "../../src/studio/url-state.ts";
import { duration, messageText } from "../../src/studio/words.ts";
import { Trace } from "../../src/trace/trace.ts";
import { MadeUp, madeUpTrace, RESUME } from "../trace/made-up.ts";

describe("the address", () => {
  it("is empty for what is shown first, and comes back as it was", () => {
    expect(toHash(FIRST_SHOWN)).toBe("");
    const shown: Shown = {
      ...{ move: 1234, actor: 3, panel: "differences", mark: 17, filter: "bob & #1=x" },
      ...{ zoom: 5, axis: "time", folded: [1, 4], originalMove: 40 },
    };
    expect(fromHash(toHash(shown))).toEqual(shown);
    expect(fromHash("")).toEqual(FIRST_SHOWN);
  });

  it.each(["#move=-1", "#move=1e9", "#panel=secrets", "#zoom=x", "#folded=a.b", "#%", "#actor=<b>"])(
    "takes %s as if it were not there",
    (hash) => expect(fromHash(hash)).toEqual(FIRST_SHOWN),
  );

  it("zooms no further than makes sense", () => {
    expect(fromHash("#zoom=999").zoom).toBe(24);
  });
});

describe("the timeline", () => {
  const trace = madeUpTrace();

  it("shows all of a card's owners by move, each in its place", () => {
    const spans = spansOf(trace, 0, "moves", { from: 0, to: 10 }, 1000);
    expect(spans.map(({ owner, phase, x, width }) => [owner, phase, x, width])).toEqual([
      [undefined, "free", 0, 200],
      [0, "busy", 200, 300],
      [1, "restoring", 500, 200],
      [1, "busy", 700, 300],
    ]);
  });

  it("marks two owners at once, however short that is", () => {
    const contested = madeUpTrace({ contested: true });
    const wide = spansOf(contested, 0, "moves", { from: 0, to: 10 }, 1000);
    expect(wide.filter((span) => span.contested).map(({ sinceMove }) => sinceMove)).toEqual([5]);
    const narrow = spansOf(contested, 0, "moves", { from: 0, to: 10 }, 3);
    expect(narrow.some((span) => span.contested)).toBe(true);
  });

  it("draws no more spans than can be told apart", () => {
    const long = madeUpTrace({ turns: 5_000 });
    const range = { from: 0, to: endOf(long, "moves") };
    const spans = spansOf(long, 0, "moves", range, 600);
    expect(spans.length).toBeLessThanOrEqual(400);
    expect(spans.length).toBeGreaterThan(100);
    const covered = spans.reduce((sum, { width }) => sum + width, 0);
    expect(covered).toBeCloseTo(600, 3);
  });

  it("keeps the cursor within the range at every zoom, and the range within the run", () => {
    for (const end of [0, 1, 7, 1_000, 1e9])
      for (const zoom of [0, 1, 3, 10, 24])
        for (const share of [0, 0.1, 0.5, 0.99, 1]) {
          const { from, to } = rangeOf(end, zoom, end * share);
          expect(from).toBeGreaterThanOrEqual(0);
          expect(to).toBeLessThanOrEqual(end + 1e-6);
          expect(end * share).toBeGreaterThanOrEqual(from);
          expect(end * share).toBeLessThanOrEqual(to + 1e-6);
        }
  });

  it("finds the move at a place of either axis", () => {
    expect(moveAtPlace(trace, "moves", 4.4)).toBe(4);
    expect(moveAtPlace(trace, "moves", 99)).toBe(10);
    expect(moveAtPlace(trace, "time", 399)).toBe(3);
    expect(moveAtPlace(trace, "time", 400)).toBe(4);
  });
});

describe("the sequence chart", () => {
  const trace = madeUpTrace();

  it("shows as many moves wherever the cursor is, when there are as many", () => {
    for (const [cursor, length] of [
      [0, 100],
      [50, 100],
      [100, 100],
    ] as const) {
      const { first, last } = windowOf(cursor, length);
      expect(last - first).toBe(30);
      expect(cursor === 0 || (cursor >= first && cursor <= last)).toBe(true);
    }
    expect(windowOf(3, 5)).toEqual({ first: 1, last: 5 });
  });

  it("draws messages within the window whole, others cut off, lost ones open", () => {
    const arrows = arrowsIn(trace, { first: 3, last: 6 });
    const seen = arrows.map(({ type, sent, delivered, open }) => [type, sent, delivered, open]);
    expect(seen).toEqual([
      ["exit", undefined, 3, false],
      ["resume", 3, 5, false],
      ["io", 4, undefined, false],
      ["irq", 6, undefined, true],
    ]);
  });

  it("gives a lane to each actor that moves; a folded one is narrow", () => {
    const lanes = lanesOf(trace, [1], { first: 1, last: 10 });
    expect(lanes.map(({ name, folded }) => [name, folded])).toEqual([
      ["alice", false],
      ["card0", true],
      ["arbiter of card0", false],
    ]);
    for (const [i, lane] of lanes.entries())
      expect(lane.x).toBe(lanes.slice(0, i).reduce((sum, { width }) => sum + width, 0));
  });
});

it("leaves lanes out that have nothing to do with what is shown, when there are many actors", () => {
  const { head } = madeUpTrace();
  const [guest] = head.actors;
  if (guest === undefined) throw new Error("there is a guest");
  const idle = Array.from({ length: MOST_LANES }, (_, i) => ({
    ...guest,
    name: `idle ${i}`,
    address: 100 + i,
  }));
  const trace = new MadeUp({ ...head, actors: [...head.actors, ...idle] });
  trace.step(0);
  trace.step(1);
  const message = trace.send(2, 0, RESUME);
  trace.deliver(2, 0, message);
  const names = (first: number, last: number) =>
    lanesOf(trace.trace, [], { first, last }).map(({ name }) => name);
  expect(names(1, 1)).toEqual(["alice"]);
  expect(names(2, 2)).toEqual(["alice", "card0", "arbiter of card0"]);
  expect(names(1, 3)).toEqual(["alice", "card0", "arbiter of card0"]);
});

it("words say what a message is", () => {
  const fields = new Map([
    ["epoch", 3],
    ["form", 1],
    ["port", 0x37],
    ["value", 12],
  ]);
  expect(messageText({ type: "io", fields })).toBe("io out epoch 3 port 0x37 value 0x0c");
  const [card] = madeUpTrace().head.cards;
  expect(messageText({ type: "io", fields }, card)).toBe("io out epoch 3 CR value 0x0c");
  const exit = new Map([...fields, ["port", 0xc03f] as const]);
  expect(messageText({ type: "exit", fields: exit }, card)).toBe("exit out epoch 3 ISR value 0x0c");
  const foreign = new Map([["port", 0xcf8]]);
  expect(messageText({ type: "exit", fields: foreign }, card)).toBe("exit port 0xcf8");
  expect(duration(0)).toBe("0 ns");
});

it("a trace that is empty can be shown", () => {
  const empty = new Trace(madeUpTrace().head);
  expect(spansOf(empty, 0, "moves", rangeOf(0, 0, 0), 100)).toEqual([]);
  expect(arrowsIn(empty, windowOf(0, 0))).toEqual([]);
});
