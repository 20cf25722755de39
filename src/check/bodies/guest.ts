/**
 * A guest's body without processor, memory and driver: what is left are the two rules that keep its operations in order.
 * It mirrors GuestActor (actors/guest-body.ts) method by method: `step` its step and #advance, `deliver` its deliver and
 * #takeFenced, `#perform` its #perform and #takeAnswer. The program is nondeterministic: any operation at any time, each
 * hooked or not whatever the bitmap says, since safety does not rest on the bitmap.
 */
import type { GuestEffect, GuestEvent } from "../../../actors/guest.ts";
import { type Msg, type MsgOf, NO_EPOCH, type Renaming } from "../messages.ts";
import { Runner, type Turn } from "../turn.ts";
import type { Bounds, Charts } from "./contract.ts";

export interface GuestData {
  readonly state: number;
  readonly frail: boolean;
  /** The worker is gone: nothing is read any more. */
  readonly dead: boolean;
  readonly epoch: number;
  /** Operations sent to the card under `epoch`. */
  readonly issued: number;
  readonly posted: number;
  readonly postedEpoch: number;
  /** The program waits for the answer to an operation. */
  readonly pending: boolean;
  readonly refused: number;
  readonly inFlight: "none" | "pending" | "refused" | "sync";
}

export const newGuest = (charts: Charts, frail: boolean): GuestData => ({
  frail,
  state: charts.guest.initial.next,
  dead: false,
  epoch: NO_EPOCH,
  issued: 0,
  posted: 0,
  postedEpoch: NO_EPOCH,
  pending: false,
  refused: 0,
  inFlight: "none",
});

export function renameGuest(data: GuestData, to: Renaming): GuestData {
  return { ...data, epoch: to.epoch(data.epoch), postedEpoch: to.epoch(data.postedEpoch) };
}

export type GuestMove = "step" | "wake" | "crash";

export class GuestBody {
  protected readonly turn: Turn;
  protected readonly bounds: Bounds;
  protected readonly data: { -readonly [K in keyof GuestData]: GuestData[K] };
  readonly #runner: Runner<GuestEvent, GuestEffect>;
  #granted = NO_EPOCH;

  constructor(charts: Charts, bounds: Bounds, data: GuestData, turn: Turn) {
    this.turn = turn;
    this.bounds = bounds;
    this.data = { ...data };
    this.#runner = new Runner("guest", charts.guest, data.state, (effect) => this.perform(effect), turn);
  }

  /** What the guest can do of its own accord. */
  static moves(charts: Charts, bounds: Bounds, data: GuestData): readonly GuestMove[] {
    if (data.dead || charts.guest.hasTag(data.state, "over")) return [];
    const moves: GuestMove[] = [];
    if (charts.guest.hasTag(data.state, "runnable")) moves.push("step");
    if (charts.guest.hasTag(data.state, "halted")) moves.push("wake");
    if (bounds.crashes && data.frail) moves.push("crash");
    return moves;
  }

