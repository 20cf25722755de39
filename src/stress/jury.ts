/** All oracles of one run: sits at its taps, and calls each oracle for what it listens to. */
import { type CardId, cardId, type GuestId } from "../base/ids.ts";
import { type Move, moverOf } from "../engine/scheduler.ts";
import type { Observer } from "../engine/seeded.ts";
import type { MakeSilicon, Taps } from "../engine/taps.ts";
import type { WatchedRun } from "../engine/watched-run.ts";
import { isPortOp, type Program, type Width } from "../hardware/cpu.ts";
import { littleEndian } from "../hardware/little-endian.ts";
import type { Software } from "../hardware/processor.ts";
import type { Silicon, Slot } from "../hardware/silicon.ts";
import {
  type Address,
  addressName,
  arbiterAddress,
  cardOf,
  guestOf,
  roleOf,
  uplinkOf,
} from "../protocol/address.ts";
import type { Message } from "../protocol/messages.ts";
import type { Strike } from "./fault-plan.ts";
import type { Ending, Incident, Oracle, Scene, Violation, Witness } from "./oracles/oracle.ts";
import { noSightings, type Sightings, sightingsOf } from "./sightings.ts";

/** What every actor says of itself, when it must. */
const ACTORS: Pick<Oracle, "name" | "property"> = { name: "actors", property: 0 };

type Listeners = { readonly [Event in keyof Witness]-?: readonly NonNullable<Witness[Event]>[] };

const NOBODY_LISTENS: Listeners = {
  sent: [],
  begins: [],
  ends: [],
  port: [],
  dma: [],
  received: [],
  issued: [],
  answered: [],
  frame: [],
  handoff: [],
  stopped: [],
  struck: [],
  over: [],
  awaits: [],
};

export class Jury {
  readonly #oracles: readonly Oracle[];
  readonly #strikes: Strike[] = [];
  readonly #wedged = new Set<GuestId>();
  readonly #sightings = noSightings();
  #listeners = NOBODY_LISTENS;
  #accuse: Scene["accuse"] = () => undefined;
  #nameOf: Scene["nameOf"] = addressName;
  #mover: Address | undefined;
  readonly #violations: Violation[] = [];
  readonly #seated: Oracle[] = [];
  /** Whose message is being taken. */
  #by: Address = arbiterAddress(cardId(0));

  constructor(oracles: readonly Oracle[]) {
    this.#oracles = oracles;
  }

  /** The first violation; undefined while there is none. */
  get violation(): Violation | undefined {
    return this.#violations[0];
  }

  /** The first of each oracle, as they came: what comes after the first of all may well follow from it. */
  get violations(): readonly Violation[] {
    return this.#violations;
  }

  /** Those oracles that watch anything: some know what to ask only in mode vpio. */
  get seated(): readonly Oracle[] {
    return this.#seated;
  }

  get sightings(): Sightings {
    return this.#sightings;
  }

  /** The faults so far. */
  get strikes(): readonly Strike[] {
    return this.#strikes;
  }

