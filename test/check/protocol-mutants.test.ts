/**
 * The protocol's mutants of the stress tests, by their names there: what each does to the product is done here to the
 * statecharts or to the explorer's bodies. Each that is visible at this level is found, by a shortest trace of so many
 * steps; docs/check.md says which are not, and why.
 */
import { describe, expect, it } from "vitest";
import type { Bounds } from "../../src/check/bodies/contract.ts";
import type { PolicyName } from "../../src/check/policies.ts";
import { boundsOf } from "../../src/check/worlds.ts";
import { defective, type Patch } from "./defective.ts";

const patchOf =
  (file: string) =>
  (find: string, replace: string): Patch => ({ file, find, replace });
const arbiter = patchOf("src/check/bodies/arbiter.ts");
const chart = patchOf("actors/arbiter.ts");
const guest = patchOf("src/check/bodies/guest.ts");
const nic = patchOf("src/check/bodies/nic.ts");

/** Enough for every row. */
const MEMORY_BYTES = 32 * 2 ** 20;

const order = boundsOf("order", 2, "fifo");
const busy = (policy: PolicyName): Bounds => ({ ...boundsOf("card", 2, policy), frames: false });

interface Row {
  readonly name: string;
  readonly patches: readonly Patch[];
  readonly bounds: Bounds;
  readonly property: string;
  readonly steps: number;
}

const ROWS: readonly Row[] = [
  {
    name: "epoch not checked",
    patches: [nic("message.epoch === data.epoch && data.epoch !== NO_EPOCH ?", "data.epoch !== NO_EPOCH ?")],
    bounds: order,
    property: "one owner",
    steps: 24,
  },
  {
    name: "epoch not advanced",
    patches: [arbiter("this.data.epoch = FRESH_EPOCH;", "this.data.epoch = 1;")],
    bounds: order,
    property: "one owner",
    steps: 24,
  },
  {
    name: "revoke not awaited",
    patches: [chart('REVOKE: "#arbiter.revoking"', 'REVOKE: "#arbiter.settling"')],
    bounds: order,
    property: "quiet save",
    steps: 17,
  },
  {
    name: "fence not closed",
    patches: [chart('REVOKED: "#arbiter.draining"', 'REVOKED: "#arbiter.settling"')],
    bounds: order,
    property: "quiet save",
    steps: 21,
  },
  {
    name: "posted writes not drained",
    patches: [nic("message.drain && data.executed < message.awaited", "false")],
    bounds: order,
    property: "quiet save",
    steps: 24,
  },
  {
    name: "stale acknowledgement taken",
    patches: [arbiter("if (message.epoch === data.epoch) data.issued", "data.issued")],
    bounds: order,
    property: "quiet save",
    steps: 46,
  },
  {
    name: "model not asked again",
    patches: [
      arbiter('if (data.phase === "completing") return this.runner.raise("NOT_QUIET");', ""),
      arbiter(
        'if (data.phase === "reusable") return this.run("quiesce");',
        'if (data.phase !== "programming") return this.run("quiesce");',
      ),
    ],
    bounds: busy("round-robin"),
    property: "quiet save",
    steps: 20,
  },
  {
    name: "interrupt to the previous owner",
    patches: [
      arbiter(
        'this.turn.mark({ kind: "injected", guest })',
        'this.turn.mark({ kind: "injected", guest: (guest + 1) % this.bounds.guests })',
      ),
    ],
    bounds: busy("fifo"),
    property: "own interrupts",
    steps: 15,
  },
  {
    name: "blocked guest not queued",
    patches: [arbiter('if (!(this.data.owner === guest && this.runner.is("owned"))) this.want(guest);', "")],
    bounds: order,
    property: "nobody forgotten",
    steps: 2,
  },
  {
    name: "pending exit dropped",
    patches: [
      arbiter(
        "    this.unwant(data.owner);\n    this.publish(data.owner);",
        "    this.#change(data.owner, { exit: false });\n    this.unwant(data.owner);\n    this.publish(data.owner);",
      ),
    ],
    bounds: order,
    property: "no deadlock",
    steps: 29,
  },
  {
    name: "refused writes late",
    patches: [
      guest(
        "if (data.refused > 0) return this.trap",
        "if (data.refused > 0 && !data.pending && turn.choose([true, false])) return this.trap",
      ),
    ],
    bounds: order,
    property: "in order",
    steps: 48,
  },
  {
    name: "trap without sync",
    patches: [
      guest("(!passes || data.postedEpoch !== data.epoch)", "passes && data.postedEpoch !== data.epoch"),
    ],
    bounds: order,
    property: "in order",
    steps: 14,
  },
  {
    name: "epoch change without sync",
    patches: [guest("(!passes || data.postedEpoch !== data.epoch)", "!passes")],
    bounds: { ...busy("any"), passed: 1 },
    property: "in order",
    steps: 32,
  },
  {
    name: "watchdog forgets the queue",
    patches: [
      arbiter(
        "    this.#change(owner, { interrupt: false });\n    data.phase",
        "    data.wants = [];\n    this.#change(owner, { interrupt: false });\n    data.phase",
      ),
    ],
    bounds: order,
    property: "nobody forgotten",
    steps: 13,
  },
  {
    name: "watchdog asleep",
    patches: [arbiter('this.turn.choose(["POLL", "WATCHDOG"])', '"POLL"')],
    bounds: { ...order, passed: 0 },
    property: "answered",
    steps: 18,
  },
  {
    name: "own want kept",
    patches: [
      arbiter("    this.unwant(data.owner);\n    this.publish(data.owner);", "    this.publish(data.owner);"),
    ],
    bounds: busy("any"),
    property: "own want",
    steps: 29,
  },
  {
    name: "first guest first",
    patches: [arbiter("data.turns = after(owner, data.turns);", "")],
    bounds: { ...boundsOf("order", 2, "round-robin"), passed: 0 },
    property: "answered",
    steps: 31,
  },
];

describe("the explorer finds", () => {
  it.each(ROWS)("$name", { timeout: 120_000 }, async ({ name, patches, bounds, property, steps }) => {
    const { Handoff, explore, checkLiveness } = await defective(name, patches);
    const { counterexample } = explore(new Handoff(bounds), { memoryBytes: MEMORY_BYTES });
    const shown =
      counterexample ?? checkLiveness(new Handoff(bounds), { memoryBytes: 4 * MEMORY_BYTES }).lasso;
    expect(shown?.property).toBe(property);
    expect(shown?.trace).toHaveLength(steps);
  });
});
