/**
 * The arbiter's body without devices and time. It mirrors ArbiterActor (actors/arbiter-body.ts) method by method, and in
 * the same order of attention (`#nextEvent`, `#watch`, `#awaitRevoked`, `#settle`). The ledger keeps the order of wants;
 * time is a move of its own (`time`): whatever may be due is due then, or not. The DMM is its model's phase: what a trap
 * or an interrupt makes of it is nondeterministic within what a card and a driver can do.
 */
import type { ArbiterEffect, ArbiterEvent } from "../../../actors/arbiter.ts";
import { invariant } from "../../base/errors.ts";
import type { Phase } from "../../devices/model.ts";
import { FRESH_EPOCH, type Msg, type MsgOf, NO_EPOCH, type VmmSequence } from "../messages.ts";
import { fatesOf, POLICIES } from "../policies.ts";
import { Broken, type Peer, Runner, type Turn } from "../turn.ts";
import { type ArbiterData, type Desk, inOrder } from "./arbiter-data.ts";
import type { Bounds, Charts } from "./contract.ts";

export type ArbiterMove = "time" | "frame";

const PHASES_AFTER_TRAP: Readonly<Record<Phase, readonly Phase[]>> = {
  reusable: ["reusable", "completing", "programming"],
  completing: ["completing"],
  programming: ["programming", "reusable", "completing"],
};

export class ArbiterBody {
  protected readonly turn: Turn;
  protected readonly bounds: Bounds;
  protected readonly data: { -readonly [K in keyof ArbiterData]: ArbiterData[K] };
  protected readonly runner: Runner<ArbiterEvent, ArbiterEffect>;

  constructor(charts: Charts, bounds: Bounds, data: ArbiterData, turn: Turn) {
    this.turn = turn;
    this.bounds = bounds;
    this.data = { ...data };
    this.runner = new Runner("arbiter", charts.arbiter, data.state, (effect) => this.perform(effect), turn);
  }

  static moves(charts: Charts, bounds: Bounds, data: ArbiterData): readonly ArbiterMove[] {
    const waits = ["watching", "revoking", "settling"].some((tag) => charts.arbiter.hasTag(data.state, tag));
    const arrives = bounds.receive === "arrival" && !charts.arbiter.hasTag(data.state, "lost");
    return [...(waits ? ["time" as const] : []), ...(arrives ? ["frame" as const] : [])];
  }

  result(): ArbiterData {
    return { ...this.data, state: this.runner.state };
  }

  start(): void {
    this.runner.start();
  }

  move(move: ArbiterMove): void {
    if (move === "frame") this.#frameWaiting(this.turn.choose([...this.data.desks.keys()]));
    else this.#timeIsUp();
  }

