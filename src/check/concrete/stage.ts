/**
 * A scenario in which an abstract trace can happen: its guests run scripts at the ports of an RTL8139. One guest more, at a
 * card of its own, only lets time pass: on the seeded engine time goes on with every move.
 */
import type { PolicyName } from "../policies.ts";
import type { Script, ScriptOp } from "./script.ts";

/** What the program of every guest is called, beside the scenario. */
export const PROGRAM_SUFFIX = ".guests.mjs";

export interface StageOptions {
  readonly policy: PolicyName;
  readonly script: Script;
  /** The file of the guests' program, from where the scenario is. */
  readonly program: string;
  /** Whoever the watchdog takes the card from is ended. */
  readonly endsStuck: boolean;
  /** The trace polls a busy card before the watchdog bites. */
  readonly polls: boolean;
}

/** The number of the guest that lets time pass; it is the last one. */
const CLOCK = 0xff;
/** Long enough that nothing is due before it is let. */
const REVOKE = "400us";
const WATCHDOG_AT_ONCE = "300us";
const WATCHDOG_AFTER_POLLS = "20ms";

/** The scenario as text. Any policy will do where whoever is next is left open. */
export function stageText({ policy, script, program, endsStuck, polls }: StageOptions): string {
  const kind = policy === "any" ? "fair-share" : policy;
  const chosen = kind === "fifo" ? "fifo" : `{ kind: ${kind}, quantum: 500us }`;
  const watchdog = polls ? WATCHDOG_AFTER_POLLS : WATCHDOG_AT_ONCE;
  const guests = script.map((_, guest) => guestText(`guest${guest}`, "card0", guest, program));
  return [
    "name: counterexample",
    "duration: 60s",
    "costs: { step: 1us }",
    "cards:",
    `  - { name: card0, kind: rtl8139, policy: ${chosen}, revoke: ${REVOKE}, watchdog: ${watchdog}, failure: { port: machine-check, stuck: ${endsStuck ? "machine-check" : "reset"} } }`,
    "  - { name: clock, kind: rtl8139 }",
    "guests:",
    ...guests,
    guestText("clock", "clock", CLOCK, program),
    "",
  ].join("\n");
}

function guestText(name: string, card: string, number: number, program: string): string {
  const mac = `02:00:00:00:00:${number.toString(16).padStart(2, "0")}`;
  return `  - { name: ${name}, card: ${card}, mac: "${mac}", memory: 256KiB, workload: { kind: program, file: ${JSON.stringify(program)} } }`;
}

/** Of each operation: what is written or read, at which offset of an RTL8139. TSDs are taken in turn. */
const ACTIONS: Readonly<Record<ScriptOp, string>> = {
  touch: "yield m.outw(io + 0x3c, 0);",
  // A posted write is published with what comes next: here a halt until a time that is over.
  write: "yield m.outl(io + 0x08, 0); yield m.hlt(1);",
  read: "yield m.inl(io + 0x00);",
  transmit: "yield m.outl(io + 0x10 + 4 * (turn++ % 4), 60);",
  programme: "yield m.outl(io + 0x10 + 4 * ((turn + 1) % 4), 60);",
  reset: "yield m.outb(io + 0x37, 0x10);",
  trespass: "yield m.outb(io + 0xf0, 0);",
  halt: "yield m.hlt();",
  end: "return;",
  fail: 'throw new Error("as in the trace");',
};

/**
 * The program of all guests: which it is, each knows by its address. It begins with a step in which nothing happens (a halt
 * until a time that is over), so that one sees when it begins. Behind its script a guest does nothing more.
 */
export function programText(script: Script): string {
  const cases = script.map((ops, guest) => {
    const lines = ops.map((op) => `      ${ACTIONS[op]}`);
    return [`    case ${guest}: {`, ...lines, "      for (;;) yield m.hlt();", "    }"].join("\n");
  });
  return [
    "/** The guests of a counterexample. */",
    "export default function* (m) {",
    "  const io = m.ioBase;",
    "  let turn = 0;",
    "  yield m.hlt(1);",
    "  switch (m.mac[5]) {",
    ...cases,
    "    default:",
    "      for (;;) yield m.hlt(1);",
    "  }",
    "}",
    "",
  ].join("\n");
}
