import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ReceiveStrategy } from "../../actors/arbiter-options.ts";
import { WireActor, type WireOptions } from "../../actors/wire-body.ts";
import type { PortReport } from "../../actors/wire-port.ts";
import { cardId, guestId, uplinkId } from "../../src/base/ids.ts";
import { BROADCAST, type Mac } from "../../src/ethernet/mac.ts";
import type { Actor } from "../../src/machine/actor.ts";
import type { Peer } from "../../src/peers/peer.ts";
import { SinkPeer } from "../../src/peers/sink.ts";
import { type Address, arbiterAddress, nicAddress, uplinkAddress, WIRE } from "../../src/protocol/address.ts";
import type { Message } from "../../src/protocol/messages.ts";
import { Mailbox } from "../support/mailbox.ts";

const NIC = nicAddress(cardId(0));
const ARBITER = arbiterAddress(cardId(0));
const RATE_BITS = 100_000_000;
/** (1500 + 24) bytes at 100 Mbit/s, and the shortest frame, 84 bytes with all that goes with it. */
const LONG_NS = 121_920;
const SHORT_NS = 6_720;

const mac = (last: number): Mac => new Uint8Array([2, 0, 0, 0, 0, last]);
const [A, B, C] = [mac(1), mac(2), mac(3)];
const TALKER = mac(0x70);

/** A frame of `bytes` that carries a number of its own. */
function frame(destination: Mac, source: Mac, tag: number, bytes = 60): Uint8Array {
  const made = new Uint8Array(bytes);
  made.set(destination);
  made.set(source, 6);
  made[14] = tag;
  return made;
}
const tagOf = (bytes: Uint8Array): number => bytes[14] as number;

/** Sends what it is given, one frame after the other, and notes when each has left. */
class StubNic implements Actor {
  readonly address = NIC;
  readonly stateName = "stub";
  readonly runnable = false;
  readonly sentAtNs: number[] = [];
  readonly received: { readonly tag: number; readonly atNs: number }[] = [];
  readonly #mailbox: Mailbox;
  readonly #queue: Uint8Array[] = [];

  constructor(mailbox: Mailbox) {
    this.#mailbox = mailbox;
  }

  get tags(): readonly number[] {
    return this.received.map(({ tag }) => tag);
  }

  transmit(...frames: readonly Uint8Array[]): void {
    const idle = this.#queue.length === 0;
    this.#queue.push(...frames);
    if (idle) this.#next();
  }

  step(): void {}

