/** The seeded engine by itself: moves, virtual time, and what can be done to actors. */
import { describe, expect, it } from "vitest";
import { cardId, guestId } from "../../src/base/ids.ts";
import { moveNs } from "../../src/engine/costs.ts";
import type { Move } from "../../src/engine/scheduler.ts";
import { SeededEngine } from "../../src/engine/seeded.ts";
import type { Actor, Ports } from "../../src/machine/actor.ts";
import { type Address, arbiterAddress, guestAddress, nicAddress } from "../../src/protocol/address.ts";
import type { Message } from "../../src/protocol/messages.ts";
import { SYNC } from "../../src/protocol/operation.ts";

const COSTS = { exitNs: 1000, modelNs: 100, ioNs: 10, restoreNs: 5, stepNs: 1 };
const GUEST = guestAddress(guestId(0));
const NIC = nicAddress(cardId(0));
const ARBITER = arbiterAddress(cardId(0));
const first = { name: "first", choose: () => 0 };

/** An actor that notes what reaches it. */
class Recorder implements Actor {
  readonly stateName = "";
  readonly address: Address;
  readonly taken: string[] = [];
  readonly #engine: SeededEngine;
  readonly ports: Ports;
  runnable = false;

  constructor(engine: SeededEngine, address: Address) {
    this.address = address;
    this.#engine = engine;
    this.ports = engine.portsFor(address);
    engine.add(this);
  }

  deliver(_from: Address, message: Message): void {
    const detail = message.type === "ioDone" ? ` ${message.value}` : "";
    this.taken.push(`${this.#engine.nowNs} ${message.type}${detail}`);
  }

  step(): void {
    this.taken.push(`${this.#engine.nowNs} step`);
    this.runnable = false;
  }
}

const ioDone = (value: number): Message => ({ type: "ioDone", value });

function drain(engine: SeededEngine): void {
  while (engine.move());
}

describe("costs", () => {
  const deliver = (from: Address, type: Message["type"]): Move => ({ kind: "deliver", from, to: NIC, type });
  const io: Message = { type: "io", epoch: 1, posted: 0, ...SYNC, count: 16 };

  it("charges exits with the model's update, and each unit of a string operation", () => {
    expect(moveNs(COSTS, deliver(GUEST, "exit"), { type: "exit", ...SYNC })).toBe(1100);
    expect(moveNs(COSTS, deliver(NIC, "irq"), { type: "irq", level: 1 })).toBe(1100);
    expect(moveNs(COSTS, deliver(GUEST, "io"), io)).toBe(160);
    expect(moveNs(COSTS, deliver(ARBITER, "io"), io)).toBe(80);
    expect(moveNs(COSTS, deliver(ARBITER, "io"), { ...io, count: 0 })).toBe(5);
    expect(moveNs(COSTS, { kind: "step", actor: GUEST }, undefined)).toBe(1);
  });
});

describe("messages", () => {
  it("come in the order of each sender, and posted ones not before they are published", () => {
    const engine = new SeededEngine(first, COSTS);
    const [guest, nic] = [new Recorder(engine, GUEST), new Recorder(engine, NIC)];
    nic.ports.post(GUEST, ioDone(1));
    expect(engine.move()).toBe(false);
    nic.ports.send(GUEST, ioDone(2));
    drain(engine);
    expect(guest.taken).toEqual(["1 ioDone 1", "2 ioDone 2"]);
    expect(engine.moves).toBe(2);
  });

  it("to somebody removed are lost, and what it had not published is lost with it", () => {
    const engine = new SeededEngine(first, COSTS);
    const [guest, nic] = [new Recorder(engine, GUEST), new Recorder(engine, NIC)];
    nic.ports.send(GUEST, ioDone(1));
    guest.ports.send(NIC, ioDone(2));
    guest.ports.post(NIC, ioDone(3));
    engine.remove(GUEST);
    nic.ports.send(GUEST, ioDone(4));
    drain(engine);
    expect(guest.taken).toEqual([]);
    expect(nic.taken).toEqual(["1 ioDone 2"]);
    expect(nic.ports.room(GUEST)).toBe(256);
  });

  it("can be replaced on their way, posted or not", () => {
    const engine = new SeededEngine(first, COSTS);
    const [guest, nic] = [new Recorder(engine, GUEST), new Recorder(engine, NIC)];
    engine.interpose({
      pass: (_from, _to, message) =>
        message.type === "ioDone" ? Array(message.value).fill(message) : [message],
      strikes: () => false,
    });
    nic.ports.post(GUEST, ioDone(2));
    nic.ports.send(GUEST, ioDone(0));
    drain(engine);
    expect(guest.taken).toEqual(["1 ioDone 2", "2 ioDone 2"]);
  });
});

describe("time", () => {
  it("passes by itself when nothing can move, to the first timer", () => {
    const engine = new SeededEngine(first, COSTS);
    const guest = new Recorder(engine, GUEST);
    guest.ports.setTimer(1, 500);
    guest.ports.setTimer(2, 300);
    guest.ports.setTimer(1, 400);
    guest.ports.setTimer(3, 200);
    guest.ports.setTimer(3, undefined);
    drain(engine);
    expect(guest.taken).toEqual(["301 timer", "401 timer"]);
  });

  it("calls actions between two moves, and passes for them", () => {
    const engine = new SeededEngine(first, COSTS);
    const guest = new Recorder(engine, GUEST);
    engine.at(50, () => engine.inject(NIC, GUEST, ioDone(7)));
    drain(engine);
    expect(guest.taken).toEqual(["51 ioDone 7"]);
  });

  it("keeps a stalled actor from everything until then", () => {
    const engine = new SeededEngine(first, COSTS);
    const [guest, nic] = [new Recorder(engine, GUEST), new Recorder(engine, NIC)];
    nic.ports.send(GUEST, ioDone(1));
    guest.ports.setTimer(1, 20);
    guest.ports.send(NIC, ioDone(2));
    guest.runnable = true;
    engine.stall(GUEST, 100);
    drain(engine);
    expect(nic.taken).toEqual(["1 ioDone 2"]);
    expect(guest.taken).toEqual(["101 ioDone 1", "102 step", "103 timer"]);
  });
});
