/** The Perfetto file of a run, read by the rules of its importer: tracks, nesting, order, arrows; and against the run. */
import { beforeAll, describe, expect, it } from "vitest";
import { perfettoOfRun } from "../../../src/export/runs/perfetto.ts";
import type { Played } from "../../../src/export/runs/play.ts";
import { holdAt, stateAt } from "../../../src/trace/at.ts";
import {
  type Event,
  eventsOf,
  type Imported,
  type ImportedSlice,
  imported,
  nsOf,
  trackOf,
} from "./perfetto-reader.ts";
import { playDuel, playTalk } from "./scenes.ts";

const WHOLE = { first: 1, last: Number.POSITIVE_INFINITY };

/** Of the innermost slice of a track at a time. */
function pathAt(events: readonly Event[], track: string, ns: number): string {
  return events
    .filter((event) => event.ph === "X" && trackOf(event) === track)
    .filter(({ ts, dur }) => nsOf(ts) <= ns && ns < nsOf(ts) + nsOf(dur))
    .map(({ name }) => name)
    .join(".");
}

describe.each([
  ["duel", () => playDuel()],
  ["talk", () => playTalk()],
])("perfetto of %s", (_, play) => {
  let played: Played;
  let events: readonly Event[];
  let read: Imported;
  beforeAll(async () => {
    played = await play();
    events = eventsOf(perfettoOfRun(played.trace, WHOLE));
    read = imported(events);
  });

  it("gives the importer nothing to drop: slices nest, arrows pair, tracks have names", () => {
    expect(events.filter(({ ph }) => ph === "X").length).toBeGreaterThan(500);
    expect(read.complaints).toEqual([]);
    expect(read.slices).toHaveLength(events.filter(({ ph }) => ph === "X" || ph === "i").length);
    expect(read.flows).toHaveLength(events.filter(({ ph }) => ph === "f").length);
  });

  it("has times that are whole nanoseconds however they are read", () => {
    const isWhole = (ticks: number): boolean => Number(ticks.toFixed(3)) === ticks;
    const timed = events.filter(({ ph }) => ph !== "M");
    expect(timed.filter(({ ts, dur = 0 }) => !isWhole(ts) || !isWhole(dur))).toEqual([]);
  });

  it("comes in order of time, names first, each slice longer than nothing", () => {
    const names = events.findIndex(({ ph }) => ph !== "M");
    const timed = events.slice(names);
    expect(timed.some(({ ph }) => ph === "M")).toBe(false);
    for (const [i, { ts }] of timed.entries()) expect(ts).toBeGreaterThanOrEqual(timed[i - 1]?.ts ?? 0);
    expect(timed.filter(({ ph, dur }) => ph === "X" && !(dur > 0))).toEqual([]);
  });

  it("leads each arrow from the move that sent a message to the one that took it", () => {
    const { trace } = played;
    expect(read.flows.length).toBeGreaterThan(500);
    const isMomentAt = ({ beginNs, endNs }: ImportedSlice, ns: number): boolean =>
      beginNs === ns && endNs === ns;
    const astray = read.flows.filter(
      ({ from, to, beganNs, endedNs }) => !isMomentAt(from, beganNs) || !isMomentAt(to, endedNs),
    );
    expect(astray).toEqual([]);
    const sent = Array.from({ length: trace.types.length }, (_, message) => message).filter(
      (message) => trace.sentBy.at(message) > 0 && trace.deliveredBy.at(message) > 0,
    );
    const expected = sent.map((message) => {
      const { from = -1, to = -1 } = trace.channelTable.get(trace.channels.at(message)) ?? {};
      const [began, ended] = [trace.sentBy.at(message), trace.deliveredBy.at(message)].map((move) =>
        Math.round(trace.timeOf(move)),
      );
      return `${from} at ${began} to ${to} at ${ended}`;
    });
    const actorOf = (track: string): number => Number(track.split(" ")[0]) - 1;
    const found = read.flows.map(
      ({ from, to }) => `${actorOf(from.track)} at ${from.beginNs} to ${actorOf(to.track)} at ${to.beginNs}`,
    );
    expect(found.sort()).toEqual(expected.sort());
  });

  it("marks every move of every actor", () => {
    const moves = events.filter(({ ph, args }) => ph === "i" && args["moves"] !== undefined);
    expect(moves.reduce((sum, { args }) => sum + Number(args["moves"]), 0)).toBe(played.trace.length);
  });

  it("shows the states that the actors had, and who held the card", () => {
    const { trace } = played;
    const named = (name: string, pid: number, value: string): string | undefined =>
      events.find((event) => event.name === name && event.pid === pid && event.args["name"] === value) &&
      `${pid} ${events.find((event) => event.name === name && event.pid === pid && event.args["name"] === value)?.tid}`;
    for (let move = 50; move < trace.length; move += Math.ceil(trace.length / 40)) {
      // What is at an instant is what came of the last move in it.
      const ns = Math.round(trace.timeOf(move));
      if (Math.round(trace.timeOf(move + 1)) === ns) continue;
      const guest = stateAt(trace, 0, move).split(" ");
      for (const region of ["cpu", "card"]) {
        const state = guest.find((word) => word.startsWith(`${region}.`))?.slice(region.length + 1);
        expect(pathAt(events, named("thread_name", 1, region) ?? "", ns)).toBe(state);
      }
      const nic = trace.head.actors.findIndex(({ role }) => role === "nic");
      const { owner, phase } = holdAt(trace, 0, move);
      const shown = pathAt(events, named("thread_name", nic + 1, "owner") ?? "", ns);
      expect(shown).toBe(`${owner === undefined ? "nobody" : trace.head.guests[owner]?.name}.${phase}`);
    }
  });

  it("marks each grant where it arrives", () => {
    const { trace } = played;
    const grants = Array.from({ length: trace.length }, (_, i) => i + 1).filter(
      (move) => trace.moveOf(move)?.type === "grant",
    );
    const marks = events.filter(
      ({ ph, name, args }) => ph === "i" && name === "grant" && args["message"] !== undefined,
    );
    expect(marks.map(({ args }) => args["move"])).toEqual(grants);
    expect(grants.length).toBeGreaterThan(1);
  });
});

