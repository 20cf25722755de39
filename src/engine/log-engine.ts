/**
 * Runs actors by their logs, on one thread: each takes what it took in the recorded run, in that order, as soon as it is
 * there. Between actors any order that the logs allow gives the same run, so none has to be remembered.
 */
import { VpioError } from "../base/errors.ts";
import type { Actor, Ports } from "../machine/actor.ts";
import { type Address, addressName } from "../protocol/address.ts";
import type { Message } from "../protocol/messages.ts";
import { Post } from "./post.ts";
import { Reception } from "./reception.ts";
import { type ActorLog, LogReader } from "./recording.ts";
import type { Move } from "./scheduler.ts";
import type { Observer } from "./seeded.ts";

interface Player {
  readonly actor: Actor;
  readonly reception: Reception;
  readonly log: LogReader;
}

export class LogEngine {
  readonly #logs: ReadonlyMap<Address, LogReader>;
  readonly #players: Player[] = [];
  readonly #post = new Post();
  readonly #onHush: () => void;
  /** What each actor has last read off its clock. */
  readonly #clocks = new Map<Address, number>();
  #observer: Observer | undefined;
  #nowNs = 0;

  /** `onHush` is what the recorded engine did when it told the wire that the run comes to its end. */
  constructor(logs: ReadonlyMap<Address, ActorLog>, onHush: () => void) {
    this.#logs = new Map(
      [...logs].map(([address, log]) => [address, new LogReader(addressName(address), log)]),
    );
    this.#onHush = onHush;
  }

  /** Wall-clock time since the run began, as far as the actors have asked for it. */
  get nowNs(): number {
    return this.#nowNs;
  }

  /** Then whoever is furthest behind goes first, so that what is seen comes in the order of time, as far as one knows. */
  observe(observer: Observer): void {
    this.#observer = observer;
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
        this.#observer?.sent?.(from, to, message);
      },
      flush: (to) => this.#post.flush(from, to),
      room: () => log.value(),
      nowNs: () => {
        const nowNs = log.value();
        this.#clocks.set(from, nowNs);
        this.#nowNs = Math.max(this.#nowNs, nowNs);
        return nowNs;
      },
      setTimer: () => undefined,
      onStep: (...step) => this.#observer?.stepped?.(from, ...step),
    };
  }

  /** Plays every log to its end. Throws DIVERGED when what a log wants does not come. */
  run(): void {
    if (this.#observer === undefined) while (this.#round());
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
    this.#observer?.sent?.(from, to, message);
  }

  #play({ actor, reception, log }: Player): boolean {
    const event = log.next;
    if (event === undefined) return false;
    switch (event.kind) {
      case "deliver":
      case "twice":
      case "lose":
      case "delay": {
        const { kind, from } = event;
        const message = this.#post.take(from, actor.address);
        if (message === undefined) return false;
        const arrival: Move = { kind: "deliver", from, to: actor.address, type: message.type };
        this.#seen(arrival, message, () => reception.take(kind, from, message));
        break;
      }
      case "late":
      case "raised":
      case "lowered": {
        const { kind, from } = event;
        if (kind === "late" && reception.lateOf(from) === 0) return false;
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
    this.#observer?.begins?.(move, message);
    make();
    this.#observer?.ends?.(move);
  }

  #logOf(address: Address): LogReader {
    const log = this.#logs.get(address);
    if (log === undefined) throw new VpioError("DIVERGED", `the recording has no ${addressName(address)}`);
    return log;
  }
}
