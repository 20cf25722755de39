/** Where two runs part. */
import { describe, expect, it } from "vitest";
import { counterpart, firstDivergence } from "../../src/trace/divergence.ts";
import type { Trace } from "../../src/trace/trace.ts";
import { MadeUp, madeUpTrace, RESUME, steppedBy } from "./made-up.ts";

describe("the first divergence", () => {
  it("is nowhere between two that are the same", () => {
    expect(firstDivergence(madeUpTrace(), madeUpTrace())).toBeUndefined();
  });

  it("is the first move that somebody else makes", () => {
    const one = steppedBy(["alice", "bob"], ["alice", "bob", "alice", "alice"]);
    const other = steppedBy(["alice", "bob"], ["alice", "bob", "bob", "alice"]);
    expect([firstDivergence(one, other), firstDivergence(other, one)]).toEqual([3, 3]);
  });

  it("goes by names: where a guest was left out the numbers of the others are not the same", () => {
    const [one, other] = [
      ["alice", "bob", "carol"],
      ["carol", "bob"],
    ].map((names) => steppedBy(names, ["carol", "bob", "carol"])) as [Trace, Trace];
    expect(firstDivergence(one, other)).toBeUndefined();
    expect(counterpart(one, 2, other)).toBe(0);
    expect(counterpart(one, 0, other)).toBeUndefined();
  });

  it("is behind the end of the shorter one when the longer one goes on", () => {
    const [short, long] = [
      steppedBy(["alice"], ["alice", "alice"]),
      steppedBy(["alice"], ["alice", "alice", "alice", "alice"]),
    ];
    expect([firstDivergence(short, long), firstDivergence(long, short)]).toEqual([3, 3]);
    expect(firstDivergence(steppedBy(["alice"], []), long)).toBe(1);
  });

  it("is where another message is taken, or the same one from somebody else", () => {
    const [one, other, third] = (
      [
        ["resume", 2],
        ["irq", 2],
        ["resume", 1],
      ] as const
    ).map(([type, from]) => {
      const made = new MadeUp();
      made.step(0);
      const message = made.send(from, 0, type === "resume" ? RESUME : { type: "irq", level: 1 });
      made.deliver(from, 0, message);
      return made.trace;
    }) as [Trace, Trace, Trace];
    expect([firstDivergence(one, other), firstDivergence(one, third)]).toEqual([2, 2]);
  });

  it("is where the same move leads to another state", () => {
    const [one, other] = ["cpu.halted", "cpu.ended"].map((to) => {
      const made = new MadeUp();
      made.step(0);
      made.trace.step(1, 0, made.trace.stepTable.id({ from: "", event: "", to: "cpu.running" }));
      made.step(0);
      made.trace.step(2, 0, made.trace.stepTable.id({ from: "cpu.running", event: "X", to }));
      return made.trace;
    }) as [Trace, Trace];
    expect(firstDivergence(one, other)).toBe(2);
  });
});