  /** The data after the turn; all that is left of a guest that is over is that it is. */
  result(): GuestData {
    const { dead } = this.data;
    const { state } = this.#runner;
    if (!dead && !this.#runner.is("over")) return { ...this.data, state };
    const blank = { epoch: NO_EPOCH, issued: 0, posted: 0, postedEpoch: NO_EPOCH };
    return { ...this.data, ...blank, pending: false, refused: 0, inFlight: "none", state: dead ? 0 : state };
  }

  move(move: GuestMove): void {
    switch (move) {
      case "step":
        return this.step();
      case "wake":
        this.turn.note("its timer wakes it");
        return this.#runner.raise("WAKE");
      case "crash":
        this.turn.note("its worker dies");
        this.data.dead = true;
        return this.turn.send("arbiter", { type: "ended" });
    }
  }

  deliver(message: Msg): void {
    if (this.data.dead || this.#runner.is("over")) return;
    switch (message.type) {
      case "ioDone":
        return this.#runner.raise("IO_DONE");
      case "resume":
        return this.#runner.raise("RESUME");
      case "fenced":
        return this.takeFenced(message);
      case "grant":
        this.#granted = message.epoch;
        return this.#runner.raise("GRANT");
      case "revoke":
        return this.#runner.raise("REVOKE");
      case "injectIrq":
        if (message.level) this.#wake();
        return;
      case "machineCheck":
        return this.#runner.raise("MACHINE_CHECK");
      default:
        throw new Error(`no ${message.type} is for a guest`);
    }
  }

  protected step(): void {
    const { data, turn } = this;
    if (data.refused > 0) return this.trap("refused");
    if (!data.pending && !this.#advance()) return;
    const held = this.#runner.is("held");
    const passes = held && data.issued < this.bounds.passed && turn.choose([true, false]);
    if (data.posted > 0 && (!passes || data.postedEpoch !== data.epoch)) return this.ask("sync");
    if (!passes) return this.trap("pending");
    this.#pass();
  }

  /** The program's next operation; false when it halts or ends instead. */
  #advance(): boolean {
    const kinds = ["operation", "halt", "end", "fail"] as const;
    const mayEnd = this.bounds.endings && this.data.frail;
    const kind = this.turn.choose(mayEnd ? kinds : kinds.slice(0, 1));
    if (kind === "operation") {
      this.data.pending = true;
      return true;
    }
    this.turn.note(`its program ${kind}s`);
    this.#runner.raise(kind === "halt" ? "HALT" : kind === "end" ? "FINISH" : "FAULT");
    return false;
  }

  #pass(): void {
    const { data, turn } = this;
    if (turn.choose(["write", "read"]) === "read") return this.ask("pending");
    turn.note("posts a write");
    this.turn.send("nic", { type: "io", epoch: data.epoch, posted: true, sync: false });
    data.issued++;
    data.posted++;
    data.postedEpoch = data.epoch;
    data.pending = false;
  }

  protected ask(what: "pending" | "sync"): void {
    this.turn.note(what === "sync" ? "syncs" : "reads");
    this.data.inFlight = what;
    this.#runner.raise("READ");
  }

  protected trap(what: "pending" | "refused"): void {
    this.turn.note(what === "refused" ? "issues a refused write again, by trap" : "traps");
    this.data.inFlight = what;
    this.#runner.raise("TRAP");
  }

  protected perform(effect: GuestEffect): void {
    const { data, turn } = this;
    switch (effect.type) {
      case "sendIo": {
        const sync = data.inFlight === "sync";
        if (!sync) data.issued++;
        const epoch = sync ? data.postedEpoch : data.epoch;
        return turn.send("nic", { type: "io", epoch, posted: false, sync });
      }
      case "sendExit":
        turn.mark({ kind: "exited", guest: 0 });
        return turn.send("arbiter", {
          type: "exit",
          platform: data.inFlight === "pending" && this.#platform(),
        });
      case "takeAnswer":
        return this.#takeAnswer();
      case "takeRefusal":
        data.inFlight = "none";
        return this.#settlePosted();
      case "takeGrant":
        data.epoch = this.#granted;
        data.issued = 0;
        return;
      case "ackRevoke":
        return turn.send("arbiter", { type: "revoked", epoch: data.epoch, issued: data.issued });
      case "reportEnd":
        return turn.send("arbiter", { type: "ended" });
      case "ignore":
        return;
    }
  }

  #platform(): boolean {
    return this.bounds.platform && this.turn.choose([false, true]);
  }

  #takeAnswer(): void {
    const { data } = this;
    const { inFlight } = data;
    data.inFlight = "none";
    if (inFlight === "refused") {
      data.refused--;
      return;
    }
    this.#settlePosted();
    if (inFlight === "pending") data.pending = false;
  }

  #settlePosted(): void {
    this.data.posted = 0;
    this.data.postedEpoch = NO_EPOCH;
  }

  protected takeFenced(message: MsgOf<"fenced">): void {
    const present = message.epoch === this.data.epoch;
    if (!message.posted) return this.#runner.raise(present ? "FENCED" : "FENCED_OLD");
    this.data.refused++;
    if (present) this.#runner.raise("FENCED_POSTED");
    else this.#wake();
  }

  #wake(): void {
    if (this.#runner.is("halted")) this.#runner.raise("WAKE");
  }
}
