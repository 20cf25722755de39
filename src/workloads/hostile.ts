/**
 * Guests that attack: through the ports of the bare machine they program the card to reach beyond their own memory, or
 * keep it from ever being handed over. Each round of an attack is repeated at an interval and counted.
 */
import { cli, clock, hlt, inb, outb, type Program } from "../hardware/cpu.ts";
import type { Attack, AttackKind, HostileMachine } from "./attack.ts";
import { ne2000Attack } from "./hostile-ne2000.ts";
import { rtl8139Attack } from "./hostile-rtl8139.ts";
import { Report } from "./report.ts";
import type { GuestSoftware } from "./software.ts";

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
  switch (machine.card) {
    case "rtl8139":
      return rtl8139Attack(kind, machine);
    case "ne2000":
      return ne2000Attack(kind, machine);
  }
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
