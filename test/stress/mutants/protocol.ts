/** Mutants of the handoff protocol: of the actors' statecharts and bodies, and of what decides in them. */
import { type Mutant, patchOf } from "./mutant.ts";
import { onCrowd, onFastStreams, onHaste, onHog, onShare, onStreams, onStuck, onTinker } from "./scenes.ts";

const arbiter = patchOf("actors/arbiter-body.ts");
const arbiterChart = patchOf("actors/arbiter.ts");
const guest = patchOf("actors/guest-body.ts");
const nic = patchOf("actors/nic-body.ts");
const access = patchOf("actors/card-access.ts");
const ledger = patchOf("src/vpio/ledger.ts");
const patience = patchOf("src/vpio/patience.ts");
const roundRobin = patchOf("src/vpio/policies/round-robin.ts");

export const OWNERSHIP_MUTANTS: readonly Mutant[] = [
  {
    name: "epoch not checked",
    what: "the NIC executes operations of earlier owners",
    level: "protocol",
    properties: [1],
    oracles: ["ownership"],
    scene: onHaste("rtl8139"),
    patches: [
      nic('message.epoch === this.#epoch && this.#epoch !== NOBODY ? "IO"', 'this.#epoch !== NOBODY ? "IO"'),
    ],
  },
  {
    name: "epoch not advanced",
    what: "the next owner has the epoch of the last one",
    level: "protocol",
    properties: [1],
    oracles: ["ownership"],
    scene: onTinker("rtl8139"),
    patches: [ledger("epoch: epoch(ledger.epoch + 1)", "epoch: epoch(Math.max(1, ledger.epoch))")],
  },
  {
    name: "revoke not awaited",
    what: "the arbiter takes the card without asking its owner",
    level: "protocol",
    properties: [1],
    oracles: ["ownership"],
    scene: onTinker("ne2000"),
    patches: [arbiterChart('REVOKE: "#arbiter.revoking"', 'REVOKE: "#arbiter.settling"')],
  },
  {
    name: "fence left open",
    what: "once the owner has answered the revoke its fence is not closed",
    level: "protocol",
    properties: [1],
    oracles: ["ownership"],
    scene: onTinker("rtl8139"),
    patches: [arbiterChart('REVOKED: "#arbiter.draining"', 'REVOKED: "#arbiter.settling"')],
  },
  {
    name: "granted before the fence",
    what: "a guest is told of its grant before the fence is open for it",
    level: "protocol",
    properties: [1],
    oracles: ["ownership"],
    scene: onTinker("rtl8139"),
    patches: [
      arbiterChart(
        'entry: "openFence",\n      on: { DRAINED: { target: "owned", actions: "grant" } },',
        'entry: ["openFence", "grant"],\n      on: { DRAINED: "owned" },',
      ),
    ],
  },
  {
    name: "unlocked before restored",
    what: "the fence opens, and the guest is told so, before its context is in the card",
    level: "protocol",
    properties: [4],
    oracles: ["twin"],
    scene: onTinker("rtl8139"),
    patches: [
      arbiterChart('on: { NEXT: "restoring" }', 'on: { NEXT: "granting" }'),
      arbiterChart('entry: "restore", on: { DONE: "granting" }', 'entry: "restore", on: { DONE: "owned" }'),
      arbiterChart(
        'DRAINED: { target: "owned", actions: "grant" }',
        'DRAINED: { target: "restoring", actions: "grant" }',
      ),
    ],
  },
  {
    name: "reset left out",
    what: "the next context goes into a card that has not been reset",
    level: "protocol",
    properties: [2, 4],
    oracles: ["reusable", "twin"],
    scene: onStreams("rtl8139"),
    patches: [
      arbiterChart(
        'entry: "save", on: { DONE: { target: "resetting", actions: "release" } }',
        'entry: "save", on: { DONE: { target: "free", actions: "release" } }',
      ),
    ],
  },
  {
    name: "model not asked again",
    what: "after the revoke the card counts as reusable, whatever it is sending",
    level: "protocol",
    properties: [2],
    oracles: ["reusable"],
    scene: onStreams("rtl8139"),
    patches: [arbiter('if (phase === "completing") return this.#runner.raise("NOT_QUIET");', "")],
  },
];

