/** Where mutants are looked for: scenarios so small that a run of them takes a moment. */

export interface Scene {
  /** The scenario; the files that it names are in programs/. */
  readonly text: string;
  /** As `vpio stress` reads them. */
  readonly faults?: string;
  /** Each seed is run twice, and compared. */
  readonly twice?: true;
}

export type Card = "rtl8139" | "ne2000";

/** The driver of an RTL8139 has a long way to go through the EEPROM. */
const guestOn = (card: Card, name: string, workload: string): string => {
  const address = card === "rtl8139" ? "address: registers, " : "";
  return `{ name: ${name}, memory: 256KiB, ${address}workload: { ${workload} } }`;
};

/** Two senders that take turns; frames come back for nobody. */
export const onStreams = (card: Card): Scene => ({
  text: `
name: streams
duration: 60s
costs: { exit: 100ns, model: 1ns, io: 100ns, restore: 1ns, step: 50ns }
wire: { peers: [{ kind: sink, name: sink }] }
cards: [{ name: card0, kind: ${card}, receive: arrival, rate: 100Mbit/s, policy: { kind: round-robin, quantum: 20us } }]
guests:
  - ${guestOn(card, "alice", "kind: stream, to: sink, size: 20, count: 8")}
  - ${guestOn(card, "bob", "kind: stream, to: sink, size: 100, count: 8")}
`,
});

/** The same on a link so fast that the driver cannot keep up with what has been sent. */
export const onFastStreams = (card: Card): Scene => ({
  text: onStreams(card).text.replace("100Mbit/s", "1Gbit/s").replaceAll("count: 8", "count: 20"),
});

/** One that sends, one that asks, and a peer that sends to both. */
const traffic = (card: Card, receive: "hold" | "arrival"): Scene => ({
  text: `
name: traffic
duration: 60s
costs: { exit: 100ns, model: 1ns, io: 100ns, restore: 1ns, step: 50ns }
wire: { peers: [{ kind: echo, name: gateway }, { kind: source, name: feed, to: [alice, bob], rate: 20000, size: 64, count: 10 }] }
cards: [{ name: card0, kind: ${card}, receive: ${receive}, rate: 100Mbit/s, policy: { kind: round-robin, quantum: 20us } }]
guests:
  - ${guestOn(card, "alice", "kind: stream, to: gateway, size: 20, count: 5")}
  - ${guestOn(card, "bob", "kind: request-response, to: gateway, size: 100, count: 5")}
`,
});

/** The frames of whoever is without the card are held. */
export const onHold = (card: Card): Scene => traffic(card, "hold");

/** They bring the card to the guest that they are for. */
export const onArrival = (card: Card): Scene => traffic(card, "arrival");

/** Two that set the card up over and over, at the same registers. */
export const onTinker = (card: Card): Scene => ({
  text: `
name: tinker
duration: 60s
costs: { restore: 1ns }
cards: [{ name: card0, kind: ${card}, policy: { kind: round-robin, quantum: 10us } }]
guests:
  - { name: alice, memory: 256KiB, workload: { kind: program, file: tinker-${card}.ts } }
  - { name: bob, memory: 256KiB, workload: { kind: program, file: tinker-${card}.ts } }
`,
});

/** The same with guests that now and then are too slow for the VMM: it fences them off. */
export const onHaste = (card: Card): Scene => ({
  text: onTinker(card).text.replace("policy:", "revoke: 10us, policy:"),
  faults: "slow-guest=1/50:50",
});

/** A guest that attacks its neighbour's memory; the neighbour's is the first of the host. */
export const onAttack = (attack: "dma-outside" | "dma-over-end"): Scene => ({
  text: `
name: attack
duration: 60s
costs: { restore: 1ns }
wire: { peers: [{ kind: sink, name: sink }] }
cards: [{ name: card0, kind: rtl8139, policy: { kind: round-robin, quantum: 50us } }]
guests:
  - ${guestOn("rtl8139", "victim", "kind: stream, to: sink, size: 100, count: 2")}
  - ${guestOn("rtl8139", "mallory", `kind: hostile, attack: ${attack}`)}
`,
});

/** An owner that never lets the card rest, and one that waits for it. */
export const onStuck: Scene = {
  text: `
name: stuck
duration: 60s
costs: { exit: 10us, io: 10us, restore: 1ns, step: 10us }
wire: { peers: [{ kind: sink, name: sink }] }
cards: [{ name: card0, kind: rtl8139, revoke: 1ms, watchdog: 2ms, policy: { kind: round-robin, quantum: 100us } }]
guests:
  - ${guestOn("rtl8139", "mallory", "kind: hostile, attack: never-idle")}
  - ${guestOn("rtl8139", "honest", "kind: stream, to: sink, size: 100, count: 1")}
`,
};

/** Three that want the card all the time; one of them has little to do with it. */
export const onCrowd: Scene = {
  text: `
name: crowd
duration: 60s
costs: { exit: 100us, io: 100us, restore: 1ns, step: 100us }
wire: { peers: [{ kind: sink, name: sink }] }
cards: [{ name: card0, kind: rtl8139, revoke: 1ms, watchdog: 10ms, policy: { kind: round-robin, quantum: 1ms } }]
guests:
  - ${guestOn("rtl8139", "alice", "kind: stream, to: sink, size: 20")}
  - ${guestOn("rtl8139", "bob", "kind: stream, to: sink, size: 20")}
  - ${guestOn("rtl8139", "carol", "kind: stream, to: sink, size: 100, count: 1")}
`,
};

/** Three senders; the card goes to the one that has had it least. */
export const onShare: Scene = {
  text: `
name: share
duration: 60s
costs: { exit: 100ns, model: 1ns, io: 100ns, restore: 1ns, step: 50ns }
wire: { peers: [{ kind: sink, name: sink }] }
cards: [{ name: card0, kind: rtl8139, policy: { kind: fair-share, quantum: 20us } }]
guests:
  - ${guestOn("rtl8139", "alice", "kind: stream, to: sink, size: 20, count: 4")}
  - ${guestOn("rtl8139", "bob", "kind: stream, to: sink, size: 20, count: 8")}
  - ${guestOn("rtl8139", "carol", "kind: stream, to: sink, size: 100, count: 4")}
`,
};

/** One that never has enough, and one that has little to do. */
export const onHog: Scene = {
  text: `
name: hog
duration: 60s
costs: { exit: 10us, io: 10us, restore: 1ns, step: 10us }
wire: { peers: [{ kind: sink, name: sink }] }
cards: [{ name: card0, kind: rtl8139, revoke: 1ms, watchdog: 10ms, policy: { kind: round-robin, quantum: 1ms } }]
guests:
  - ${guestOn("rtl8139", "hog", "kind: stream, to: sink, size: 20")}
  - ${guestOn("rtl8139", "modest", "kind: stream, to: sink, size: 100, count: 1")}
`,
};
