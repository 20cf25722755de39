/**
 * Property 7. A guest that exits is answered, or ended with an error, within a bound that follows from the watchdogs and
 * the policy of its card; and a run in which nothing more can happen is one in which nobody wants anything.
 */
import type { GuestId } from "../../base/ids.ts";
import { formatDuration, NS_PER_MS, NS_PER_S } from "../../base/units.ts";
import { moverOf } from "../../engine/scheduler.ts";
import { arbiterAddress, guestAddress, guestOf, nicAddress, roleOf } from "../../protocol/address.ts";
import type { Card } from "../../scenario/scenario.ts";
import type { FaultKind } from "../fault-plan.ts";
import { guestsWithFramesHeld, isBare, isThere, ownerOf, standingOf } from "./ledger.ts";
import type { Incident, Oracle, Scene, TrialEnding, Witness } from "./oracle.ts";

/** What a handoff, and a policy's own patience, may take beside its watchdogs and quanta. */
const SLACK_NS = 50 * NS_PER_MS;
/** Frames that a card may have to send before it is reusable, and the longest of them in bits, with all around it. */
const QUEUED_FRAMES = 4;
const FRAME_BITS = 8 * 1538;
/** Moves from one look at the clock to the next. */
const LOOK_MOVES = 64;
/** After these nobody can say when things go on. */
export const EXCUSES: readonly FaultKind[] = ["irq-lost", "slow-guest", "slow-arbiter"];
/** Port operations of the VMM from a revoke to the end of the quiesce, with room to spare. */
const QUIESCE_OPERATIONS = 100;

class Progress {
  readonly #scene: Scene;
  readonly #waiting = new Map<GuestId, Incident>();
  /** When each guest has last done anything. */
  readonly #movedNs = new Map<GuestId, number>();
  readonly #boundNs: readonly number[];

