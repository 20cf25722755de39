/**
 * Runs actors by their logs, on one thread: each takes what it took in the recorded run, in that order, as soon as it is
 * there. Between actors any order that the logs allow gives the same run, so none has to be remembered.
 */
import { VpioError } from "../base/errors.ts";
import type { Actor, Ports } from "../machine/actor.ts";
import { type Address, addressName } from "../protocol/address.ts";
import { Post } from "./post.ts";
import { Reception } from "./reception.ts";
import { type ActorLog, LogReader } from "./recording.ts";

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

  /** `onHush` is what the recorded engine did when it told the wire that the run comes to its end. */
  constructor(logs: ReadonlyMap<Address, ActorLog>, onHush: () => void) {
    this.#logs = new Map(
      [...logs].map(([address, log]) => [address, new LogReader(addressName(address), log)]),
    );
    this.#onHush = onHush;
  }

  add(actor: Actor): void {
    const reception = new Reception(actor, (to, message) => this.#post.send(actor.address, to, message));
    this.#players.push({ actor, reception, log: this.#logOf(actor.address) });
  }

  portsFor(from: Address): Ports {
    const log = this.#logOf(from);
    return {
      send: (to, message) => this.#post.send(from, to, message),
      post: (to, message) => this.#post.post(from, to, message),
      flush: (to) => this.#post.flush(from, to),
      room: () => log.value(),
      nowNs: () => log.value(),
      setTimer: () => undefined,
    };
  }

  /** Plays every log to its end. Throws DIVERGED when what a log wants does not come. */
  run(): void {
    while (this.#round());
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

  #play({ actor, reception, log }: Player): boolean {
    const event = log.next;
    if (event === undefined) return false;
    switch (event.kind) {
      case "deliver":
      case "twice":
      case "lose":
      case "delay": {
        const message = this.#post.take(event.from, actor.address);
        if (message === undefined) return false;
        reception.take(event.kind, event.from, message);
        break;
      }
      case "late":
      case "raised":
      case "lowered":
        if (!reception.add(event.kind, event.from)) return false;
        break;
      case "steps":
        for (let i = 0; i < event.count; i++) actor.step();
        break;
      case "timer":
        actor.deliver(actor.address, { type: "timer", id: event.id });
        break;
      case "hush":
        this.#onHush();
        break;
    }
    log.advance();
    return true;
  }

  #logOf(address: Address): LogReader {
    const log = this.#logs.get(address);
    if (log === undefined) throw new VpioError("DIVERGED", `the recording has no ${addressName(address)}`);
    return log;
  }
}
