/** A small trace written by hand: one card, two guests, of which only alice, the card and its arbiter move. */

import type { MappedRegister } from "../../src/devices/register-map.ts";
import type { Message, MessageType } from "../../src/protocol/messages.ts";
import { putBody } from "../../src/trace/body.ts";
import type { TraceActor, TraceHead } from "../../src/trace/head.ts";
import { MESSAGE_TYPES, NONE, PHASES, Trace } from "../../src/trace/trace.ts";

const [ALICE, CARD, ARBITER] = [0, 1, 2];

const register = (name: string, offset: number, bytes: number): MappedRegister => ({
  ...{ name, bytes },
  places: [{ offset, pages: undefined, reads: true, writes: true }],
});

const HEAD: TraceHead = {
  scenario: "made-up",
  description: "",
  mode: "vpio",
  seed: 0,
  time: "virtual",
  actors: [
    { name: "alice", address: 0, role: "guest", chart: undefined, card: 0, guest: 0 },
    { name: "card0", address: 1 << 16, role: "nic", chart: undefined, card: 0, guest: undefined },
    {
      name: "arbiter of card0",
      address: 2 << 16,
      role: "arbiter",
      chart: undefined,
      card: 0,
      guest: undefined,
    },
    {
      name: "model of card0 for alice",
      address: undefined,
      role: "model",
      chart: undefined,
      card: 0,
      guest: 0,
    },
  ],
  cards: [
    {
      name: "card0",
      kind: "rtl8139",
      ioBase: 0xc000,
      registers: [register("CR", 0x37, 1), register("IMR", 0x3c, 2), register("ISR", 0x3e, 2)],
      paging: undefined,
    },
  ],
  guests: [
    { name: "alice", card: 0, mac: "02:00:00:00:00:01" },
    { name: "bob", card: 0, mac: "02:00:00:00:00:02" },
  ],
  charts: [],
};

/** A writer of moves, 100 ns each. */
export class MadeUp {
  readonly trace: Trace;

  constructor(head: TraceHead = HEAD) {
    this.trace = new Trace(head);
  }

  send(from: number, to: number, message: Message): number {
    const { trace } = this;
    const body = trace.words.length;
    putBody(trace.words, message);
    const type = MESSAGE_TYPES.indexOf(message.type);
    trace.message(trace.length, trace.channelTable.id({ from, to }), type, body);
    return trace.types.length - 1;
  }

  step(who: number): void {
    this.#move(
      { kind: "step", who, from: NONE, type: undefined, timer: NONE, text: `${who} steps` },
      undefined,
    );
  }

  /** Delivers a message that was sent; `instead`: others that could have come. */
  deliver(from: number, to: number, message: number, instead: readonly MessageType[] = []): void {
    const type = MESSAGE_TYPES[this.trace.types.at(message)];
    const moveOf = (of: MessageType | undefined) => ({
      kind: "deliver" as const,
      ...{ who: to, from, type: of, timer: NONE, text: `${to} receives ${of} from ${from}` },
    });
    const others = instead.map((other) => this.trace.moveTable.id(moveOf(other)));
    this.#move(moveOf(type), message, others);
  }

  hold(owner: number, holder: number, phase: (typeof PHASES)[number]): void {
    this.trace.hold(this.trace.length, 0, owner, holder, PHASES.indexOf(phase));
  }

  #move(
    what: Parameters<Trace["moveTable"]["id"]>[0],
    message: number | undefined,
    others: readonly number[] = [],
  ): void {
    const { trace } = this;
    const id = trace.moveTable.id(what);
    const choices = trace.choiceTable.id([id, ...others]) + 1;
    trace.move((trace.length + 1) * 100, id, choices, message === undefined ? 0 : message + 1);
  }
}

export const RESUME: Message = { type: "resume", value: 7 };
export const exitAt = (port: number): Message => ({
  type: "exit",
  ...{ form: 0, port, width: 1, value: 0, count: 1, address: 0 },
});
export const ioTo = (port: number, value: number, form = 1, width = 1): Message => ({
  type: "io",
  ...{ epoch: 1, posted: 0, form, port, width, value, count: 1, address: 0 },
});

interface Choice {
  /** The card takes alice's operations while it is bob's. */
  readonly contested?: boolean;
  /** Owners that follow each other, one a move, in place of the ten moves. */
  readonly turns?: number;
}

/** Ten moves: alice exits and is answered, the arbiter touches the card, the card goes from alice to bob. */
export function madeUpTrace({ contested = false, turns }: Choice = {}): Trace {
  const made = new MadeUp();
  made.hold(NONE, NONE, "free");
  if (turns !== undefined) {
    for (let turn = 0; turn < turns; turn++) {
      made.step(ARBITER);
      made.hold(turn % 2, turn % 2, "busy");
    }
    return made.trace;
  }
  made.step(ALICE);
  made.step(ALICE);
  made.hold(0, 0, "busy");
  const exit = made.send(ALICE, ARBITER, exitAt(0xc037));
  made.deliver(ALICE, ARBITER, exit, ["ended"]);
  const resume = made.send(ARBITER, ALICE, RESUME);
  made.step(ARBITER);
  const io = made.send(ARBITER, CARD, ioTo(0x37, 0x0c));
  made.deliver(ARBITER, ALICE, resume);
  made.hold(1, contested ? 0 : NONE, "restoring");
  made.step(CARD);
  made.send(CARD, ARBITER, { type: "irq", level: 1 });
  made.deliver(ARBITER, CARD, io);
  made.hold(1, 1, "busy");
  for (let i = 0; i < 3; i++) made.step(ALICE);
  return made.trace;
}

/** A run of guests of those names, who step in that order. */
export function steppedBy(names: readonly string[], order: readonly string[]): Trace {
  const actors = names.map((name, guest): TraceActor => {
    return { name, address: guest, role: "guest", chart: undefined, card: 0, guest };
  });
  const made = new MadeUp({ ...HEAD, actors });
  for (const name of order) made.step(names.indexOf(name));
  return made.trace;
}
