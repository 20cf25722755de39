/** Scenarios drawn at random: what nobody has thought of to write down. */
import { Prng } from "../../src/base/prng.ts";

export interface DrawnScenario {
  readonly text: string;
  /** As `vpio stress` reads them. */
  readonly faults: string;
  readonly scheduler: "random" | "pct" | "delay";
}

const NAMES = ["alice", "bob", "carol"];
const FAULTS = [
  "",
  "slow-guest=1/50:50,slow-arbiter=1/50:50",
  "guest-crash=1/200:2,slow-guest=1/50:50",
  "guest-crash=1/300:2,slow-arbiter=1/50:50,irq-late",
  "irq-late,irq-spurious,irq-lost,slow-guest",
  "card-lost=1/500:1,slow-guest=1/50:50",
  "frame-lost,frame-doubled",
];

/** Equal seeds give equal scenarios. */
export function drawScenario(seed: number): DrawnScenario {
  const prng = new Prng(seed).fork("scenario");
  const names = NAMES.slice(0, 1 + prng.below(NAMES.length));
  const card = prng.pick(["rtl8139", "ne2000"] as const);
  const address = card === "rtl8139" ? "address: registers, " : "";
  const guests = names.map(
    (name) => `  - { name: ${name}, memory: 256KiB, ${address}workload: { ${workload(prng, card)} } }`,
  );
  const rate = prng.pick(["10Mbit/s", "100Mbit/s", "1Gbit/s", "10Gbit/s"]);
  const peers = ["{ kind: sink, name: sink }", "{ kind: echo, name: echo }", ...feeds(prng, names)];
  const text = `
name: drawn
duration: ${prng.pick(["5ms", "20ms", "1s"])}
costs: ${costs(prng)}
wire: { rate: ${rate}, peers: [${peers.join(", ")}] }
cards: [{ name: card0, kind: ${card}, rate: ${rate}, ${patience(prng)}, policy: ${policy(prng)} }]
guests:
${guests.join("\n")}
`;
  return { text, faults: prng.pick(FAULTS), scheduler: prng.pick(["random", "pct", "delay"]) };
}

function workload(prng: Prng, card: "rtl8139" | "ne2000"): string {
  const size = prng.pick([20, 100, 1400]);
  const count = 1 + prng.below(20);
  const dma = card === "rtl8139" ? ["dma-outside", "dma-over-end"] : [];
  return prng.pick([
    `kind: stream, to: sink, size: ${size}, count: ${count}`,
    `kind: stream, to: sink, size: ${size}`,
    "kind: receive",
    `kind: ping, to: echo, interval: ${prng.pick(["30us", "300us"])}, count: ${count}`,
    `kind: request-response, to: echo, count: ${count}`,
    `kind: hostile, attack: ${prng.pick(["never-idle", "touch-unheld", ...dma])}`,
  ]);
}

const costs = (prng: Prng): string =>
  prng.pick([
    "{ restore: 1ns }",
    "{ restore: 1ns, exit: 2us, step: 200ns }",
    "{ restore: 1ns, exit: 100ns, step: 50ns, io: 100ns }",
    "{ restore: 100ns, exit: 100ns, step: 200ns, io: 1us }",
  ]);

/** A peer that sends to all guests, more often than not. */
function feeds(prng: Prng, names: readonly string[]): readonly string[] {
  const often = prng.pick([20_000, 1_000_000]);
  const size = prng.pick([64, 600]);
  const count = prng.pick([10, 100, 400]);
  const feed = `{ kind: source, name: feed, to: [${names.join(", ")}], rate: ${often}, size: ${size}, count: ${count} }`;
  return prng.chance(2, 3) ? [feed] : [];
}

/** How long a VMM waits, and what it does then. */
function patience(prng: Prng): string {
  const receive = prng.pick(["hold", "arrival", "drop"]);
  const revoke = prng.pick(["10us", "1ms"]);
  const watchdog = prng.pick(["60us", "500us", "60ms"]);
  const stuck = prng.pick(["reset", "machine-check"]);
  const dma = prng.pick(["silent", "device-interrupt", "machine-check"]);
  return `receive: ${receive}, revoke: ${revoke}, watchdog: ${watchdog}, failure: { stuck: ${stuck}, dma: ${dma} }`;
}

function policy(prng: Prng): string {
  const quantum = prng.pick(["10us", "50us", "200us"]);
  return prng.pick([
    "fifo",
    `{ kind: round-robin, quantum: ${quantum} }`,
    `{ kind: fair-share, quantum: ${quantum} }`,
  ]);
}
