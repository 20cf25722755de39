/**
 * The scenario language, block by block: what may be written where, in which range, with which default. The
 * loader, the JSON schema and docs/scenarios.md's test all read it from here.
 */
import { z } from "zod";
import { exactSize } from "../base/units.ts";
import { BUILT_IN_KINDS } from "../devices/catalogue.ts";
import { LINUX_DRIVERS } from "../devices/device.ts";
import { WINDOW_PORTS } from "../devices/hooked-list.ts";
import { MAX_PROBE_BYTES, PROBE_HEADER_BYTES } from "../ethernet/probe.ts";
import {
  block,
  choice,
  duration,
  endpoint,
  flag,
  ipv4,
  kindsOf,
  mac,
  name,
  rate,
  size,
  text,
  variants,
  whole,
} from "./fields.ts";
import {
  ADDRESS_SOURCES,
  ATTACKS,
  DEBIAN_IMAGE,
  LINUX_MEMORY_BYTES,
  MODES,
  RECEIVE_STRATEGIES,
  REPLAY_TIMINGS,
} from "./scenario.ts";

/** Each guest is a thread. */
export const MAX_GUESTS = 64;
export const MAX_CARDS = 8;
const MAX_PLUGINS = MAX_CARDS;
export const MAX_PEERS = 64;
/** Each uplink is a thread. */
export const MAX_UPLINKS = 8;
/** Named hosts behind one uplink. */
const MAX_HOSTS = 64;
/** Memory the VMM takes for itself, for each card. */
export const SCRATCH_BYTES = 1 << 20;

const kind = <const Kind extends string>(value: Kind, what: string) => z.literal(value).describe(what);

const payload = (bytes: number, what: string) =>
  whole(PROBE_HEADER_BYTES, MAX_PROBE_BYTES).default(bytes).describe(`${what}, in bytes`);
const count = (what: string) =>
  whole(1, 4_294_967_295).optional().describe(`${what}; without it, until the run ends`);
const framesPerS = () => whole(1, 10_000_000);
const linkRate = () => rate("1kbit/s", "10Gbit/s");
const start = (what: string) => duration("0ns", "60min").prefault("0ms").describe(`when ${what}`);
const to = () =>
  name().describe(
    "the guest, the peer or the host behind an uplink it is sent to; a guest with count > 1 means all of them, in turn",
  );
const timeout = () =>
  duration("1us", "1min").prefault("100ms").describe("a reply that takes longer counts as lost");
const file = (what: string) => text(255, "the path of a file").describe(`${what}, relative to the scenario`);

const quantum = () =>
  duration("10us", "10s").prefault("5ms").describe("how long a guest may hold the card while others wait");
const POLICY_BLOCKS = [
  block({ kind: kind("fifo", "in the order they ask, each as soon as the card is reusable") }),
  block({ kind: kind("round-robin", "each waiting guest in turn"), quantum: quantum() }),
  block({ kind: kind("fair-share", "the guest that has had least for its weight"), quantum: quantum() }),
] as const;
export const POLICY_KINDS = kindsOf(POLICY_BLOCKS);
export type PolicyKind = (typeof POLICY_KINDS)[number];

const policyBlocks = variants(POLICY_BLOCKS);
export const policySchema = z.union(
  [choice(POLICY_KINDS).transform((short) => policyBlocks.parse({ kind: short })), policyBlocks],
  { error: `one of ${POLICY_KINDS.join(", ")}, or a map with one of them as kind` },
);

/** Above the ports of the chipset, the PCI configuration ports 0xcf8 to 0xcff among them. */
function ioBase() {
  const error = "an I/O base: a multiple of 0x100 from 0x1000 to 0xff00";
  return z.int({ error }).min(0x1000, { error }).max(0xff00, { error }).multipleOf(WINDOW_PORTS, { error });
}

const failureSchema = block({
  port: choice(["silent", "machine-check"])
    .default("silent")
    .describe("an access to a port the card does not have"),
  dma: choice(["silent", "device-interrupt", "machine-check"])
    .default("device-interrupt")
    .describe("DMA outside the guest's memory"),
  transition: choice(["silent", "machine-check"])
    .default("machine-check")
    .describe("an operation the device model has no transition for"),
  stuck: choice(["machine-check", "reset"])
    .default("machine-check")
    .describe("holding the card past the watchdog"),
});

