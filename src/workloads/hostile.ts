/**
 * Guests that attack: through the ports of the bare machine they program the card to reach beyond their own memory, or
 * keep it from ever being handed over. Each round of an attack is repeated at an interval and counted.
 */
import { invariant } from "../base/errors.ts";
import type { Attack, AttackMachine, CardAttack, MakeAttack } from "../devices/attack.ts";
import { cli, clock, hlt, inb, outb, type Program } from "../hardware/cpu.ts";
import { Report } from "./report.ts";
import type { GuestSoftware } from "./software.ts";

/** With one's own card, or (touch-unheld) by accesses to another card's ports. */
export type AttackKind = CardAttack | "touch-unheld";

export interface HostileMachine extends AttackMachine {
  /** Of the card that the guest has; undefined when nobody knows how to attack with it. */
  readonly makeAttack: MakeAttack | undefined;
  /** Ports of cards that the guest has no business with, for touch-unheld. */
  readonly otherPorts: readonly number[];
}

export interface HostileOptions {
  readonly attack: AttackKind;
  /** From the end of one round to the next, 100 µs unless told; 0: no pause. */
  readonly intervalNs?: number;
}

const INTERVAL_NS = 100_000;

/** Runs with interrupts off, and never ends. */
export function hostileSoftware(options: HostileOptions, machine: HostileMachine): GuestSoftware {
  const report = new Report();
  const attack = attackOf(options.attack, machine);
  function* main(): Program<void> {
    yield cli;
    yield* attack.setUp();
    for (;;) {
      report.attempts += yield* attack.round();
      const nextNs = (yield clock) + (options.intervalNs ?? INTERVAL_NS);
      do yield hlt(nextNs);
      while ((yield clock) < nextNs);
    }
  }
  const snapshot = () => ({ workload: report.snapshot(), kernel: undefined, driver: undefined });
  return { main, interrupt: nothing, report: snapshot };
}

function attackOf(kind: AttackKind, machine: HostileMachine): Attack {
  if (kind === "touch-unheld") return touchUnheld(machine.otherPorts);
  invariant(machine.makeAttack !== undefined, "who attacks with a card knows how");
  return machine.makeAttack(kind, machine);
}

/** Writes all ones: on most registers of most cards that does harm. */
function touchUnheld(ports: readonly number[]): Attack {
  function* round(): Program<number> {
    for (const port of ports) {
      yield inb(port);
      yield outb(port, 0xff);
    }
    return 2 * ports.length;
  }
  return { setUp: nothing, round };
}

function* nothing(): Program<void> {}