  deliver(_from: Address, message: Message): void {
    if (message.type === "frame") {
      this.received.push({ tag: tagOf(message.bytes), atNs: this.#mailbox.nowNs });
    } else {
      this.sentAtNs.push(this.#mailbox.nowNs);
      this.#queue.shift();
      this.#next();
    }
  }

  #next(): void {
    const bytes = this.#queue[0];
    if (bytes !== undefined) this.#mailbox.send(NIC, WIRE, { type: "frame", bytes });
  }
}

/** Says what it was given, when it was given it. */
class Talker implements Peer {
  readonly name = "talker";
  readonly mac = TALKER;
  readonly ip = 1;
  readonly heard: { readonly tag: number; readonly atNs: number }[] = [];
  readonly #plan: { readonly atNs: number; readonly frames: readonly Uint8Array[] }[] = [];

  say(atNs: number, ...frames: readonly Uint8Array[]): void {
    this.#plan.push({ atNs, frames });
  }
  receive(bytes: Uint8Array, atNs: number): readonly Uint8Array[] {
    this.heard.push({ tag: tagOf(bytes), atNs });
    return [];
  }
  nextNs(): number | undefined {
    return this.#plan[0]?.atNs;
  }
  timer(): readonly Uint8Array[] {
    return this.#plan.shift()?.frames ?? [];
  }
  report = () => new SinkPeer(this).report();
}

interface Rig {
  readonly mailbox: Mailbox;
  readonly nic: StubNic;
  readonly talker: Talker;
  readonly wire: WireActor;
  port(): PortReport;
}

interface RigOptions {
  readonly receive?: ReceiveStrategy;
  readonly mode?: WireOptions["mode"];
  readonly guests?: readonly Mac[];
  readonly rateBits?: number;
  readonly bufferFrames?: number;
  readonly holdFrames?: number;
}

function rig(options: RigOptions = {}): Rig {
  const { receive = "hold", mode = "vpio", guests = [A, B], rateBits = RATE_BITS } = options;
  const { bufferFrames = 64, holdFrames = 4 } = options;
  const mailbox = new Mailbox();
  const nic = new StubNic(mailbox);
  const talker = new Talker();
  const card = {
    card: cardId(0),
    rateBits,
    bufferFrames,
    guests: guests.map((one, index) => ({ id: guestId(index), mac: one })),
    receive,
    holdFrames,
  };
  const peer = { peer: talker, rateBits, bufferFrames: 64 };
  const wire = new WireActor({ mode, cards: [card], peers: [peer], ports: mailbox.ports(WIRE) });
  mailbox.add(wire, nic);
  const port = (): PortReport => wire.report().cards.get(cardId(0)) as PortReport;
  return { mailbox, nic, talker, wire, port };
}

/** Tells the wire who holds the card (undefined: nobody), and lets it act on that. */
function hold({ mailbox }: Rig, guest: number | undefined): void {
  mailbox.send(ARBITER, WIRE, { type: "holder", present: guest === undefined ? 0 : 1, guest: guest ?? 0 });
  mailbox.settle();
}

/** Has the talker say this at once, and runs until all of it has arrived. */
function tell(to: Rig, ...frames: readonly Uint8Array[]): void {
  to.talker.say(to.mailbox.nowNs, ...frames);
  to.wire.start();
  to.mailbox.run(to.mailbox.nowNs + 10_000_000);
}

/** Everything the switch had for the port is somewhere. */
function expectNothingLost(port: PortReport): void {
  const held = port.guests.reduce((sum, { heldFrames, holdDropped }) => sum + heldFrames + holdDropped, 0);
  const gone = port.outFrames + port.bufferDropped + port.reflectedFrames + port.queuedFrames + held;
  expect(gone).toBe(port.offeredFrames + port.copiedFrames);
}

describe("pacing", () => {
  it("gives each frame the time of its bits, and stores it before it forwards it", () => {
    const { mailbox, nic, talker } = rig();
    nic.transmit(frame(TALKER, A, 1, 1500), frame(TALKER, A, 2, 1500), frame(TALKER, A, 3, 20));
    mailbox.run(1_000_000);
    expect(nic.sentAtNs).toEqual([LONG_NS, 2 * LONG_NS, 2 * LONG_NS + SHORT_NS]);
    expect(talker.heard).toEqual([
      { tag: 1, atNs: 2 * LONG_NS },
      { tag: 2, atNs: 3 * LONG_NS },
      { tag: 3, atNs: 3 * LONG_NS + SHORT_NS },
    ]);
  });

  it("adds no rounding up: at 90 Mbit/s a frame takes 7466 2/3 ns, and three take 22,400", () => {
    const to = rig({ rateBits: 90_000_000, receive: "drop" });
    tell(to, ...[1, 2, 3, 4, 5].map((tag) => frame(A, TALKER, tag)));
    expect(to.nic.received.map(({ atNs }) => atNs)).toEqual([14_934, 22_400, 29_867, 37_334, 44_800]);
  });

  it("starts at once on a line that was idle", () => {
    const { mailbox, nic } = rig();
    nic.transmit(frame(TALKER, A, 1));
    mailbox.run(1_000_000);
    nic.transmit(frame(TALKER, A, 2));
    mailbox.run(2_000_000);
    expect(nic.sentAtNs).toEqual([SHORT_NS, 1_000_000 + SHORT_NS]);
  });

  it("makes up for a timer that comes late", () => {
    const { mailbox, nic } = rig();
    nic.transmit(...[1, 2, 3].map((tag) => frame(TALKER, A, tag, 1500)));
    mailbox.settle();
    mailbox.nowNs = 300_000;
    mailbox.run(1_000_000);
    expect(nic.sentAtNs).toEqual([300_000, 300_000, 3 * LONG_NS]);
  });

  it("shows the lines that are busy", () => {
    const { mailbox, nic, wire } = rig({ guests: [A] });
    expect(wire.stateName).toBe("idle");
    nic.transmit(frame(TALKER, A, 1));
    mailbox.settle();
    expect(wire.stateName).toBe("from nic 0 sending");
    mailbox.run(SHORT_NS);
    expect(wire.stateName).toBe("to talker sending");
  });
});

describe("buffers", () => {
  it("drops what finds the port's buffer full, and counts it", () => {
    const to = rig({ receive: "drop", bufferFrames: 2 });
    to.mailbox.capacity.set(NIC, 0);
    tell(to, ...[1, 2, 3, 4, 5].map((tag) => frame(A, TALKER, tag)));
    expect(to.port()).toMatchObject({ offeredFrames: 5, bufferDropped: 2, queuedFrames: 3, outFrames: 0 });
    to.mailbox.capacity.delete(NIC);
    to.mailbox.run(to.mailbox.nowNs + 1_000_000);
    expect(to.nic.tags).toEqual([1, 2, 3]);
    expectNothingLost(to.port());
  });

  it("waits for room at the card, where one place stays free for the answer to its own frame", () => {
    const to = rig({ receive: "drop" });
    to.mailbox.capacity.set(NIC, 1);
    tell(to, frame(A, TALKER, 1));
    expect(to.wire.stateName).toBe("to nic 0 stalled");
    to.mailbox.capacity.set(NIC, 2);
    to.mailbox.run(to.mailbox.nowNs + 1_000_000);
    expect(to.nic.tags).toEqual([1]);
  });

  it("drops what a peer says faster than its queue allows", () => {
    const to = rig({ receive: "drop" });
    tell(to, ...Array.from({ length: 100 }, (_, tag) => frame(A, TALKER, tag)));
    const [peer] = to.wire.report().peers;
    // One is on the line and 64 wait.
    expect(peer?.port).toMatchObject({ inFrames: 65, sendDropped: 35 });
    expect(to.nic.tags).toHaveLength(65);
  });
});

describe("guests behind one port", () => {
  it("reach each other by way of the switch", () => {
    const to = rig({ receive: "drop" });
    tell(to, frame(A, TALKER, 0));
    to.nic.transmit(frame(TALKER, B, 1), frame(B, A, 2));
    to.mailbox.run(to.mailbox.nowNs + 1_000_000);
    expect(to.nic.tags).toEqual([0, 2]);
    expect(to.talker.heard.map(({ tag }) => tag)).toEqual([1]);
  });

  it.each([
    ["a card with one guest", { guests: [A], receive: "drop" }],
    ["a card that is passed through", { mode: "passthrough" }],
  ] as const)("%s gets none of its frames back", (_, options) => {
    const to = rig(options);
    to.nic.transmit(frame(BROADCAST, A, 1), frame(A, A, 2));
    to.mailbox.run(1_000_000);
    expect(to.nic.tags).toEqual([]);
    expect(to.talker.heard.map(({ tag }) => tag)).toEqual([1]);
    expect(to.wire.report().unforwardedFrames).toBe(1);
  });
});

describe("drop, and the modes in which nobody takes turns", () => {
  it.each([
    ["drop", { receive: "drop" }],
    ["passthrough", { mode: "passthrough", receive: "hold" }],
    ["vnic", { mode: "vnic", receive: "hold" }],
  ] as const)("%s: every frame goes straight to the card", (_, options) => {
    const to = rig(options);
    hold(to, 0);
    tell(to, frame(B, TALKER, 1), frame(BROADCAST, TALKER, 2), frame(A, TALKER, 3));
    expect(to.nic.tags).toEqual([1, 2, 3]);
    expect(to.mailbox.sent(ARBITER, "frameWaiting")).toEqual([]);
  });

  it("drop: a guest's own broadcast comes back, as it does on a shared card", () => {
    const to = rig({ receive: "drop" });
    hold(to, 0);
    to.nic.transmit(frame(BROADCAST, A, 1));
    to.mailbox.run(1_000_000);
    expect(to.nic.tags).toEqual([1]);
  });
});

describe("hold", () => {
  it("keeps frames for a guest until it holds the card; they come first then, in their order", () => {
    const to = rig();
    hold(to, 0);
    tell(to, frame(B, TALKER, 1), frame(A, TALKER, 2), frame(B, TALKER, 3));
    expect(to.nic.tags).toEqual([2]);
    // B's newest frame is still on its way when B gets the card.
    to.talker.say(to.mailbox.nowNs, frame(B, TALKER, 4));
    to.wire.start();
    hold(to, 1);
    to.mailbox.run(to.mailbox.nowNs + 1_000_000);
    expect(to.nic.tags).toEqual([2, 1, 3, 4]);
    expect(to.mailbox.sent(ARBITER, "frameWaiting")).toEqual([]);
  });

  it("sends what was held at the line's rate", () => {
    const to = rig();
    tell(to, frame(A, TALKER, 1, 1500), frame(A, TALKER, 2, 1500));
    const fromNs = to.mailbox.nowNs;
    hold(to, 0);
    to.mailbox.run(fromNs + 1_000_000);
    expect(to.nic.received.map(({ atNs }) => atNs - fromNs)).toEqual([LONG_NS, 2 * LONG_NS]);
  });

  it("keeps so many for each guest, drops the newest and counts them for it", () => {
    const to = rig({ holdFrames: 2 });
    tell(to, ...[1, 2, 3, 4].map((tag) => frame(A, TALKER, tag)), frame(B, TALKER, 5));
    expect(to.port().guests).toEqual([
      { id: 0, heldFrames: 2, holdDropped: 2 },
      { id: 1, heldFrames: 1, holdDropped: 0 },
    ]);
    hold(to, 0);
    to.mailbox.run(to.mailbox.nowNs + 1_000_000);
    expect(to.nic.tags).toEqual([1, 2]);
    expectNothingLost(to.port());
  });

  it("takes a frame back from the line when its guest loses the card meanwhile", () => {
    const to = rig();
    hold(to, 0);
    to.talker.say(to.mailbox.nowNs, frame(A, TALKER, 1, 1500), frame(A, TALKER, 2, 1500));
    to.wire.start();
    to.mailbox.run(to.mailbox.nowNs + LONG_NS + LONG_NS / 2);
    hold(to, undefined);
    to.mailbox.run(to.mailbox.nowNs + 1_000_000);
    expect(to.nic.tags).toEqual([]);
    hold(to, 0);
    to.mailbox.run(to.mailbox.nowNs + 1_000_000);
    expect(to.nic.tags).toEqual([1, 2]);
  });

  it("hears that the card changes hands before it has caught up with all that is due", () => {
    const to = rig({ holdFrames: 64 });
    hold(to, 0);
    to.talker.say(to.mailbox.nowNs, ...Array.from({ length: 20 }, (_, tag) => frame(A, TALKER, tag)));
    to.wire.start();
    // It comes to its work so late that all twenty could have arrived.
    to.mailbox.nowNs += 10_000_000;
    to.wire.deliver(WIRE, { type: "timer", id: 1 });
    hold(to, undefined);
    to.mailbox.run(to.mailbox.nowNs + 10_000_000);
    expect(to.nic.tags.length).toBeLessThan(10);
    expect(to.port().guests[0]?.heldFrames).toBe(20 - to.nic.tags.length);
  });

  it("gives a group's frame to the holder and keeps a copy for each of the others", () => {
    const to = rig({ guests: [A, B, C] });
    hold(to, 1);
    tell(to, frame(BROADCAST, TALKER, 1));
    expect(to.nic.tags).toEqual([1]);
    expect(to.port().guests.map(({ heldFrames }) => heldFrames)).toEqual([1, 0, 1]);
    hold(to, 2);
    to.mailbox.run(to.mailbox.nowNs + 1_000_000);
    expect(to.nic.tags).toEqual([1, 1]);
    expectNothingLost(to.port());
  });

  it("keeps a guest's broadcast for the others and away from itself", () => {
    const to = rig({ guests: [A, B, C] });
    hold(to, 0);
    to.nic.transmit(frame(BROADCAST, A, 1));
    to.mailbox.run(to.mailbox.nowNs + 1_000_000);
    expect(to.nic.tags).toEqual([]);
    expect(to.talker.heard.map(({ tag }) => tag)).toEqual([1]);
    expect(to.port().guests.map(({ heldFrames }) => heldFrames)).toEqual([0, 1, 1]);
    expectNothingLost(to.port());
  });

  it("gives a unicast for nobody here straight to the card, whoever holds it", () => {
    const to = rig();
    tell(to, frame(mac(0x55), TALKER, 1));
    expect(to.nic.tags).toEqual([1]);
  });
});

describe("arrival", () => {
  const waiting = ({ mailbox }: Rig) => mailbox.sent(ARBITER, "frameWaiting").map(({ guest }) => guest);

  it("tells the arbiter once that a guest's first frame waits, and again when the card changes hands", () => {
    const to = rig({ receive: "arrival" });
    hold(to, 0);
    tell(to, frame(B, TALKER, 1), frame(B, TALKER, 2), frame(A, TALKER, 3));
    expect(waiting(to)).toEqual([1]);
    hold(to, undefined);
    expect(waiting(to)).toEqual([1, 1]);
    hold(to, 1);
    expect(waiting(to)).toEqual([1, 1]);
    to.mailbox.run(to.mailbox.nowNs + 1_000_000);
    expect(to.nic.tags).toEqual([3, 1, 2]);
    hold(to, undefined);
    expect(waiting(to)).toEqual([1, 1]);
  });

  it("tells again for a frame that comes back from the line", () => {
    const to = rig({ receive: "arrival" });
    hold(to, 0);
    to.talker.say(to.mailbox.nowNs, frame(A, TALKER, 1, 1500));
    to.wire.start();
    to.mailbox.run(to.mailbox.nowNs + LONG_NS + 1);
    hold(to, 1);
    expect(waiting(to)).toEqual([]);
    to.mailbox.run(to.mailbox.nowNs + 1_000_000);
    expect(waiting(to)).toEqual([0]);
  });
});

describe("conservation", () => {
  const destination = fc.constantFrom(A, B, C, BROADCAST, mac(0x55));
  const action = fc.oneof(
    fc.record({ kind: fc.constant("talk" as const), to: destination, count: fc.integer({ min: 1, max: 9 }) }),
    fc.record({ kind: fc.constant("send" as const), to: destination, from: fc.constantFrom(A, B, C) }),
    fc.record({ kind: fc.constant("holder" as const), guest: fc.option(fc.integer({ min: 0, max: 2 })) }),
    fc.record({ kind: fc.constant("room" as const), cells: fc.integer({ min: 0, max: 3 }) }),
    fc.record({ kind: fc.constant("wait" as const), ns: fc.integer({ min: 0, max: 200_000 }) }),
  );
  const strategy = fc.constantFrom("drop" as const, "hold" as const, "arrival" as const);

  it("whatever happens, every frame is delivered, kept or counted", () => {
    fc.assert(
      fc.property(strategy, fc.array(action, { maxLength: 40 }), (receive, actions) => {
        const to = rig({ receive, guests: [A, B, C], bufferFrames: 4, holdFrames: 3 });
        let tag = 0;
        for (const one of actions) {
          if (one.kind === "talk") {
            const frames = Array.from({ length: one.count }, () => frame(one.to, TALKER, tag++));
            to.talker.say(to.mailbox.nowNs, ...frames);
          } else if (one.kind === "send") to.nic.transmit(frame(one.to, one.from, tag++));
          else if (one.kind === "holder") hold(to, one.guest ?? undefined);
          else if (one.kind === "room") to.mailbox.capacity.set(NIC, one.cells);
          to.wire.start();
          to.mailbox.run(to.mailbox.nowNs + (one.kind === "wait" ? one.ns : 1_000));
          expectNothingLost(to.port());
        }
        expect(to.port().outFrames).toBe(to.nic.tags.length);
      }),
    );
  });
});

describe("an uplink", () => {
  const UPLINK = uplinkAddress(uplinkId(0));
  const OUTSIDER = mac(0x99);

  function outside(bufferFrames = 64) {
    const mailbox = new Mailbox();
    const nic = new StubNic(mailbox);
    const ports = mailbox.ports(WIRE);
    const common = { rateBits: RATE_BITS, bufferFrames };
    const card = { ...common, card: cardId(0), guests: [{ id: guestId(0), mac: A }], holdFrames: 4 };
    const wire = new WireActor({
      mode: "passthrough",
      cards: [{ ...card, receive: "drop" }],
      peers: [],
      uplinks: [{ ...common, uplink: uplinkId(0) }],
      ports,
    });
    mailbox.add(wire, nic);
    const comes = (...frames: readonly Uint8Array[]): void => {
      for (const bytes of frames) mailbox.send(UPLINK, WIRE, { type: "frame", bytes });
    };
    const went = (): readonly number[] => mailbox.sent(UPLINK, "frame").map(({ bytes }) => tagOf(bytes));
    const port = (): PortReport => wire.report().uplinks.get(uplinkId(0)) as PortReport;
    return { mailbox, nic, comes, went, port };
  }

  it("is a port: what is for nobody known goes there, what is for a station here does not come back", () => {
    const { mailbox, nic, comes, went } = outside();
    nic.transmit(frame(OUTSIDER, A, 1), frame(BROADCAST, A, 2));
    mailbox.run(1_000_000);
    comes(frame(A, OUTSIDER, 3), frame(BROADCAST, OUTSIDER, 4), frame(OUTSIDER, OUTSIDER, 5));
    mailbox.run(2_000_000);
    expect(went()).toEqual([1, 2]);
    expect(nic.tags).toEqual([3, 4]);
  });

  it("keeps to the rate of the line, and drops what waits beyond its buffer", () => {
    const { mailbox, nic, comes, port } = outside(2);
    comes(...[1, 2, 3, 4, 5].map((tag) => frame(A, OUTSIDER, tag, 1500)));
    mailbox.run(1_000_000);
    // One is on the line, two wait.
    expect(nic.tags).toEqual([1, 2, 3]);
    expect(port()).toMatchObject({ inFrames: 3, sendDropped: 2 });
    expect(nic.received.map(({ atNs }) => atNs)).toEqual([2 * LONG_NS, 3 * LONG_NS, 4 * LONG_NS]);
  });

  it("waits for room in the uplink's inbox, and then drops at the port", () => {
    const { mailbox, nic, went, port } = outside(2);
    mailbox.capacity.set(UPLINK, 0);
    nic.transmit(...[1, 2, 3, 4, 5].map((tag) => frame(OUTSIDER, A, tag)));
    mailbox.run(1_000_000);
    expect(went()).toEqual([]);
    expectNothingLost(port());
    expect(port()).toMatchObject({ queuedFrames: 3, bufferDropped: 2 });
    mailbox.capacity.delete(UPLINK);
    mailbox.run(2_000_000);
    expect(went()).toEqual([1, 2, 3]);
  });
});