export const OPERATION_MUTANTS: readonly Mutant[] = [
  {
    name: "blocked guest not queued",
    what: "an exit of a guest without the card does not make it a requester",
    level: "protocol",
    properties: [7],
    oracles: ["progress"],
    scene: onTinker("rtl8139"),
    patches: [arbiter('this.#ledger = want(this.#ledger, guest, "blocked", nowNs);\n    }\n  }', "}\n  }")],
  },
  {
    name: "pending exit dropped",
    what: "the operation that a guest was blocked in is forgotten at its grant",
    level: "protocol",
    properties: [7],
    oracles: ["progress"],
    scene: onTinker("ne2000"),
    patches: [
      arbiter(
        "if (blocked !== undefined) desk.blocked.record(nowNs - blocked.sinceNs);",
        "if (blocked !== undefined) this.#exits.delete(owner);",
      ),
    ],
  },
  {
    name: "pending exit executed twice",
    what: "the operation that a guest was blocked in is executed at its grant, and once more",
    level: "protocol",
    properties: [4],
    oracles: ["twin"],
    scene: onFastStreams("rtl8139"),
    patches: [
      arbiter(
        "this.#access.run(this.#dmm.exit(owner, exit.op), (result) => {",
        `const dmm = this.#dmm;
    const wasBlocked = exit.sinceNs < this.#ledger.grantedAtNs;
    const served = function* () {
      if (wasBlocked) yield* dmm.exit(owner, exit.op);
      return yield* dmm.exit(owner, exit.op);
    };
    this.#access.run(served(), (result) => {`,
      ),
    ],
  },
  {
    name: "somebody else's exit",
    what: "the exit that has waited longest is served, whoever has the card",
    level: "protocol",
    properties: [4],
    oracles: ["twin"],
    scene: onTinker("rtl8139"),
    patches: [
      arbiter("const exit = this.#exits.get(owner);\n    if", "const [exit] = this.#exits.values();\n    if"),
    ],
  },
  {
    name: "answered before executed",
    what: "the VMM resumes a guest before the writes that it has posted are in the card",
    level: "protocol",
    properties: [4],
    oracles: ["twin"],
    scene: onTinker("rtl8139"),
    patches: [
      access(
        "if (this.#posted === 0) return this.#running?.finish();",
        "this.#posted = 0;\n    this.#ports.flush(this.#nic);\n    if (this.#running !== undefined) return this.#running.finish();",
      ),
    ],
  },
  {
    name: "trap without sync",
    what: "a guest traps while writes that it has posted are under way",
    level: "protocol",
    properties: [4],
    oracles: ["twin"],
    scene: onTinker("rtl8139"),
    patches: [
      guest(
        "if (this.#posted > 0 && (!passes || this.#postedEpoch !== this.#epoch))",
        "if (this.#posted > 0 && passes && this.#postedEpoch !== this.#epoch)",
      ),
    ],
  },
  {
    name: "refused writes dropped",
    what: "a guest does not issue again what the card has refused",
    level: "protocol",
    properties: [4],
    oracles: ["twin"],
    scene: onHaste("rtl8139"),
    patches: [guest("this.#refused.push(", "void (")],
  },
  {
    name: "refused writes reversed",
    what: "of the writes that the card has refused a guest issues the last one first",
    level: "protocol",
    properties: [4],
    oracles: ["twin"],
    scene: onHaste("rtl8139"),
    patches: [guest("this.#refused.push(", "this.#refused.unshift(")],
  },
  {
    name: "refused writes late",
    what: "a guest does its next operation before it issues again what the card has refused",
    level: "protocol",
    properties: [4],
    oracles: ["twin"],
    scene: onHaste("rtl8139"),
    patches: [
      guest(
        "if (refused !== undefined) return this.#trap(refused);",
        "if (refused !== undefined && this.#pending === undefined) return this.#trap(refused);",
      ),
    ],
  },
  {
    name: "drained one too late",
    what: "the fence waits for a write more than the owner has posted",
    level: "protocol",
    properties: [7],
    oracles: ["progress"],
    scene: onTinker("rtl8139"),
    patches: [
      nic(
        "fence.drain !== 0 && this.#executed >= fence.awaited)",
        "fence.drain !== 0 && this.#executed > fence.awaited)",
      ),
    ],
  },
  {
    name: "hooked list sent once",
    what: "a guest is not told when other ports are hooked than at first",
    level: "protocol",
    properties: [4, 7],
    oracles: ["twin", "progress"],
    scene: onStreams("rtl8139"),
    patches: [
      arbiter(
        "if (this.#sentHooks.get(guest)?.equals(hooks) !== true) {",
        "if (!this.#sentHooks.has(guest)) {",
      ),
    ],
  },
];

