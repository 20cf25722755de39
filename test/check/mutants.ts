/** Defects put into the protocol on purpose, each with the bounds in which it shows and the property that it breaks. */
import type { AnyStateMachine } from "xstate";
import { createMachine } from "xstate";
import { arbiterMachine } from "../../actors/arbiter.ts";
import { guestMachine } from "../../actors/guest.ts";
import { ArbiterBody } from "../../src/check/bodies/arbiter.ts";
import type { Bounds, Charts } from "../../src/check/bodies/contract.ts";
import { GuestBody } from "../../src/check/bodies/guest.ts";
import { NicBody } from "../../src/check/bodies/nic.ts";
import { type Parts, REAL_PARTS } from "../../src/check/handoff.ts";
import type { Msg } from "../../src/check/messages.ts";
import { boundsOf } from "../../src/check/worlds.ts";
import { Automaton } from "../../src/machine/automaton.ts";

interface Node {
  [key: string]: unknown;
  states?: Record<string, Node>;
  on?: Record<string, unknown>;
}

/** The chart with its configuration edited. */
function edited<A extends Automaton<never, never>>(machine: AnyStateMachine, edit: (root: Node) => void): A {
  const config = structuredClone(JSON.parse(JSON.stringify(machine.config))) as Node;
  edit(config);
  return new Automaton(createMachine(config as never, machine.implementations as never)) as unknown as A;
}

const charts = (change: Partial<Charts>): Partial<Parts> => ({ charts: { ...REAL_PARTS.charts, ...change } });
const at = (root: Node, ...path: readonly string[]): Node =>
  path.reduce((node, name) => node.states?.[name] ?? {}, root);

export class LaxNic extends NicBody {
  /** Every operation of a guest counts as current. */
  protected override classify(message: Msg) {
    const event = super.classify(message);
    return event === "STALE_IO" && this.data.epoch !== 0 ? "IO" : event;
  }
}

class HastyNic extends NicBody {
  /** The fence does not wait for what is still under way. */
  protected override classify(message: Msg) {
    const event = super.classify(message);
    return event === "FENCE_DRAIN" ? "FENCE_CLOSE" : event;
  }
}

class TrustingArbiter extends ArbiterBody {
  /** The model is not asked a second time after the revoke. */
  protected override quiesced(): void {
    this.run("quiesce");
  }
}

class RecklessArbiter extends ArbiterBody {
  /** The receiver is not disarmed. */
  protected override quiesced(): void {
    if (this.data.phase === "reusable") this.runner.raise("QUIET");
    else super.quiesced();
  }
}

class GossipingArbiter extends ArbiterBody {
  /** The interrupt goes to somebody else. */
  protected override publish(guest: number): void {
    const { interrupt, injected } = this.desk(guest);
    super.publish(guest);
    if (interrupt && !injected) this.turn.mark({ kind: "injected", guest: (guest + 1) % this.bounds.guests });
  }
}

class GreedyArbiter extends ArbiterBody {
  /** As it was before the explorer found it: an exit that arrives before the grant stays a want. */
  protected override unwant(guest: number): void {
    if (this.runner.stateName !== "owned.watching") super.unwant(guest);
  }
}

class ForgetfulArbiter extends ArbiterBody {
  /** The exit that ended the wait is not carried over a handoff. */
  protected override release(): void {
    const { owner } = this.data;
    super.release();
    this.unwant(owner);
  }
}

class DroppingArbiter extends ArbiterBody {
  /** The exit that a guest is granted the card for is not served. */
  protected override grant(): void {
    this.data.desks = this.data.desks.map((desk, i) =>
      i === this.data.owner ? { ...desk, exit: false } : desk,
    );
    super.grant();
  }
}

class ImpatientGuest extends GuestBody {
  /** It traps without waiting for the writes that it posted. */
  protected override ask(what: "pending" | "sync"): void {
    if (what === "sync") this.trap("pending");
    else super.ask(what);
  }
}

class CarelessGuest extends GuestBody {
  /** Refused writes wait until the guest has nothing else to do. */
  protected override step(): void {
    const { refused } = this.data;
    this.data.refused = 0;
    super.step();
    this.data.refused += refused;
  }
}

const order = boundsOf("order", 2, "fifo");
const card: Bounds = { ...boundsOf("card", 2, "any"), frames: false };

const withArbiter = (edit: (root: Node) => void): Partial<Parts> =>
  charts({ arbiter: edited(arbiterMachine, edit) });
const withGuest = (edit: (root: Node) => void): Partial<Parts> =>
  charts({ guest: edited(guestMachine, edit) });

const savesUnfenced = withArbiter((root) => {
  const waiting = at(root, "revoking", "waiting");
  waiting.on = { ...waiting.on, REVOKED: "#arbiter.settling" };
});
const keepsTheCardRunning = withArbiter((root) => {
  at(root, "wedged").on = { DRAINED: { target: "free", actions: "release" } };
});
const deafWhileAway = withGuest((root) => {
  const away = at(root, "card", "away");
  const { REVOKE: _gone, ...others } = away.on ?? {};
  away.on = others;
});

export const MUTANTS: readonly (readonly [
  what: string,
  bounds: Bounds,
  parts: Partial<Parts>,
  property: string,
])[] = [
  ["a NIC that lets stale epochs through", order, { Nic: LaxNic }, "one owner"],
  ["a NIC that does not drain", order, { Nic: HastyNic }, "quiet save"],
  ["an arbiter that does not ask the model again", card, { Arbiter: TrustingArbiter }, "quiet save"],
  ["an arbiter that leaves the receiver armed", order, { Arbiter: RecklessArbiter }, "quiet save"],
  ["an arbiter that injects into the wrong guest", card, { Arbiter: GossipingArbiter }, "own interrupts"],
  ["an arbiter that keeps a want of the owner", card, { Arbiter: GreedyArbiter }, "own want"],
  ["an arbiter that forgets a blocked exit", order, { Arbiter: ForgetfulArbiter }, "nobody forgotten"],
  ["an arbiter that drops a blocked exit", order, { Arbiter: DroppingArbiter }, "no deadlock"],
  ["an arbiter that saves without the fence", order, savesUnfenced, "quiet save"],
  ["an arbiter that does not reset a card taken by force", card, keepsTheCardRunning, "quiet save"],
  ["a guest that knows no revoke while away", order, deafWhileAway, "expected events"],
  ["a guest that traps before its writes are done", order, { Guest: ImpatientGuest }, "in order"],
  ["a guest that goes on before its refused writes", order, { Guest: CarelessGuest }, "in order"],
];
