/** How long the arbiter waits for an owner that should go. */
import { expect, it } from "vitest";
import { Patience, POLL_NS } from "../../src/vpio/patience.ts";

const WATCHDOG_NS = 1_000_000_000;
const REVOKE_NS = 10_000_000;

it("the watchdog counts from when the owner was first urged, and forgets when it is calmed", () => {
  const patience = new Patience(WATCHDOG_NS, REVOKE_NS);
  expect(patience.isOver(WATCHDOG_NS)).toBe(false);
  patience.urge(100);
  patience.urge(200);
  expect(patience.isOver(100 + WATCHDOG_NS - 1)).toBe(false);
  expect(patience.isOver(100 + WATCHDOG_NS)).toBe(true);
  patience.calm();
  expect(patience.isOver(2 * WATCHDOG_NS)).toBe(false);
});

it("a revoke starts the watchdog too, and has a deadline of its own", () => {
  const patience = new Patience(WATCHDOG_NS, REVOKE_NS);
  patience.revoke(500);
  expect(patience.revokeOverdue(500)).toEqual({ kind: "later", atNs: 500 + REVOKE_NS });
  expect(patience.revokeOverdue(500 + REVOKE_NS)).toEqual({ kind: "now" });
  expect(patience.isOver(500 + WATCHDOG_NS)).toBe(true);
});

it("a second revoke has a deadline of its own, but the watchdog goes on", () => {
  const patience = new Patience(WATCHDOG_NS, REVOKE_NS);
  patience.revoke(0);
  patience.revoke(700);
  expect(patience.revokeOverdue(700)).toEqual({ kind: "later", atNs: 700 + REVOKE_NS });
  expect(patience.isOver(WATCHDOG_NS)).toBe(true);
});

it("polls come one period apart, however often it is asked", () => {
  const patience = new Patience(WATCHDOG_NS, REVOKE_NS);
  expect(patience.poll(10)).toEqual({ kind: "later", atNs: 10 + POLL_NS });
  expect(patience.poll(20)).toEqual({ kind: "later", atNs: 10 + POLL_NS });
  expect(patience.poll(10 + POLL_NS)).toEqual({ kind: "now" });
  expect(patience.poll(11 + POLL_NS)).toEqual({ kind: "later", atNs: 11 + 2 * POLL_NS });
});

it("the watchdog goes on counting while the owner has the card again only to finish something", () => {
  const patience = new Patience(WATCHDOG_NS, REVOKE_NS);
  patience.revoke(0);
  patience.lend();
  patience.calm();
  patience.revoke(700);
  expect(patience.isOver(WATCHDOG_NS - 1)).toBe(false);
  expect(patience.isOver(WATCHDOG_NS)).toBe(true);
  patience.settle();
  expect(patience.isOver(WATCHDOG_NS)).toBe(false);
});