export const pluginSchema = block({
  card: name().describe("what the kind of card is called, for the 'kind' of cards"),
  file: file("the TypeScript or JavaScript module with the card"),
});

export const cardSchema = block({
  name: name().describe("what the card is called"),
  kind: z
    .union([choice(BUILT_IN_KINDS), name()], {
      error: `one of ${BUILT_IN_KINDS.join(", ")}, or of 'plugins'`,
    })
    .describe("which card it is: one that is built in, or one of 'plugins'"),
  port: ioBase()
    .optional()
    .describe("the first of its 256 ports; without it the first free of 0xc000, 0xc100, ..."),
  irq: whole(3, 15).default(11).describe("the interrupt line it raises"),
  rate: linkRate().optional().describe("the rate of its link; without it the wire's, for an ne2000 10Mbit/s"),
  policy: policySchema
    .prefault("fifo")
    .describe("which waiting guest gets the card, and when it is taken away"),
  receive: choice(RECEIVE_STRATEGIES)
    .default("hold")
    .describe("what becomes of frames for a guest that does not hold the card"),
  hold: whole(1, 4096).default(64).describe("frames held for each guest (hold and arrival)"),
  watchdog: duration("10us", "60s")
    .prefault("500ms")
    .describe("how long a guest waits at most for an owner that is stuck"),
  revoke: duration("10us", "60s")
    .prefault("50ms")
    .describe("how long an owner may take to acknowledge a revoke before it is fenced off"),
  owner: name()
    .optional()
    .describe("the guest that has the card in passthrough mode; without it the first attached"),
  failure: failureSchema.prefault({}).describe("what a guest meets when it does what is not allowed"),
});

const replaySchema = block({
  kind: kind("replay", "sends the frames of a capture"),
  file: file("the capture, pcap or pcapng"),
  loop: flag().default(false).describe("begin again at the end"),
  timing: choice(REPLAY_TIMINGS)
    .default("asap")
    .describe("as fast as the card takes them, or as far apart as they were captured"),
});

export const workloadSchema = variants([
  block({
    kind: kind("ping", "sends ICMP echo requests and waits for each reply"),
    to: to(),
    interval: duration("1us", "60s").prefault("1ms").describe("from one request to the next"),
    size: payload(56, "the payload of a request"),
    count: count("requests to send"),
    timeout: timeout(),
  }),
  block({
    kind: kind("stream", "sends UDP datagrams one after the other"),
    to: to(),
    size: payload(1400, "the payload of a datagram"),
    rate: framesPerS().optional().describe("frames per second; without it, as fast as the card takes them"),
    count: count("datagrams to send"),
  }),
  block({
    kind: kind("request-response", "sends a UDP datagram, waits for its echo, sends the next"),
    to: to(),
    size: payload(128, "the payload of a request"),
    count: count("requests to send"),
    timeout: timeout(),
  }),
  block({ kind: kind("receive", "sends nothing, counts what arrives") }),
  block({
    kind: kind("dhcp", "gets an address from a DHCP server, and goes on with it"),
    timeout: duration("1us", "1min")
      .prefault("1s")
      .describe("how long it waits for an answer before it asks again"),
  }),
  replaySchema,
  block({
    kind: kind("hostile", "attacks the card or its neighbours"),
    attack: choice(ATTACKS).describe("what it tries"),
  }),
  block({
    kind: kind("program", "runs a driver and workload of your own"),
    file: file("the TypeScript or JavaScript module"),
  }),
]);

/** What guests of every kind have. */
const guestFields = {
  name: name().describe("what the guest is called"),
  count: whole(1, MAX_GUESTS).default(1).describe("more than 1 makes name-1, name-2, ..."),
  card: name().optional().describe("the card it uses; without it the only one"),
  mac: mac().optional().describe("its address; without it the next free of 52:56:50:00:00:01, ..."),
  ip: ipv4().optional().describe("its address; without it the next free of 10.0.0.1, ..."),
  weight: whole(1, 1000).default(1).describe("its share of the card under fair-share"),
  start: start("it begins to run"),
};