export const INTERRUPT_MUTANTS: readonly Mutant[] = [
  {
    name: "interrupt to the previous owner",
    what: "what the card raises is injected into the guest that had it before",
    level: "protocol",
    properties: [6],
    oracles: ["interrupts"],
    scene: onStreams("rtl8139"),
    patches: [
      arbiter(
        "this.#desk(guest).inject(this.#dmm.model(guest).interrupt);",
        "this.#desk(this.#ledger.previous ?? guest).inject(this.#dmm.model(guest).interrupt);",
      ),
    ],
  },
  {
    name: "interrupt not noticed",
    what: "a line that rises while the VMM has something else to do is not looked at",
    level: "protocol",
    properties: [6],
    oracles: ["interrupts"],
    scene: onFastStreams("rtl8139"),
    patches: [
      arbiter(
        "this.#line = message.level !== 0;\n        this.#lineIdle = false;",
        "this.#line = message.level !== 0;\n        this.#lineIdle = this.#access.busy;",
      ),
    ],
  },
  {
    name: "interrupt not recomputed",
    what: "what the card reports while it is taken away raises no interrupt",
    level: "protocol",
    properties: [6, 7],
    oracles: ["interrupts", "progress"],
    scene: onStreams("rtl8139"),
    patches: [
      arbiter(
        "if (desk.ended !== undefined) return;\n    desk.inject(this.#dmm.model(owner).interrupt);",
        "if (desk.ended !== undefined) return;",
      ),
    ],
  },
];

export const PROGRESS_MUTANTS: readonly Mutant[] = [
  {
    name: "watchdog forgets the queue",
    what: "when the watchdog takes the card nobody is left who wants it",
    level: "protocol",
    properties: [7],
    oracles: ["progress"],
    scene: onStuck,
    patches: [
      arbiter(
        "this.#dmm.deinitModel(owner);",
        "this.#dmm.deinitModel(owner);\n    this.#ledger = { ...this.#ledger, wants: [] };",
      ),
    ],
  },
  {
    name: "watchdog starts again",
    what: "the watchdog counts from the last look at the card",
    level: "protocol",
    properties: [7],
    oracles: ["progress"],
    scene: onStuck,
    patches: [patience("this.#stuckSinceNs ??= nowNs;", "this.#stuckSinceNs = nowNs;")],
  },
  {
    name: "first guest first",
    what: "round-robin does not go round: of those who want the card the first guest has it",
    level: "protocol",
    properties: [7],
    oracles: ["progress"],
    scene: onCrowd,
    patches: [
      roundRobin(
        "return (wants.find((want) => want.guest > after) ?? wants[0])?.guest;",
        "return wants[0]?.guest;",
      ),
    ],
  },
  {
    name: "no end of the quantum",
    what: "an owner that goes on using the card keeps it",
    level: "protocol",
    properties: [7],
    oracles: ["progress"],
    scene: onHog,
    patches: [
      roundRobin(
        "if (nowNs >= quantumOverNs) return",
        "if (nowNs >= quantumOverNs && nowNs >= idleAtNs(ledger)) return",
      ),
    ],
  },
  {
    name: "times kept across runs",
    what: "how long each guest has held the card is kept in a table that all runs share",
    level: "protocol",
    properties: [8],
    oracles: ["determinism"],
    scene: { ...onShare, twice: true },
    patches: [
      ledger(
        "export function newLedger(",
        "const heldEver = new Map<GuestId, number>();\n\nexport function newLedger(",
      ),
      ledger("heldNs: new Map(),", "heldNs: heldEver,"),
      ledger("new Map(ledger.heldNs).set(owner,", "heldEver.set(owner,"),
    ],
  },
];
