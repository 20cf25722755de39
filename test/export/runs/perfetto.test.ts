/** The Perfetto file of a run, read as its importer does: tracks, nesting, order, arrows; and against the run itself. */
import { beforeAll, describe, expect, it } from "vitest";
import { perfettoOfRun } from "../../../src/export/runs/perfetto.ts";
import type { Played } from "../../../src/export/runs/play.ts";
import { holdAt, stateAt } from "../../../src/trace/at.ts";
import { clashes, type Event, eventsOf, nsOf, trackOf } from "./perfetto-reader.ts";
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
  beforeAll(async () => {
    played = await play();
    events = eventsOf(perfettoOfRun(played.trace, WHOLE));
  });

  it("has no two slices of one track that overlap without nesting", () => {
    expect(events.filter(({ ph }) => ph === "X").length).toBeGreaterThan(500);
    expect(clashes(events)).toEqual([]);
  });

  it("comes in order of time, names first, each slice longer than nothing", () => {
    const names = events.findIndex(({ ph }) => ph !== "M");
    const timed = events.slice(names);
    expect(timed.some(({ ph }) => ph === "M")).toBe(false);
    for (const [i, { ts }] of timed.entries()) expect(ts).toBeGreaterThanOrEqual(timed[i - 1]?.ts ?? 0);
    expect(timed.filter(({ ph, dur }) => ph === "X" && !(dur > 0))).toEqual([]);
  });

  it("pairs every arrow, forward in time, from within a slice to within a slice", () => {
    const [begins, ends] = ["s", "f"].map((ph) => events.filter((event) => event.ph === ph));
    const byId = new Map(begins?.map((event) => [event.id, event]));
    expect(byId.size).toBe(begins?.length);
    expect(new Set(ends?.map(({ id }) => id)).size).toBe(ends?.length);
    expect(ends?.length).toBe(byId.size);
    expect(byId.size).toBeGreaterThan(500);
    for (const end of ends ?? []) {
      const begin = byId.get(end.id);
      expect(begin?.name).toBe(end.name);
      expect(begin?.ts).toBeLessThanOrEqual(end.ts);
    }
    for (const arrow of [...(begins ?? []), ...(ends ?? [])].filter((_, i) => i % 97 === 0))
      expect(pathAt(events, trackOf(arrow), nsOf(arrow.ts)), `${arrow.name} at ${arrow.ts}`).not.toBe("");
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
    const marks = events.filter(({ ph, name }) => ph === "i" && name === "grant");
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
    expect(clashes(events)).toEqual([]);
    expect(pathAt(events, "1 1", from ?? 0)).toBe(
      stateAt(trace, 0, 1_000).split(" ")[0]?.slice("cpu.".length),
    );
  });

  it("would show slices that overlap", () => {
    const slice = (ts: number, dur: number): Event =>
      ({ ph: "X", pid: 1, tid: 1, name: "a", ts, dur, args: {} }) as Event;
    expect(clashes([slice(0, 2), slice(1, 2)])).toHaveLength(1);
    expect(clashes([slice(0, 2), slice(2, 2), slice(2, 1)])).toEqual([]);
  });
});