const memory = (low: string, usual: string) => size(low, "1GiB").prefault(usual).describe("its memory");

const programGuest = block({
  kind: kind("program", "runs drivers and workloads of vpio's own, step by step").optional(),
  ...guestFields,
  memory: memory("256KiB", "4MiB"),
  address: choice(ADDRESS_SOURCES)
    .default("eeprom")
    .describe("where its driver reads its MAC address from an RTL8139: registers are quicker"),
  workload: workloadSchema.describe("what it does"),
});

/** The longest command: it passes through a serial line to a shell. */
const COMMAND_CHARACTERS = 500;
const MAX_COMMANDS = 64;

const linuxGuest = block({
  kind: kind("linux", "an unmodified Linux in a virtual PC, with its own driver (see `vpio guest build`)"),
  ...guestFields,
  memory: memory(exactSize(LINUX_MEMORY_BYTES.least), exactSize(LINUX_MEMORY_BYTES.usual)),
  driver: choice(LINUX_DRIVERS)
    .optional()
    .describe("its driver; without it the one for its card, which must be built in"),
  image: name()
    .default(DEBIAN_IMAGE)
    .describe("what its machine is made of: an image that `vpio guest build --name` has made, or Debian's"),
  dhcp: flag().default(false).describe("ask the network for an address, in place of 'ip'"),
  commands: z
    .array(text(COMMAND_CHARACTERS, "a shell command"), { error: "a list of shell commands" })
    .max(MAX_COMMANDS, { error: `a list of at most ${MAX_COMMANDS} shell commands` })
    .default([])
    .describe("what its shell is told to do, one after the other; without any it waits for its console"),
});

export const guestSchema = z.discriminatedUnion("kind", [programGuest, linuxGuest], {
  error: (issue) =>
    issue.code === "invalid_union"
      ? "one of program, linux"
      : "a map with name and workload, or with kind: linux",
});

const peerName = () => name().describe("what the peer is called");
const peerIp = () =>
  ipv4().optional().describe("its address; without it the next free of 10.0.0.254, 10.0.0.253, ...");

export const peerSchema = variants([
  block({ kind: kind("echo", "answers ARP, ping and UDP"), name: peerName(), ip: peerIp() }),
  block({ kind: kind("sink", "counts what arrives, answers only ARP"), name: peerName(), ip: peerIp() }),
  block({
    kind: kind("http", "serves generated files over HTTP and TCP"),
    name: peerName(),
    ip: peerIp(),
  }),
  block({
    kind: kind("source", "sends UDP datagrams to guests"),
    name: peerName(),
    ip: peerIp(),
    to: z
      .array(name(), { error: "a list of names of guests" })
      .min(1, { error: "the name of at least one guest" })
      .max(MAX_GUESTS, { error: `the names of at most ${MAX_GUESTS} guests` })
      .describe("the guests it sends to, each in turn"),
    rate: framesPerS().default(1000).describe("frames per second, over all guests together"),
    size: payload(512, "the payload of a datagram"),
    count: count("datagrams to send"),
    start: start("it begins to send"),
  }),
]);

const uplinkName = () => name().describe("what the uplink is called");
export const uplinkHostSchema = block({
  name: name().describe("what the host is called"),
  ip: ipv4().describe("its address"),
});
const hosts = () =>
  z
    .array(uplinkHostSchema, { error: "a list of hosts" })
    .max(MAX_HOSTS, { error: `a list of at most ${MAX_HOSTS} hosts` })
    .default([])
    .describe("hosts behind it that guests send to, by a name");
const reconnect = () =>
  duration("1ms", "60s")
    .prefault("100ms")
    .describe("how long it waits before it connects again, at first; then twice as long each time, up to 5s");
const uplinkBuffer = () =>
  whole(1, 4096).default(256).describe("frames that wait for the other end before it drops");

/** Of one of them, exactly: this is what editors are told, check.ts tells it with the place. */
const hasKey = (key: string) => ({
  properties: { [key]: { description: "one end, and not the other" } },
  required: [key],
});

