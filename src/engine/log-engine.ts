/**
 * Runs actors by their logs, on one thread: each takes what it took in the recorded run, in that order, as soon as it is
 * there. Between actors any order that the logs allow gives the same run, so none has to be remembered.
 */
import { VpioError } from "../base/errors.ts";
import type { Actor, Ports } from "../machine/actor.ts";
import { type Address, addressName } from "../protocol/address.ts";
import type { Message } from "../protocol/messages.ts";
import type { FaultKind } from "../transport/fault-plan.ts";
import { Post } from "./post.ts";
import { Reception } from "./reception.ts";
import { type ActorLog, LogReader, type Taking } from "./recording.ts";
import type { Move } from "./scheduler.ts";
import type { Observer } from "./seeded.ts";
import type { WatchedEngine } from "./watched-run.ts";

interface Player {
  readonly actor: Actor;
  readonly reception: Reception;
  readonly log: LogReader;
}

export interface LogEngineOptions {
  readonly logs: ReadonlyMap<Address, ActorLog>;
  /** What the recorded engine did when it told the wire that the run comes to its end. */
  readonly onHush: () => void;
  /** Told of each fault that struck a message; `victim` as on the seeded engine. */
  readonly onFault?: ((kind: FaultKind, victim: Address) => void) | undefined;
}

export class LogEngine implements WatchedEngine {
  readonly isTimed = false;
  readonly #logs: ReadonlyMap<Address, LogReader>;
  readonly #players: Player[] = [];
  readonly #post = new Post();
  readonly #onHush: () => void;
  readonly #onFault: NonNullable<LogEngineOptions["onFault"]>;
  /** What each actor has last read off its clock. */
  readonly #clocks = new Map<Address, number>();
  #observers: readonly Observer[] = [];
  #nowNs = 0;
  #moves = 0;
  /** Whose move it is; undefined before the first one. */
  #mover: Address | undefined;

