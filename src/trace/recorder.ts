/** Writes the trace of a run: sits at the engine as an observer, looks at the actors after each move, and changes nothing. */
import { ArbiterActor } from "../../actors/arbiter-body.ts";
import { lineAutomaton } from "../../actors/wire.ts";
import type { CardId, GuestId } from "../base/ids.ts";
import { describeMove, type Move, moverOf, type Scheduler } from "../engine/scheduler.ts";
import type { Observer } from "../engine/seeded.ts";
import type { Automaton } from "../machine/automaton.ts";
import { type Address, cardOf, roleOf } from "../protocol/address.ts";
import type { Message } from "../protocol/messages.ts";
import { putBody } from "./body.ts";
import type { TraceHead } from "./head.ts";
import { holdOf } from "./hold-of.ts";
import { headOf, type Stage } from "./stage.ts";
import { MESSAGE_TYPES, NONE, PHASES, Trace, type TraceMove, type TraceNote } from "./trace.ts";

/** Sets of choices that are kept at most, and moves of one set: with very many actors each set is a new one. */
const MAX_CHOICE_SETS = 50_000;
const MAX_CHOICES = 64;

const TYPE_IDS = new Map(MESSAGE_TYPES.map((type, id) => [type, id]));

/** How a line begins; from then on it tells its steps. */
const IDLE_LINE = lineAutomaton.name(lineAutomaton.initial.next);

interface Chosen {
  readonly move: number;
  readonly choices: number;
}

export interface RecorderOptions {
  readonly time?: TraceHead["time"];
  /** Moves that are kept at most: from the first on. */
  readonly maxMoves?: number;
}

export class Recorder implements Observer {
  readonly trace: Trace;
  readonly #stage: Stage;
  readonly #nowNs: () => number;
  /** Index into `head.actors`, by address. */
  readonly #actors: ReadonlyMap<Address, number>;
  /** Index into `head.actors` of each line of the wire. */
  readonly #lines: readonly number[];
  /** Indices of messages under way, by channel, oldest first. */
  readonly #underWay = new Map<number, number[]>();
  readonly #moveIds = new WeakMap<Move, number>();
  readonly #stepIds = new Map<Automaton, Map<string, Map<number, number>>>();
  readonly #states: string[] = [];
  readonly #holds: string[] = [];
  readonly #maxMoves: number;
  #chosen: Chosen | undefined;
  /** Moves that were not kept, behind the last one that was. */
  #beyond = 0;