describe("perfetto of a part of a run", () => {
  it("begins with how things stand, and has nothing of what was before or comes after", async () => {
    const { trace } = await playDuel();
    const window = { first: 1_001, last: 2_000 };
    const events = eventsOf(perfettoOfRun(trace, window));
    const [from, to] = [trace.timeOf(1_000), trace.timeOf(2_000) + 1].map(Math.round);
    const timed = events.filter(({ ph }) => ph !== "M");
    expect(timed.filter(({ ts, dur = 0 }) => nsOf(ts) < (from ?? 0) || nsOf(ts + dur) > (to ?? 0))).toEqual(
      [],
    );
    expect(imported(events).complaints).toEqual([]);
    expect(pathAt(events, "1 101", from ?? 0)).toBe(
      stateAt(trace, 0, 1_000).split(" ")[0]?.slice("cpu.".length),
    );
  });
});

describe("the rules of the importer", () => {
  const named: readonly Event[] = ["process_name", "thread_name"].map(
    (name) => ({ ph: "M", pid: 1, tid: 1, name, args: { name: "a" } }) as unknown as Event,
  );
  const event = (ph: string, ts: number, more: Partial<Event> = {}): Event =>
    ({ ph, pid: 1, tid: 1, name: "a", ts, args: {}, ...more }) as Event;
  const slice = (ts: number, dur: number): Event => event("X", ts, { dur });
  const complaintsOf = (...events: readonly Event[]) => imported([...named, ...events]).complaints;

  it("let slices follow one another and nest, and drop what overlaps", () => {
    expect(complaintsOf(slice(0, 2), slice(1, 2))).toEqual(["a overlaps at 1"]);
    expect(complaintsOf(slice(0, 2), slice(2, 2), slice(2, 1))).toEqual([]);
    expect(complaintsOf(slice(0, -1))).toEqual(["no duration of a"]);
  });

  it("want both ends of an arrow, each at a slice, and turn it round when that began before", () => {
    const [begin, end] = [event("s", 5, { id: 7 }), event("f", 6, { id: 7, bp: "e" })];
    expect(complaintsOf(begin)).toEqual(["a 7 begins at nothing"]);
    expect(complaintsOf(slice(0, 9), end)).toEqual(["a 7 ends without a begin"]);
    expect(complaintsOf(slice(0, 9), begin, begin)).toEqual(["a 7 begins twice"]);
    const other = (one: Event): Event => ({ ...one, pid: 2, tid: 2 });
    const [turned] = imported([other(slice(1, 9)), slice(4, 5), begin, other(end)]).flows;
    expect([turned?.from.track, turned?.to.track]).toEqual(["2 2", "1 1"]);
  });

  it("find names of threads by their numbers alone", () => {
    const twice = named.map((one) => ({ ...one, pid: 2 }));
    expect(complaintsOf(...twice)).toEqual(["thread 1 is named twice"]);
    expect(imported([slice(0, 1)]).complaints).toEqual(["no name for 1 1"]);
  });
});