  /** For the building of the run. */
  get taps(): Taps {
    return {
      onFrame: (frame) => {
        for (const listen of this.#listeners.frame) listen(frame);
      },
      onHandoff: (card, record) => {
        if (record.what === "wedged") this.#wedged.add(record.guest);
        for (const listen of this.#listeners.handoff) listen(card, record);
      },
      onViolation: (guest, request) => {
        for (const listen of this.#listeners.stopped) listen(guest, request);
      },
      silicon: (card, make) => this.#watchCard(card, make),
      software: (guest, software) => this.#watchSoftware(guest, software),
    };
  }

  /** Takes its seat at `run`, which has been built with its taps and has not begun. */
  attend(run: WatchedRun): void {
    const witnesses: Witness[] = [];
    for (const oracle of this.#oracles) {
      const witness = oracle.watch(this.#sceneOf(oracle, run));
      witnesses.push(witness);
      if (Object.keys(witness).length > 0) this.#seated.push(oracle);
    }
    witnesses.push(sightingsOf(this.#sceneOf(ACTORS, run), this.#sightings));
    const { accuse, nameOf } = this.#sceneOf(ACTORS, run);
    this.#accuse = accuse;
    this.#nameOf = nameOf;
    const all = <Event extends keyof Witness>(event: Event): Listeners[Event] =>
      witnesses.flatMap((witness) => {
        const listener = witness[event];
        return listener === undefined ? [] : [listener];
      }) as unknown as Listeners[Event];
    const events = Object.keys(NOBODY_LISTENS) as (keyof Witness)[];
    this.#listeners = Object.fromEntries(events.map((event) => [event, all(event)])) as unknown as Listeners;
    run.engine.observe(this.#observer());
  }

  readonly strike = (strike: Strike, victim: Address): void => {
    this.#strikes.push(strike);
    for (const listen of this.#listeners.struck) listen(strike.kind, victim);
  };

  /** An actor has thrown `error` in the middle of a move. */
  actorFailed(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#accuse(`${this.#mover === undefined ? "an actor" : this.#nameOf(this.#mover)} failed: ${message}`);
  }

  /** True while an oracle waits for something that is under way. */
  get awaits(): boolean {
    return this.#listeners.awaits.some((awaits) => awaits());
  }

  /** The run is over. */
  close(ending: Ending): void {
    for (const listen of this.#listeners.over) listen(ending);
  }

  #sceneOf({ name, property }: Pick<Oracle, "name" | "property">, run: WatchedRun): Scene {
    const incident = (what: string): Incident => ({ what, atNs: run.engine.nowNs, move: run.engine.moves });
    return {
      run,
      incident,
      nameOf: (address) => nameOf(run, address),
      accuse: (what, because) => {
        if (this.#violations.some(({ oracle }) => oracle === name)) return;
        this.#violations.push({ property, oracle: name, incident: incident(what), because });
      },
      struck: (kind) => this.#strikes.filter((strike) => strike.kind === kind).length,
      hasLostContext: (guest) => this.#wedged.has(guest),
    };
  }

  #observer(): Observer {
    const { sent, begins, ends } = this.#listeners;
    return {
      sent: (from, to, message) => {
        for (const listen of sent) listen(from, to, message);
      },
      begins: (move: Move, message: Message | undefined) => {
        this.#mover = moverOf(move);
        if (move.kind === "deliver") this.#by = move.from;
        for (const listen of begins) listen(move, message);
      },
      ends: (move) => {
        for (const listen of ends) listen(move);
      },
    };
  }

  #watchCard(card: CardId, make: MakeSilicon): MakeSilicon {
    return (slot) => {
      const silicon = make(this.#watchedSlot(card, slot));
      return this.#watchedSilicon(card, silicon);
    };
  }

  #watchedSlot(card: CardId, slot: Slot): Slot {
    const dma = (write: boolean, address: number, bytes: number): void => {
      for (const listen of this.#listeners.dma) listen(card, write, address, bytes);
    };
    return {
      dmaRead: (address, into) => {
        dma(false, address, into.length);
        slot.dmaRead(address, into);
      },
      dmaWrite: (address, from) => {
        dma(true, address, from.length);
        slot.dmaWrite(address, from);
      },
      setInterrupt: (level) => slot.setInterrupt(level),
      transmit: (frame) => slot.transmit(frame),
      nowNs: () => slot.nowNs(),
      wakeAt: (atNs) => slot.wakeAt(atNs),
    };
  }

  #watchedSilicon(card: CardId, silicon: Silicon): Silicon {
    const port = (write: boolean, offset: number, value: number): void => {
      for (const listen of this.#listeners.port) listen(card, this.#by, write, offset, value);
    };
    return {
      portBytes: silicon.portBytes,
      ...(silicon.readString !== undefined && {
        readString: (offset: number, width: Width, into: Uint8Array) => {
          port(false, offset, 0);
          silicon.readString?.(offset, width, into);
        },
      }),
      ...(silicon.writeString !== undefined && {
        writeString: (offset: number, width: Width, from: Uint8Array) => {
          port(true, offset, littleEndian(from, 0, width));
          silicon.writeString?.(offset, width, from);
        },
      }),
      readPort: (offset, width) => {
        port(false, offset, 0);
        return silicon.readPort(offset, width);
      },
      writePort: (offset, width, value) => {
        port(true, offset, value);
        silicon.writePort(offset, width, value);
      },
      receive: (frame) => {
        const outcome = silicon.receive(frame);
        for (const listen of this.#listeners.received) listen(card, frame, outcome);
        return outcome;
      },
      transmitted: () => silicon.transmitted(),
      timer: () => silicon.timer(),
      reset: () => silicon.reset(),
    };
  }

  #watchSoftware(guest: GuestId, software: Software): Software {
    const watch = (program: () => Program<void>) => () => this.#watched(guest, program());
    return { main: watch(() => software.main()), interrupt: watch(() => software.interrupt()) };
  }

  *#watched(guest: GuestId, program: Program<void>): Program<void> {
    let step = program.next(0);
    while (!step.done) {
      const op = step.value;
      const isPort = isPortOp(op);
      if (isPort) for (const listen of this.#listeners.issued) listen(guest, op);
      const answer = yield op;
      if (isPort) for (const listen of this.#listeners.answered) listen(guest, op, answer);
      step = program.next(answer);
    }
  }
}

function nameOf({ scenario }: WatchedRun, address: Address): string {
  switch (roleOf(address)) {
    case "guest":
      return scenario.guests[guestOf(address)]?.name ?? addressName(address);
    case "nic":
      return scenario.cards[cardOf(address)]?.name ?? addressName(address);
    case "arbiter":
      return `the VMM of ${scenario.cards[cardOf(address)]?.name}`;
    case "wire":
      return "the wire";
    case "uplink":
      return scenario.wire.uplinks[uplinkOf(address)]?.name ?? addressName(address);
  }
}
