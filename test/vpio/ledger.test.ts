/** The ownership ledger: who holds the card, who wants it, who has had how much of it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { guestId } from "../../src/base/ids.ts";
import {
  grant,
  granted,
  heldBy,
  newLedger,
  type Reason,
  release,
  unwant,
  used,
  want,
} from "../../src/vpio/ledger.ts";

const [A, B, C] = [guestId(0), guestId(1), guestId(2)];

describe("wants", () => {
  it("are one for each guest, and only grow stronger", () => {
    let ledger = want(newLedger(), A, "frame", 10);
    ledger = want(ledger, A, "listening", 20);
    expect(ledger.wants).toEqual([{ guest: A, reason: "frame", sinceNs: 10 }]);
    ledger = want(ledger, A, "blocked", 30);
    expect(ledger.wants).toEqual([{ guest: A, reason: "blocked", sinceNs: 10 }]);
  });

  it("of a listener count from when it wants more than to listen", () => {
    let ledger = want(newLedger(), A, "listening", 10);
    ledger = want(ledger, B, "blocked", 20);
    ledger = want(ledger, A, "blocked", 30);
    expect(ledger.wants).toEqual([
      { guest: B, reason: "blocked", sinceNs: 20 },
      { guest: A, reason: "blocked", sinceNs: 30 },
    ]);
  });

  it("stay oldest first, whatever happens", () => {
    const step = fc.record({
      guest: fc.integer({ min: 0, max: 4 }),
      what: fc.constantFrom<Reason | "unwant" | "grant">("blocked", "frame", "listening", "unwant", "grant"),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let ledger = newLedger();
        for (const [nowNs, { guest, what }] of steps.entries()) {
          if (what === "unwant") ledger = unwant(ledger, guestId(guest));
          else if (what === "grant") ledger = release(grant(ledger, guestId(guest), nowNs), nowNs);
          else ledger = want(ledger, guestId(guest), what, nowNs);
          const since = ledger.wants.map(({ sinceNs }) => sinceNs);
          expect(since).toEqual(since.toSorted((a, b) => a - b));
          const guests = ledger.wants.map((one) => one.guest);
          expect(new Set(guests).size).toBe(guests.length);
        }
      }),
    );
  });
});

describe("ownership", () => {
  it("takes a new epoch with each grant, and no want is left of who is granted", () => {
    let ledger = want(want(newLedger(), A, "blocked", 1), B, "blocked", 2);
    ledger = grant(ledger, A, 5);
    expect(ledger).toMatchObject({ owner: A, epoch: 1, grantedAtNs: 5, usedAtNs: 5, previous: undefined });
    expect(ledger.wants.map(({ guest }) => guest)).toEqual([B]);
    ledger = grant(release(ledger, 9), B, 9);
    expect(ledger).toMatchObject({ owner: B, epoch: 2, previous: A });
  });

  it("counts the time from the end of the handoff to the release, for each guest", () => {
    let ledger = granted(grant(newLedger(), A, 100), 50, 150);
    expect(ledger.handoffNs).toBe(50);
    expect(heldBy(ledger, A, 170)).toBe(20);
    expect(heldBy(ledger, B, 170)).toBe(0);
    ledger = release(used(ledger, 180), 200);
    expect(heldBy(ledger, A, 1000)).toBe(50);
    ledger = granted(grant(ledger, A, 1000), 0, 1000);
    expect(heldBy(ledger, A, 1007)).toBe(57);
  });

  it("of nobody can be released without effect", () => {
    const ledger = want(newLedger(), C, "frame", 3);
    expect(release(ledger, 9)).toBe(ledger);
  });

  it("never changes a ledger in place", () => {
    const before = want(newLedger(new Map([[A, 3]])), A, "blocked", 1);
    const copy = structuredClone(before);
    release(used(granted(grant(want(before, B, "listening", 2), A, 3), 1, 4), 5), 6);
    unwant(before, A);
    expect(before).toEqual(copy);
  });
});