export const uplinkSchema = variants([
  block({
    kind: kind("qemu", "a socket on which frames go both ways, as QEMU has it, and another vpio"),
    name: uplinkName(),
    listen: endpoint(0).optional().describe("where it waits for the other end; port 0 is any that is free"),
    connect: endpoint(1).optional().describe("where the other end waits for it"),
    reconnect: reconnect(),
    buffer: uplinkBuffer(),
    hosts: hosts(),
  }).meta({ oneOf: ["listen", "connect"].map(hasKey) }),
  block({
    kind: kind("passt", "the networks of the machine that vpio runs on, by passt"),
    name: uplinkName(),
    socket: text(100, "the path of a UNIX socket")
      .optional()
      .describe("of a passt that runs, relative to the scenario; without it vpio starts one"),
    reconnect: reconnect(),
    buffer: uplinkBuffer(),
    hosts: hosts(),
  }),
]);

const listOf = <Item extends z.ZodType>(item: Item, what: string, most: number) => {
  const error = `a list of 1 to ${most} ${what}`;
  return z.array(item, { error }).min(1, { error }).max(most, { error });
};

export const wireSchema = block({
  rate: linkRate().prefault("100Mbit/s").describe("the link rate of every port"),
  buffer: whole(1, 4096).default(256).describe("frames each port buffers before it drops"),
  peers: z
    .array(peerSchema, { error: "a list of peers" })
    .max(MAX_PEERS, { error: `a list of at most ${MAX_PEERS} peers` })
    .default([])
    .describe("what else is on the wire"),
  uplinks: z
    .array(uplinkSchema, { error: "a list of uplinks" })
    .max(MAX_UPLINKS, { error: `a list of at most ${MAX_UPLINKS} uplinks` })
    .default([])
    .describe("where the wire goes on outside"),
});

export const hostSchema = block({
  memory: size("1MiB", "2GiB").prefault("256MiB").describe("the memory of the host, guests and VMM together"),
});

const cost = (time: string, what: string) => duration("1ns", "1ms").prefault(time).describe(what);

/** The figures are derived in src/engine/costs.ts. */
export const costsSchema = block({
  exit: cost("609ns", "a trap into the VMM"),
  model: cost("50ns", "an update of the device model, with each trap"),
  io: cost("265ns", "a port operation of the guest that holds the card"),
  restore: cost("265ns", "a port operation of the VMM's own, as when it saves or restores a register"),
  step: cost("100ns", "whatever else a guest, a card or the VMM does at a time"),
});

export const scenarioSchema = block(
  {
    name: name().describe("what the scenario is called"),
    description: text(2000, "a text").optional().describe("what it shows"),
    seed: whole(0, 0xffff_ffff).default(1).describe("the seed of all chance in the run"),
    duration: duration("1us", "60min").prefault("5s").describe("how long the run takes"),
    mode: choice(MODES).default("vpio").describe("how the guests share the card"),
    host: hostSchema.prefault({}).describe("the machine the guests run on"),
    costs: costsSchema.prefault({}).describe("what things cost in virtual time (vpio stress)"),
    plugins: z
      .array(pluginSchema, { error: "a list of plug-ins" })
      .max(MAX_PLUGINS, { error: `a list of at most ${MAX_PLUGINS} plug-ins` })
      .default([])
      .describe("kinds of cards that come with the scenario (docs/plugins.md)"),
    wire: wireSchema.prefault({}).describe("what the cards are plugged into"),
    cards: listOf(cardSchema, "cards", MAX_CARDS).describe("the physical cards"),
    guests: listOf(guestSchema, "guests", MAX_GUESTS).describe("the virtual machines"),
  },
  "a scenario: a map",
);

/** A scenario as written, checked block by block; references are not resolved yet. */
export type ScenarioDocument = z.output<typeof scenarioSchema>;
export type CardBlock = z.output<typeof cardSchema>;
export type PluginBlock = z.output<typeof pluginSchema>;
export type GuestBlock = z.output<typeof guestSchema>;
export type PeerBlock = z.output<typeof peerSchema>;
/** A host behind an uplink. */
export type UplinkHostBlock = z.output<typeof uplinkHostSchema>;
export type UplinkBlock = z.output<typeof uplinkSchema>;
export type WorkloadBlock = z.output<typeof workloadSchema>;