  constructor({ logs, onHush, onFault = () => undefined }: LogEngineOptions) {
    this.#logs = new Map(
      [...logs].map(([address, log]) => [address, new LogReader(addressName(address), log)]),
    );
    this.#onHush = onHush;
    this.#onFault = onFault;
  }

  /** Wall-clock time since the run began, as far as the actors have asked for it. */
  get nowNs(): number {
    return this.#nowNs;
  }

  get moves(): number {
    return this.#moves;
  }

  underWay(from: Address, to: Address): number {
    return this.#post.underWay(from, to);
  }

  /** Then whoever is furthest behind goes first, so that what is seen comes in the order of time, as far as one knows. */
  observe(observer: Observer): void {
    this.#observers = [...this.#observers, observer];
  }

  add(actor: Actor): void {
    const reception = new Reception(actor, (to, message) => this.#send(actor.address, to, message));
    this.#players.push({ actor, reception, log: this.#logOf(actor.address) });
  }

  portsFor(from: Address): Ports {
    const log = this.#logOf(from);
    return {
      send: (to, message) => this.#send(from, to, message),
      post: (to, message) => {
        this.#post.post(from, to, message);
        this.#tellSent(from, to, message);
      },
      flush: (to) => this.#post.flush(from, to),
      room: () => log.value(),
      nowNs: () => {
        // A card that somebody looks at in another one's move was not asked when the run was recorded.
        if (this.#mover !== undefined && this.#mover !== from) return this.#nowNs;
        const nowNs = log.value();
        this.#clocks.set(from, nowNs);
        this.#nowNs = Math.max(this.#nowNs, nowNs);
        return nowNs;
      },
      setTimer: () => undefined,
      onStep: (...step) => {
        for (const observer of this.#observers) observer.stepped?.(from, ...step);
      },
    };
  }

  /** Plays every log to its end. Throws DIVERGED when what a log wants does not come. */
  run(): void {
    if (this.#observers.length === 0) while (this.#round());
    else while (this.#inTurn());
    const stuck = this.#players.find(({ log }) => log.next !== undefined);
    if (stuck !== undefined) {
      const { next } = stuck.log;
      const wanted =
        next !== undefined && "from" in next ? `a message of ${addressName(next.from)}` : "a step";
      throw new VpioError(
        "DIVERGED",
        `${addressName(stuck.actor.address)} waits for ${wanted} that does not come`,
      );
    }
    const quiet = this.#players.find(({ log }) => log.unasked > 0);
    if (quiet !== undefined) {
      throw new VpioError(
        "DIVERGED",
        `${addressName(quiet.actor.address)} asks less than it did when it was recorded`,
      );
    }
  }

  /** Lets each actor go as far as it can; false when none could move. */
  #round(): boolean {
    let moved = false;
    for (const player of this.#players) while (this.#play(player)) moved = true;
    return moved;
  }

  /** Lets the actor that is furthest behind do one thing; false when none could. */
  #inTurn(): boolean {
    const clockOf = ({ actor }: Player): number => this.#clocks.get(actor.address) ?? 0;
    return [...this.#players].sort((a, b) => clockOf(a) - clockOf(b)).some((player) => this.#play(player));
  }

  #send(from: Address, to: Address, message: Message): void {
    this.#post.send(from, to, message);
    this.#tellSent(from, to, message);
  }

  #tellSent(from: Address, to: Address, message: Message): void {
    for (const observer of this.#observers) observer.sent?.(from, to, message);
  }

  #play({ actor, reception, log }: Player): boolean {
    const event = log.next;
    if (event === undefined) return false;
    this.#mover = actor.address;
    switch (event.kind) {
      case "deliver":
      case "twice":
      case "lose":
      case "delay": {
        const { kind, from } = event;
        const message = this.#post.take(from, actor.address);
        if (message === undefined) return false;
        if (kind !== "deliver") this.#onFault(...faultOf(kind, from, actor.address, message));
        const arrival: Move = { kind: "deliver", from, to: actor.address, type: message.type };
        this.#seen(arrival, message, () => reception.take(kind, from, message));
        break;
      }
      case "late":
      case "raised":
      case "lowered": {
        const { kind, from } = event;
        if (kind === "late" && reception.lateOf(from) === 0) return false;
        if (kind === "raised") this.#onFault("irq-spurious", from);
        const arrival: Move = { kind: "deliver", from, to: actor.address, type: "irq" };
        this.#seen(arrival, undefined, () => void reception.add(kind, from));
        break;
      }
      case "steps": {
        const step: Move = { kind: "step", actor: actor.address };
        for (let i = 0; i < event.count; i++) this.#seen(step, undefined, () => actor.step());
        break;
      }
      case "timer": {
        const timer: Move = { kind: "timer", actor: actor.address, id: event.id };
        this.#seen(timer, undefined, () => actor.deliver(actor.address, { type: "timer", id: event.id }));
        break;
      }
      case "hush":
        this.#onHush();
        break;
    }
    log.advance();
    return true;
  }

  /** Makes a move before the observer's eyes. */
  #seen(move: Move, message: Message | undefined, make: () => void): void {
    this.#moves++;
    for (const observer of this.#observers) observer.begins?.(move, message);
    make();
    for (const observer of this.#observers) observer.ends?.(move);
  }

  #logOf(address: Address): LogReader {
    const log = this.#logs.get(address);
    if (log === undefined) throw new VpioError("DIVERGED", `the recording has no ${addressName(address)}`);
    return log;
  }
}

/** The fault that did this to a message, and whom it struck. */
function faultOf(
  how: Exclude<Taking, "deliver">,
  from: Address,
  to: Address,
  message: Message,
): readonly [kind: FaultKind, victim: Address] {
  switch (how) {
    case "twice":
      return ["frame-doubled", to];
    case "delay":
      return ["irq-late", from];
    case "lose":
      return message.type === "irq" ? ["irq-lost", from] : ["frame-lost", to];
  }
}