  constructor(scene: Scene) {
    this.#scene = scene;
    const { cards, guests } = scene.run.scenario;
    this.#boundNs = cards.map((card) =>
      boundNs(card, guests.filter((guest) => guest.card === card.id).length),
    );
  }

  readonly exits = (guest: GuestId): void => {
    this.#waiting.set(guest, this.#scene.incident(`${this.#guest(guest)} exited to the VMM`));
  };

  readonly answered = (guest: GuestId): void => void this.#waiting.delete(guest);

  readonly look = (): void => {
    if (this.#excused()) return;
    const { nowNs } = this.#scene.run.engine;
    for (const [guest, since] of this.#waiting) {
      const card = this.#scene.run.scenario.guests[guest]?.card ?? 0;
      const waitedNs = nowNs - since.atNs;
      // An exit may have crossed the message that ended its guest.
      if (waitedNs <= (this.#boundNs[card] ?? 0) || !isThere(this.#scene.run, guest)) continue;
      this.#scene.accuse(
        `${this.#guest(guest)} has been blocked for ${formatDuration(waitedNs)}: ${this.#standing(guest)}`,
        since,
      );
    }
  };

  /**
   * The watchdog has struck: a kernel whose processor waits for others cannot have been in anybody's way. Under fifo it
   * can: it has the card until the card rests, and comes back each time before that.
   */
  readonly wedged = (guest: GuestId): void => {
    const { run, nameOf } = this.#scene;
    const { card: id, workload } = run.scenario.guests[guest] ?? {};
    const card = id === undefined ? undefined : run.scenario.cards[id];
    if (
      card === undefined ||
      card.policy.kind === "fifo" ||
      isBare(workload?.kind) ||
      this.#excused() ||
      this.#scene.struck("card-lost") > 0
    )
      return;
    if (card.watchdogNs < quietNs(card, run.scenario.costs.restoreNs)) return;
    const { stateName = "" } = run.guests[guest]?.snapshot() ?? {};
    if (stateName.includes("running")) return;
    const holds = `which waits itself (${stateName})`;
    this.#scene.accuse(
      `the watchdog takes ${nameOf(nicAddress(card.id))} from ${this.#guest(guest)}, ${holds}`,
      this.#waiting.get(guest),
    );
  };

  readonly moved = (guest: GuestId): void => void this.#movedNs.set(guest, this.#scene.run.engine.nowNs);

  /** Not everything is done: because nothing more can happen, or because the run was cut off. */
  readonly over = (ending: Exclude<TrialEnding, "complete">): void => {
    if (this.#excused()) return;
    for (const { id, name, card } of this.#scene.run.scenario.guests) {
      if (!isThere(this.#scene.run, id)) continue;
      const since = this.#waiting.get(id);
      const idleNs = this.#scene.run.engine.nowNs - (this.#movedNs.get(id) ?? 0);
      if (ending !== "quiet" && idleNs < (this.#boundNs[card] ?? 0)) continue;
      if (since !== undefined) this.#scene.accuse(`${name} stays blocked: ${this.#standing(id)}`, since);
      if (this.#scene.hasLostContext(id)) continue;
      const { status, software, stateName } = this.#scene.run.guests[id]?.snapshot() ?? {};
      if (status?.kind === "running" && software?.workload.finished === false && this.#hasEnd(id))
        this.#scene.accuse(`${name} never finishes (${stateName}): ${this.#standing(id)}`);
    }
  };

  /**
   * The guests of a recorded run were stopped. What time they had was the machine's affair; but a VMM that has taken an
   * exit has answered it, or knows that the guest waits for the card.
   */
  readonly stopped = (): void => {
    const { engine, scenario } = this.#scene.run;
    for (const [guest, since] of this.#waiting) {
      const card = scenario.guests[guest]?.card;
      const standing = standingOf(this.#scene, guest);
      if (card === undefined || standing === undefined || !isThere(this.#scene.run, guest)) continue;
      if (engine.underWay(guestAddress(guest), arbiterAddress(card)) > 0) continue;
      const { state, owns, isNoted } = standing;
      if (state === "free") this.#accuseOf("is not given a card that is free", guest, since);
      else if (owns && state === "owned.watching") this.#accuseOf("is not answered", guest, since);
      else if (!owns && !isNoted) this.#accuseOf("is forgotten", guest, since);
    }
  };

  #accuseOf(what: string, guest: GuestId, since: Incident): void {
    this.#scene.accuse(`${this.#guest(guest)} waits and ${what}: ${this.#standing(guest)}`, since);
  }

  /** All else is done, and there was time enough for the frames that were held. */
  readonly held = (): void => {
    if (this.#scene.struck("irq-lost") > 0 || this.#scene.struck("card-lost") > 0) return;
    for (const guest of guestsWithFramesHeld(this.#scene.run)) {
      if (this.#scene.hasLostContext(guest)) continue;
      this.#scene.accuse(`frames stay held for ${this.#guest(guest)}: ${this.#standing(guest)}`);
    }
  };

  #hasEnd(guest: GuestId): boolean {
    const workload = this.#scene.run.scenario.guests[guest]?.workload;
    return workload !== undefined && "count" in workload && workload.count !== undefined;
  }

  #excused(): boolean {
    return !this.#scene.run.engine.isTimed || EXCUSES.some((kind) => this.#scene.struck(kind) > 0);
  }

  #standing(guest: GuestId): string {
    const { scenario, arbiters } = this.#scene.run;
    const card = scenario.guests[guest]?.card ?? scenario.cards[0]?.id;
    if (card === undefined) return "";
    const owner = ownerOf(this.#scene, card);
    const owned = owner === undefined ? "the card is nobody's" : `the card is ${this.#guest(owner)}'s`;
    return `${owned}, its VMM is ${arbiters.actors[card]?.stateName}`;
  }

  #guest(guest: GuestId): string {
    return this.#scene.nameOf(guestAddress(guest));
  }
}

/**
 * How long a guest may have to wait for the card that it shares with so many others: each of them may get its turn first,
 * and end in the watchdog.
 */
export function boundNs({ watchdogNs, revokeNs, policy }: Card, guests: number): number {
  const turnNs = policy.kind === "fifo" ? 0 : policy.quantumNs;
  return guests * (watchdogNs + revokeNs + 2 * turnNs + SLACK_NS);
}

/** What a card that is not being programmed takes at most to become reusable, and the VMM to see it. */
const quietNs = ({ rateBitsPerS }: Card, restoreNs: number): number =>
  SLACK_NS + (QUEUED_FRAMES * FRAME_BITS * NS_PER_S) / rateBitsPerS + QUIESCE_OPERATIONS * restoreNs;

export const progress: Oracle = {
  name: "progress",
  property: 7,
  watch(scene): Witness {
    const oracle = new Progress(scene);
    return {
      sent: (from, to, message) => {
        if (message.type === "exit") oracle.exits(guestOf(from));
        if (message.type === "ended") oracle.answered(guestOf(from));
        if (message.type === "resume" || message.type === "machineCheck") oracle.answered(guestOf(to));
      },
      struck: (kind, victim) => {
        if (kind === "guest-crash" && roleOf(victim) === "guest") oracle.answered(guestOf(victim));
      },
      stopped: (guest, { register }) => {
        if (register === "watchdog") oracle.wedged(guest);
      },
      ends: (move) => {
        const mover = moverOf(move);
        if (roleOf(mover) === "guest") oracle.moved(guestOf(mover));
        if (scene.run.engine.moves % LOOK_MOVES === 0) oracle.look();
      },
      over: (ending) => {
        if (ending === "complete") oracle.held();
        else if (ending === "stopped") oracle.stopped();
        else oracle.over(ending);
      },
    };
  },
};