  /** Of a run that has been built and has not begun. */
  constructor(
    stage: Stage,
    nowNs: () => number,
    { time = "virtual", maxMoves = Number.POSITIVE_INFINITY }: RecorderOptions = {},
  ) {
    this.trace = new Trace(headOf(stage.scenario, stage.devices, time));
    this.#maxMoves = maxMoves;
    this.#stage = stage;
    this.#nowNs = nowNs;
    const { actors } = this.trace.head;
    this.#actors = new Map(
      actors.flatMap(({ address }, index) => (address === undefined ? [] : [[address as Address, index]])),
    );
    this.#lines = [...actors.keys()].filter((index) => actors[index]?.role === "line");
    this.#lookAround();
  }

  /** The same scheduler; what it could choose from is kept. */
  listening(scheduler: Scheduler): Scheduler {
    return {
      name: scheduler.name,
      choose: (moves) => {
        const index = scheduler.choose(moves);
        const move = moves[index];
        if (move !== undefined) this.#choose(move, moves);
        return index;
      },
    };
  }

  readonly begins = (move: Move, message: Message | undefined): void => {
    const { move: what, choices } = this.#chosen ?? { move: this.#moveId(move), choices: 0 };
    this.#chosen = undefined;
    if (this.trace.length >= this.#maxMoves) {
      this.#beyond++;
      return;
    }
    if (this.trace.length === 0) this.#lookAround();
    const delivered = move.kind === "deliver" && message !== undefined ? this.#taken(move.from, move.to) : 0;
    this.trace.move(this.#nowNs(), what, choices, delivered);
  };

  readonly sent = (from: Address, to: Address, message: Message): void => {
    if (this.#beyond > 0) return;
    const { trace } = this;
    const channel = trace.channelTable.id({ from: this.#index(from), to: this.#index(to) });
    const queue = this.#underWay.get(channel) ?? [];
    this.#underWay.set(channel, queue);
    queue.push(trace.types.length);
    const body = trace.words.length;
    putBody(trace.words, message);
    trace.message(trace.length, channel, TYPE_IDS.get(message.type) ?? 0, body);
  };

  readonly stepped = (
    actor: Address,
    automaton: Automaton,
    from: number,
    event: string,
    to: number,
    part?: number,
  ): void => {
    if (this.#beyond > 0) return;
    const index = part === undefined ? this.#index(actor) : (this.#lines[part] ?? NONE);
    this.trace.step(this.trace.length, index, this.#stepId(automaton, from, event, to));
    this.#states[index] = automaton.name(to);
  };

  readonly ends = (move: Move): void => {
    if (this.#beyond > 0) return;
    const mover = moverOf(move);
    const role = roleOf(mover);
    if (role === "wire")
      for (const { stateName } of this.#stage.wire.actors) this.#state(this.#index(mover), stateName);
    if (role === "arbiter") this.#lookAtModels(cardOf(mover));
    if (role === "arbiter" || role === "nic") this.#lookAtCard(cardOf(mover));
  };

  /** A move as the trace names it. */
  describe(move: Move): TraceMove {
    return {
      kind: move.kind,
      who: this.#index(moverOf(move)),
      from: move.kind === "deliver" ? this.#index(move.from) : NONE,
      type: move.kind === "deliver" ? move.type : undefined,
      timer: move.kind === "timer" ? move.id : NONE,
      text: describeMove(move),
    };
  }

  /** Moves of the run that the trace has not. */
  get beyond(): number {
    return this.#beyond;
  }

  /** Something that somebody else knows of the run. */
  note(note: TraceNote): void {
    this.trace.notes.push(note);
  }

  #choose(move: Move, moves: readonly Move[]): void {
    if (this.#chosen !== undefined) this.#calledOff(this.#chosen);
    this.#chosen = { move: this.#moveId(move), choices: this.#choiceId(moves) };
  }

  /** A fault has struck the actor of a move that had been chosen: it never began. */
  #calledOff({ move, choices }: Chosen): void {
    this.trace.move(this.#nowNs(), move, choices, 0);
    const what = this.trace.moveTable.get(move)?.text ?? "a move";
    this.note({
      kind: "fault",
      move: this.trace.length,
      text: `a fault strikes instead: ${what}`,
      property: undefined,
      because: undefined,
      guest: undefined,
    });
  }

  #choiceId(moves: readonly Move[]): number {
    const { choiceTable } = this.trace;
    if (moves.length > MAX_CHOICES || choiceTable.length >= MAX_CHOICE_SETS) return 0;
    return choiceTable.id(moves.map((move) => this.#moveId(move))) + 1;
  }

  #moveId(move: Move): number {
    const known = this.#moveIds.get(move);
    if (known !== undefined) return known;
    const id = this.trace.moveTable.id(this.describe(move));
    this.#moveIds.set(move, id);
    return id;
  }

  #stepId(automaton: Automaton, from: number, event: string, to: number): number {
    const events = this.#stepIds.get(automaton) ?? new Map<string, Map<number, number>>();
    this.#stepIds.set(automaton, events);
    const pairs = events.get(event) ?? new Map<number, number>();
    events.set(event, pairs);
    const pair = from * 65_536 + to;
    const known = pairs.get(pair);
    if (known !== undefined) return known;
    const id = this.trace.stepTable.id({ from: automaton.name(from), event, to: automaton.name(to) });
    pairs.set(pair, id);
    return id;
  }

  /** The number, from 1, of the message that arrives. */
  #taken(from: Address, to: Address): number {
    const channel = this.trace.channelTable.id({ from: this.#index(from), to: this.#index(to) });
    const index = this.#underWay.get(channel)?.shift();
    return index === undefined ? 0 : index + 1;
  }

  /** Before the first move: the actors as they were built, and as they have begun. */
  #lookAround(): void {
    for (const { stateName, address } of this.#everybody()) this.#state(this.#index(address), stateName);
    for (const line of this.#lines) this.#state(line, this.#states[line] ?? IDLE_LINE);
    for (const { id } of this.#stage.scenario.cards) this.#lookAtCard(id);
  }

  #lookAtModels(card: CardId): void {
    const arbiter = this.#stage.arbiters.actors[card];
    if (!(arbiter instanceof ArbiterActor)) return;
    const models = arbiter.models();
    for (const [index, { role, card: of, guest }] of this.trace.head.actors.entries()) {
      if (role !== "model" || of !== card) continue;
      this.#state(index, models.get(guest as GuestId)?.stateName ?? "");
    }
  }

  /** The state of something that does not tell its steps. */
  #state(index: number, to: string): void {
    const from = this.#states[index] ?? "";
    if (from === to) return;
    this.#states[index] = to;
    this.trace.step(this.trace.length, index, this.trace.stepTable.id({ from, event: "", to }));
  }

  #lookAtCard(card: CardId): void {
    const { owner, holder, phase } = holdOf(this.#stage, card);
    const key = `${owner} ${holder} ${phase}`;
    if (this.#holds[card] === key) return;
    this.#holds[card] = key;
    this.trace.hold(this.trace.length, card, owner ?? NONE, holder ?? NONE, PHASES.indexOf(phase));
  }

  #everybody() {
    const { guests, nics, arbiters, wire } = this.#stage;
    return [
      ...guests.map(({ actor }) => actor),
      ...nics.map(({ actor }) => actor),
      ...arbiters.actors,
      ...wire.actors,
    ];
  }

  #index(address: Address): number {
    return this.#actors.get(address) ?? NONE;
  }
}