  /** A timer has run out: what is due for its time is taken, unless something else comes first. */
  #timeIsUp(): void {
    const event = this.#nextEvent(true);
    if (event === undefined) return;
    this.turn.note(`time for ${event}`);
    this.turn.mark({ kind: "due", event });
    this.runner.raise(event);
  }

  deliver(from: Peer, message: Msg): void {
    const { data } = this;
    if (this.runner.is("lost") && message.type !== "exit") return;
    switch (message.type) {
      case "ioDone":
        return this.#answered(message);
      case "drained":
        return this.runner.raise("DRAINED");
      case "exit":
        this.#takeExit(Number(from), message.platform);
        break;
      case "revoked":
        if (message.epoch === data.epoch) data.issued = message.issued;
        this.#hear(Number(from), message.epoch);
        break;
      case "irq":
        data.line = message.level;
        data.lineIdle = false;
        break;
      case "ended":
        this.#guestEnded(Number(from));
        break;
      case "cardLost":
        return this.runner.raise("CARD_LOST");
      default:
        throw new Error(`no ${message.type} is for an arbiter`);
    }
    if (!this.runner.is("atomic")) this.#attend();
  }

  #hear(guest: number, epoch: number): void {
    const { silent } = this.desk(guest);
    if (silent === NO_EPOCH || (epoch !== silent && epoch !== this.data.epoch)) return;
    this.#change(guest, { silent: NO_EPOCH });
    if (this.data.owner !== guest) this.#listen(guest);
  }

  /** The wire holds a frame for the guest. What is kept for a silent one may as well come when it is heard. */
  #frameWaiting(guest: number): void {
    this.turn.note(`a frame waits for guest ${guest}`);
    const { ended, silent } = this.desk(guest);
    const owns = this.data.owner === guest && this.runner.is("owned");
    if (!ended && silent === NO_EPOCH && !owns) this.want(guest);
    if (!this.runner.is("atomic")) this.#attend();
  }

  /** Whether its receiver is armed is open. */
  #listen(guest: number): void {
    const { ended, silent } = this.desk(guest);
    if (this.bounds.receive !== "listening" || silent !== NO_EPOCH || ended) return;
    if (this.turn.choose([false, true])) this.want(guest);
  }

  #takeExit(guest: number, platform: boolean): void {
    if (this.desk(guest).ended) return;
    if (platform) return this.turn.send(guest, { type: "resume" });
    if (this.runner.is("lost")) return this.#machineCheck(guest);
    this.#change(guest, { exit: true });
    if (!(this.data.owner === guest && this.runner.is("owned"))) this.want(guest);
  }

  protected want(guest: number): void {
    const { wants, ordered } = this.data;
    if (!wants.includes(guest)) this.data.wants = inOrder([...wants, guest], ordered);
  }

  protected unwant(guest: number): void {
    this.data.wants = this.data.wants.filter((one) => one !== guest);
  }

  #guestEnded(guest: number): void {
    this.#change(guest, { ended: true, exit: false, silent: NO_EPOCH });
    this.unwant(guest);
  }

  #machineCheck(guest: number): void {
    if (this.desk(guest).ended) return;
    this.#change(guest, { ended: true });
    this.turn.send(guest, { type: "machineCheck" });
  }

  #attend(): void {
    const event = this.#nextEvent(false);
    if (event !== undefined) this.runner.raise(event);
  }

  #nextEvent(due: boolean): ArbiterEvent | undefined {
    if (this.runner.is("free")) return this.#nextOwner() ? "NEXT" : undefined;
    const { owner } = this.data;
    if (owner < 0 || this.runner.is("lost")) return undefined;
    if (this.desk(owner).ended) return "OWNER_GONE";
    if (this.runner.is("watching")) return this.watch(owner, due);
    if (this.runner.is("revoking")) return this.#awaitRevoked(due);
    return this.runner.is("settling") ? this.#settle(due) : undefined;
  }

  #nextOwner(): boolean {
    const { wants } = this.data;
    if (wants.length === 0) return false;
    const guest = this.turn.choose(this.candidates(wants));
    this.turn.mark({ kind: "chosen", guest, among: wants });
    this.#grantTo(guest);
    return true;
  }

  protected candidates(wants: readonly number[]): readonly number[] {
    switch (POLICIES[this.bounds.policy].next) {
      case "longest":
        return wants.slice(0, 1);
      case "turn":
        return this.data.turns.filter((guest) => wants.includes(guest)).slice(0, 1);
      case "anybody":
        return wants;
    }
  }

  #grantTo(guest: number): void {
    this.unwant(guest);
    this.data.owner = guest;
    this.data.epoch = FRESH_EPOCH;
  }

  protected watch(owner: number, due: boolean): ArbiterEvent | undefined {
    const { data } = this;
    if (this.desk(owner).exit) return "EXIT";
    if (this.#lineWantsService()) return "IRQ";
    if (data.wants.length === 0) data.lent = false;
    if (!due || data.wants.length === 0) return undefined;
    const fate = this.turn.choose(fatesOf(this.bounds.policy, data.phase));
    return fate === "revoke" ? "REVOKE" : this.#overdue();
  }

  #awaitRevoked(due: boolean): ArbiterEvent | undefined {
    if (this.data.issued >= 0) return "REVOKED";
    if (this.#lineWantsService()) return "IRQ";
    return due ? "REVOKE_TIMEOUT" : undefined;
  }

  #settle(due: boolean): ArbiterEvent | undefined {
    const event = due ? this.#overdue() : undefined;
    if (event === "WATCHDOG") return event;
    return this.#lineWantsService() ? "IRQ" : event;
  }

  #overdue(): ArbiterEvent {
    return this.turn.choose(["POLL", "WATCHDOG"]);
  }

  #lineWantsService(): boolean {
    return this.data.line && !this.data.lineIdle;
  }

  protected perform(effect: ArbiterEffect): void {
    const { data } = this;
    switch (effect.type) {
      case "attend":
        return this.#attend();
      case "restore":
        data.phase = "reusable";
        return this.run("restore");
      case "openFence":
        return this.fence(data.epoch, false);
      case "grant":
        return this.grant();
      case "trap":
        return this.#trap();
      case "takeInterrupt":
        return this.run("interrupt");
      case "revoke":
        data.issued = -1;
        return this.turn.send(data.owner, { type: "revoke" });
      case "closeFence":
        return this.fence(NO_EPOCH, true);
      case "forceFence":
        data.issued = 0;
        data.forced = true;
        if (this.bounds.receive !== "nothing") this.#change(data.owner, { silent: data.epoch });
        return this.fence(NO_EPOCH, false);
      case "quiesce":
        return this.run("interrupt");
      case "save":
        this.turn.mark({ kind: "saved" });
        return this.run("save");
      case "resetCard":
        return this.run("reset");
      case "release":
        if (!data.taken) this.release();
        return;
      case "punish":
        return this.#punish();
      case "failGuests":
        for (const guest of data.desks.keys()) this.#machineCheck(guest);
        return;
    }
  }

  /** One of the DMM's sequences; its answer comes to #answered. */
  protected run(what: VmmSequence, start = false): void {
    if (this.data.awaited !== null) throw new Broken("expected events", "one program at a time has the card");
    this.data.awaited = what;
    this.turn.send("nic", { type: "vmm", what, guest: what === "restore" ? this.data.owner : -1, start });
  }

  #answered(answer: MsgOf<"ioDone">): void {
    const { data } = this;
    const { awaited } = data;
    data.awaited = null;
    switch (awaited) {
      case "trap":
        return this.#trapDone();
      case "interrupt":
        this.#followCard(answer);
        if (this.runner.stateName.startsWith("settling")) return this.quiesced();
        this.publish(data.owner);
        return this.runner.raise("DONE");
      case "quiesce":
        this.#followCard(answer, data.lineIdle);
        return this.runner.raise("QUIET");
      case "reset":
        if (data.taken) this.release();
        data.taken = false;
        return this.runner.raise("DONE");
      case "restore":
      case "save":
        return this.runner.raise("DONE");
      case null:
        throw new Broken("expected events", "an answer from the card that nothing waits for");
    }
  }

  /**
   * DeviceModel.updateFromCard: the transmits are over, with another half programmed behind them or not; or the card
   * reports an error that only its driver can mend. After #takeInterrupt: nothing found makes the line one to ignore.
   */
  #followCard({ found, idle }: MsgOf<"ioDone">, lineIdle = !found): void {
    const { data } = this;
    data.lineIdle = lineIdle;
    if (!found) return;
    if (data.phase === "completing" && idle) data.phase = this.turn.choose(["reusable", "programming"]);
    if (this.#mayFail(data.owner) && this.turn.choose([false, true])) data.phase = "programming";
    this.#change(data.owner, { interrupt: true });
  }

  #trap(): void {
    const { data, turn } = this;
    const { exit, transmits } = this.desk(data.owner);
    const faults = this.#mayFail(data.owner);
    if (!exit) return this.runner.raise("DONE");
    this.#change(data.owner, { exit: false });
    const outcomes: readonly (Phase | "fatal")[] = PHASES_AFTER_TRAP[data.phase].filter(
      (phase) => transmits || phase !== "completing",
    );
    const trapped = turn.choose<Phase | "fatal">(faults ? [...outcomes, "fatal"] : outcomes);
    data.trapped = trapped;
    turn.mark({ kind: "trapped", guest: data.owner });
    this.run("trap", trapped === "completing" && data.phase !== "completing");
  }

  #trapDone(): void {
    const { data } = this;
    const { owner, trapped } = data;
    data.trapped = null;
    if (trapped === "fatal") {
      this.#machineCheck(owner);
      return this.runner.raise("CONDEMN");
    }
    if (trapped !== null) data.phase = trapped;
    if (this.desk(owner).interrupt && this.turn.choose([false, true]))
      this.#change(owner, { interrupt: false });
    this.publish(owner);
    this.turn.send(owner, { type: "resume" });
    this.runner.raise("DONE");
  }

  protected publish(guest: number): void {
    const { interrupt, injected } = this.desk(guest);
    if (interrupt === injected) return;
    this.#change(guest, { injected: interrupt });
    if (interrupt) this.turn.mark({ kind: "injected", guest });
    this.turn.send(guest, { type: "injectIrq", level: interrupt });
  }

  protected grant(): void {
    const { data } = this;
    data.forced = false;
    data.issued = -1;
    this.unwant(data.owner);
    this.publish(data.owner);
    this.turn.send(data.owner, { type: "grant", epoch: data.epoch });
    this.turn.mark({ kind: "owned", again: data.lent });
  }

  protected fence(epoch: number, drain: boolean): void {
    this.turn.send("nic", {
      type: "fence",
      epoch,
      drain,
      awaited: drain ? Math.max(0, this.data.issued) : 0,
    });
  }

  /** After the first half of #quiesce. */
  protected quiesced(): void {
    const { data } = this;
    if (data.phase === "completing") return this.runner.raise("NOT_QUIET");
    if (data.phase === "reusable") return this.run("quiesce");
    // Past the watchdog it does not get it again.
    if (data.lent && this.turn.choose([false, true])) {
      this.turn.mark({ kind: "due", event: "NOT_QUIET" });
      return this.runner.raise("NOT_QUIET");
    }
    data.lent = true;
    this.#grantTo(data.owner);
    this.runner.raise("GIVE_BACK");
  }

  protected release(): void {
    const { data } = this;
    const { owner } = data;
    data.owner = -1;
    data.turns = after(owner, data.turns);
    data.epoch = NO_EPOCH;
    data.phase = "reusable";
    data.issued = -1;
    data.lent = false;
    data.forced = false;
    if (this.desk(owner).ended) return;
    this.publish(owner);
    if (this.desk(owner).exit) this.want(owner);
    else this.#listen(owner);
  }

  #punish(): void {
    const { data } = this;
    const { owner } = data;
    data.taken = true;
    if (!this.desk(owner).ended && this.#mayFail(owner) && this.turn.choose([false, true]))
      this.#machineCheck(owner);
    this.#change(owner, { interrupt: false });
    data.phase = "reusable";
    if (this.desk(owner).ended) this.#guestEnded(owner);
  }

  #mayFail(guest: number): boolean {
    return this.bounds.faults && this.desk(guest).frail;
  }

  protected desk(guest: number): Desk {
    const desk = this.data.desks[guest];
    invariant(desk !== undefined, `guest ${guest} has a desk`);
    return desk;
  }

  #change(guest: number, change: Partial<Desk>): void {
    this.data.desks = this.data.desks.map((desk, i) => (i === guest ? { ...desk, ...change } : desk));
  }
}

/** The round, from the one after `owner` on. */
function after(owner: number, turns: readonly number[]): readonly number[] {
  const at = turns.indexOf(owner) + 1;
  return [...turns.slice(at), ...turns.slice(0, at)];
}
