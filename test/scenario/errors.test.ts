import { describe, expect, test } from "vitest";
import { EXIT } from "../../src/base/errors.ts";
import { ScenarioError } from "../../src/scenario/errors.ts";
import { readScenario } from "../../src/scenario/read.ts";
import { FILES, scenario } from "./support.ts";

function failure(text: string): ScenarioError {
  try {
    readScenario(text, "bad.yaml", FILES);
  } catch (error) {
    if (error instanceof ScenarioError) return error;
    throw error;
  }
  throw new Error("the scenario was accepted");
}

const TOP_KEYS = "name, description, seed, duration, mode, host, costs, plugins, wire, cards, guests";
const GUEST_KEYS = "kind, name, count, card, mac, ip, weight, start, memory, address, workload";
const LINUX_KEYS = "kind, name, count, card, mac, ip, weight, start, memory, driver, image, dhcp, commands";
const linux = (more: string): string => scenario({ end: `  - { name: penguin, kind: linux, ${more} }` });
const WORKLOADS = "ping, stream, request-response, receive, dhcp, replay, hostile, program";
const DURATION = "a duration such as 250us, 10ms, 5s (units ns, us, ms, s, min)";
const NAME = "a name: a letter, then up to 31 letters, digits or '-'";
const PORT = "an I/O base: a multiple of 0x100 from 0x1000 to 0xff00";
const POLICIES = "fifo, round-robin, fair-share";

const ENDPOINT = (low: number): string => `HOST:PORT such as 127.0.0.1:5555, the port from ${low} to 65535`;

/** A scenario whose second line has uplinks, and whose fourth has a guest. */
const outside = (uplinks: string, workload = "{ kind: receive }"): string => `name: outside
wire: { uplinks: [${uplinks}] }
cards: [{ name: rtl0, kind: rtl8139 }]
guests: [{ name: alice, ip: 10.0.0.9, workload: ${workload} }]
`;

/** What is wrong, the text, and the messages, each behind its line and column. */
const BAD: readonly (readonly [what: string, text: string, ...expected: string[]])[] = [
  [
    "an uplink with neither end",
    outside("{ kind: qemu, name: lab }"),
    "2:19: missing 'listen' or 'connect', expected one of them",
  ],
  [
    "an uplink with both ends",
    outside("{ kind: qemu, name: lab, listen: 127.0.0.1:1, connect: 127.0.0.1:1 }"),
    "2:74: found 'connect' beside 'listen', expected one of them",
  ],
  [
    "endpoints that are none",
    outside("{ kind: qemu, name: lab, listen: here }, { kind: qemu, name: far, connect: 127.0.0.1:0 }"),
    `2:52: found 'here', expected ${ENDPOINT(0)}`,
    `2:94: found '127.0.0.1:0', expected ${ENDPOINT(1)}`,
  ],
  [
    "a port beyond the last",
    outside("{ kind: qemu, name: lab, listen: 127.0.0.1:65536 }"),
    `2:52: found '127.0.0.1:65536', expected ${ENDPOINT(0)}`,
  ],
  [
    "an end that passt does not have",
    outside("{ kind: passt, name: host, listen: 127.0.0.1:1 }"),
    "2:46: unknown key 'listen', expected one of kind, name, socket, reconnect, buffer, hosts",
  ],
  [
    "a kind of uplink that does not exist",
    outside("{ kind: tap, name: host }"),
    "2:27: found kind 'tap', expected one of qemu, passt",
  ],
  [
    "names and an address that others have",
    outside(
      "{ kind: passt, name: alice, hosts: [{ name: host, ip: 10.0.0.9 }] }, { kind: passt, name: host }",
    ),
    "2:63: found name 'host', which line 2 has already, expected another",
    "4:18: found name 'alice', which line 2 has already, expected another",
    "4:29: found address '10.0.0.9', which line 2 has already, expected another",
  ],
  [
    "an unknown host",
    outside("{ kind: passt, name: host, hosts: [{ name: vm, ip: 10.0.0.8 }] }", "{ kind: ping, to: host }"),
    "4:67: unknown guest, peer or host 'host', expected one of vm, alice",
  ],
  ["an empty file", "", `1:1: found nothing, expected a scenario: a map with ${TOP_KEYS}`],
  ["a list at the top", "- 1", `1:1: found a list of 1, expected a scenario: a map with ${TOP_KEYS}`],
  [
    "a map that does not end",
    "name: {a",
    "1:9: not YAML: Flow map in block collection must be sufficiently indented and end with a }",
  ],
  [
    "bad indentation",
    "name: x\n  host: {}\n cards: []",
    "1:7: not YAML: Nested mappings are not allowed in compact mappings",
    "1:7: not YAML: Implicit keys need to be on a single line",
    "3:1: not YAML: All mapping items must start at the same column",
  ],
  ["a tab", "host:\n\tmemory: 1MiB", "2:1: not YAML: Tabs are not allowed as indentation"],
  ["an unknown tag", "name: !new x", "1:7: not YAML: Unresolved tag: !new"],
  ["two documents", scenario({ end: "---\nname: x" }), "7:1: found a second YAML document, expected one"],
  ["a key twice", scenario({ end: "seed: 1\nseed: 2" }), "8:1: found key 'seed' twice in one map"],
  ["a key that is a list", scenario({ end: "? [a]\n: 1" }), "7:3: found a key that is no text"],
  [
    "an alias without anchor",
    scenario({ end: "description: *x" }),
    "7:14: found alias '*x', expected its anchor '&x' before it",
  ],
  [
    "aliases that multiply",
    `a: &a [${"1, ".repeat(16)}]\nb: &b [${"*a, ".repeat(16)}]\nc: [${"*b, ".repeat(16)}]`,
    "2:8: found aliases that stand for more than 256 values",
  ],
  ["too many aliases", `a: &a 1\nb: [${"*a, ".repeat(257)}]`, "2:5: found 257 aliases, expected at most 256"],
  ["deep nesting, flow", "[".repeat(30_000), "1:65: found a value nested more than 64 deep"],
  ["deep nesting, block", "- ".repeat(30_000), "1:129: found a value nested more than 64 deep"],
  ["too long a file", "#".repeat(65_537), "1:1: found 65537 characters, expected at most 65536"],
  [
    "missing keys",
    "name: x\ncards: [{ name: rtl0 }]",
    "1:1: missing 'guests', expected a list of 1 to 64 guests",
    "2:9: missing 'kind', expected one of rtl8139, ne2000, or of 'plugins'",
  ],
  [
    "an unknown key with a near one",
    scenario({ guest: "memry: 4MiB" }),
    `6:20: unknown key 'memry', did you mean 'memory'? expected one of ${GUEST_KEYS}`,
  ],
  [
    "unknown keys at the top",
    scenario({ end: "colour: red\nhosts: {}\n__proto__: 1" }),
    `7:1: unknown key 'colour', expected one of ${TOP_KEYS}`,
    `8:1: unknown key 'hosts', did you mean 'host'? expected one of ${TOP_KEYS}`,
    `9:1: unknown key '__proto__', expected one of ${TOP_KEYS}`,
  ],
  [
    "a key of another workload",
    scenario({ workload: "{ kind: receive, size: 4 }" }),
    "6:47: unknown key 'size', expected one of kind",
  ],
  [
    "an unknown kind",
    scenario({ workload: "{ kind: pong, to: gateway }" }),
    `6:38: found kind 'pong', expected one of ${WORKLOADS}`,
  ],
  [
    "no kind",
    scenario({ workload: "{ to: gateway }" }),
    `6:30: missing 'kind', expected one of ${WORKLOADS}`,
  ],
  [
    "a word instead of a map",
    scenario({ workload: "receive" }),
    `6:30: found 'receive', expected a map with kind: one of ${WORKLOADS}`,
  ],
  ["nothing instead of a map", scenario({ end: "host:" }), "7:6: found nothing, expected a map with memory"],
  [
    "a map instead of a list",
    "name: x\ncards: {}\nguests: 5",
    "2:8: found a map, expected a list of 1 to 8 cards",
    "3:9: found 5, expected a list of 1 to 64 guests",
  ],
  [
    "an empty list",
    "name: x\ncards: []\nguests: []",
    "2:8: found an empty list, expected a list of 1 to 8 cards",
    "3:9: found an empty list, expected a list of 1 to 64 guests",
  ],
  [
    "a name that is a number",
    scenario({ end: "description: x" }).replace("small", "5"),
    `1:7: found 5, expected ${NAME}`,
  ],
  [
    "a bad name",
    scenario({ card: "owner: al_ice" }),
    `3:41: found 'al_ice', expected ${NAME}`,
    "3:41: unknown owner 'al_ice', did you mean 'alice'? expected one of alice",
  ],
  [
    "a duration of a strange unit",
    scenario({ end: "duration: 5 parsecs" }),
    `7:11: found '5 parsecs', expected ${DURATION}`,
  ],
  [
    "a key of a guest that runs no Linux",
    linux("workload: { kind: receive }"),
    `7:35: unknown key 'workload', expected one of ${LINUX_KEYS}`,
  ],
  [
    "a driver that Linux does not have",
    linux("driver: e1000"),
    "7:43: found 'e1000', expected one of 8139too, ne2k-pci",
  ],
  [
    "a driver for another card",
    linux("driver: ne2k-pci"),
    "7:43: found 'ne2k-pci', expected 8139too, the driver for an rtl8139",
  ],
  [
    "less memory than Linux can have",
    linux("memory: 32MiB"),
    "7:43: found '32MiB', expected a size from 72MiB to 1GiB",
  ],
  [
    "commands that are no list",
    linux("commands: reboot"),
    "7:45: found 'reboot', expected a list of shell commands",
  ],
  [
    "a kind of guest that there is not",
    scenario({ guest: "kind: windows" }),
    "6:26: found kind 'windows', expected one of program, linux",
  ],
  ["a duration without unit", scenario({ guest: "start: 5" }), `6:27: found 5, expected ${DURATION}`],
  [
    "too short a duration",
    scenario({ end: "duration: 0s" }),
    "7:11: found '0s', expected a duration from 1us to 60min",
  ],
  [
    "a size of a strange unit",
    scenario({ guest: "memory: 4MB" }),
    "6:28: found '4MB', expected a size such as 256KiB, 4MiB (units B, KiB, MiB, GiB)",
  ],
  [
    "too small a size",
    scenario({ guest: "memory: 4KiB" }),
    "6:28: found '4KiB', expected a size from 256KiB to 1GiB",
  ],
  [
    "a rate of a strange unit",
    scenario({ card: "rate: 100Mbps" }),
    "3:40: found '100Mbps', expected a rate such as 10Mbit/s, 1Gbit/s (units bit/s, kbit/s, Mbit/s, Gbit/s)",
  ],
  [
    "a number too large",
    scenario({ card: "hold: 5000" }),
    "3:40: found 5000, expected a whole number from 1 to 4096",
  ],
  [
    "a fraction",
    scenario({ guest: "weight: 1.5" }),
    "6:28: found 1.5, expected a whole number from 1 to 1000",
  ],
  [
    "a number beyond all",
    scenario({ end: "seed: 1e300" }),
    "7:7: found 1e300, expected a whole number from 0 to 4294967295",
  ],
  [
    "yes for true",
    scenario({ workload: "{ kind: replay, file: captures/x, loop: yes }" }),
    "6:52: captures/x: at byte 0: found magic 0x01020304, expected that of pcap or pcapng",
    "6:70: found 'yes', expected true or false",
  ],
  [
    "an unknown mode",
    scenario({ end: "mode: vnik" }),
    "7:7: found 'vnik', expected one of passthrough, vpio, vnic",
  ],
  [
    "an unknown policy",
    scenario({ card: "policy: lifo" }),
    `3:42: found 'lifo', expected one of ${POLICIES}, or a map with one of them as kind`,
  ],
  [
    "an unknown policy in a map",
    scenario({ card: "policy: { kind: lifo }" }),
    `3:50: found kind 'lifo', expected one of ${POLICIES}`,
  ],
  [
    "a mistake inside a policy",
    scenario({ card: "policy: { kind: fifo, quantum: 5ms }" }),
    "3:56: unknown key 'quantum', expected one of kind",
  ],
  ["a port off its grid", scenario({ card: "port: 0xc010" }), `3:40: found 0xc010, expected ${PORT}`],
  ["the PCI configuration ports", scenario({ card: "port: 0xcf8" }), `3:40: found 0xcf8, expected ${PORT}`],
  [
    "overlapping ports",
    scenario({ card: "port: 0xc000 }\n  - { name: ne0, kind: ne2000, port: 0xc000", guest: "card: ne0" }),
    "4:38: found port window '0xc000 to 0xc0ff', which line 3 has already, expected another",
  ],
  [
    "a group address",
    scenario({ guest: "mac: 01:00:5e:00:00:01" }),
    "6:25: found '01:00:5e:00:00:01', expected a unicast MAC address such as 02:00:00:00:00:01",
  ],
  [
    "half a MAC address",
    scenario({ guest: "mac: 02:00:00" }),
    "6:25: found '02:00:00', expected a unicast MAC address such as 02:00:00:00:00:01",
  ],
  [
    "no host's address",
    scenario({ guest: "ip: 255.255.255.255" }),
    "6:24: found '255.255.255.255', expected the IPv4 address of a host, such as 10.0.0.1",
  ],
  [
    "an address twice",
    scenario({ guest: "ip: 10.0.0.9", peer: "{ kind: sink, name: drain, ip: 10.0.0.9 }" }),
    "6:24: found address '10.0.0.9', which line 4 has already, expected another",
  ],
  [
    "one address for several guests",
    scenario({ guest: "count: 3, ip: 10.0.0.9" }),
    "6:34: found one address for 3 guests, expected no 'ip'",
  ],
  [
    "a name twice",
    scenario({ peer: "{ kind: sink, name: alice }" }),
    "6:13: found name 'alice', which line 4 has already, expected another",
  ],
  [
    "a name that a count makes already",
    scenario({ guest: "count: 2", end: "  - { name: alice-2, workload: { kind: receive } }" }),
    "7:13: found name 'alice-2', which line 6 has already, expected another",
  ],
  [
    "an unknown card",
    scenario({ guest: "card: rtl1" }),
    "6:26: unknown card 'rtl1', did you mean 'rtl0'? expected one of rtl0",
  ],
  [
    "no card when there are several",
    scenario({ card: "irq: 9 }\n  - { name: ne0, kind: ne2000" }),
    "7:5: missing 'card', expected one of rtl0, ne0",
  ],
  [
    "an owner on another card",
    scenario({ card: "owner: alice }\n  - { name: ne0, kind: ne2000", guest: "card: ne0" }),
    "3:41: unknown owner 'alice', expected none",
  ],
  [
    "an owner that is several guests",
    scenario({ card: "owner: alice", guest: "count: 2" }),
    "3:41: unknown owner 'alice', did you mean 'alice-1'? expected one of alice-1, alice-2",
  ],
  [
    "an unknown target",
    scenario({ workload: "{ kind: ping, to: gatway }" }),
    "6:48: unknown guest or peer 'gatway', did you mean 'gateway'? expected one of gateway, alice",
  ],
  [
    "a guest that pings itself",
    scenario({ workload: "{ kind: ping, to: alice }" }),
    "6:48: found 'alice', the guest itself, expected another guest or a peer",
  ],
  [
    "a source that sends to a peer",
    scenario({ peer: "{ kind: source, name: feed, to: [alice, gateway] }" }),
    "4:88: unknown guest 'gateway', expected one of alice",
  ],
  [
    "a source that sends to nobody",
    scenario({ peer: "{ kind: source, name: feed, to: [] }" }),
    "4:80: found an empty list, expected the name of at least one guest",
  ],
  [
    "too many guests",
    scenario({
      guest: "count: 40, memory: 1MiB",
      end: "  - { name: bob, count: 30, workload: { kind: receive } }",
    }),
    "6:3: found 70 guests with their counts, expected at most 64",
  ],
  [
    "more memory than the host has",
    scenario({ guest: "count: 2, memory: 1025KiB", end: "host: { memory: 3MiB }" }),
    "7:17: found 2056KiB for the guests and 1MiB for the VMM, expected at most the host's 3MiB together",
  ],
  [
    "a capture that is not there",
    scenario({ workload: "{ kind: replay, file: x.pcap }" }),
    "6:52: found 'x.pcap', expected the path of a readable file, relative to the scenario",
  ],
  [
    "a capture that is none",
    scenario({ workload: "{ kind: replay, file: captures/x.pcap }" }),
    "6:52: captures/x.pcap: at byte 0: found magic 0x01020304, expected that of pcap or pcapng",
  ],
  [
    "a program that is not there",
    scenario({ workload: "{ kind: program, file: my-driver.ts }" }),
    "6:53: found 'my-driver.ts', expected the path of a readable file, relative to the scenario",
  ],
  [
    "a kind of card that nothing brings",
    scenario({
      end: "plugins: [{ card: toy, file: drivers/toy.ts }]",
      card: "irq: 9 }\n  - { name: b, kind: toi",
    }),
    "4:22: unknown kind of card 'toi', did you mean 'toy'? expected one of rtl8139, ne2000, toy",
    "7:5: missing 'card', expected one of rtl0, b",
  ],
  [
    "a kind of card that nothing brings, for a Linux, beside another mistake",
    "name: x\ncards: [{ name: a, kind: toy, irq: 99 }]\nguests: [{ name: penguin, kind: linux }]",
    "2:26: unknown kind of card 'toy', expected one of rtl8139, ne2000",
    "2:36: found 99, expected a whole number from 3 to 15",
  ],
  [
    "a kind of card that is no name",
    "name: x\ncards: [{ name: a, kind: 8139 }]\nguests: [{ name: b, workload: { kind: receive } }]",
    "2:26: found kind 8139, expected one of rtl8139, ne2000, or of 'plugins'",
  ],
  [
    "a plug-in for a card that is built in",
    scenario({ end: "plugins: [{ card: ne2000, file: drivers/toy.ts }]" }),
    "7:19: found 'ne2000', which is built in, expected another name",
  ],
  [
    "two plug-ins for one kind of card",
    scenario({ end: "plugins: [{ card: toy, file: drivers/a.ts }, { card: toy, file: drivers/b.ts }]" }),
    "7:54: found card 'toy', which line 7 has already, expected another",
  ],
  [
    "a plug-in that is not there",
    scenario({ end: "plugins: [{ card: toy, file: toy.ts }]" }),
    "7:30: found 'toy.ts', expected the path of a readable file, relative to the scenario",
  ],
  [
    "a plug-in without its file",
    scenario({ end: "plugins: [{ card: toy }]" }),
    "7:11: missing 'file', expected the path of a file of 1 to 255 characters",
  ],
  [
    "a Linux on a card of a plug-in, without its driver",
    `plugins: [{ card: toy, file: drivers/toy.ts }]
name: x
cards: [{ name: toy0, kind: toy }]
guests: [{ name: penguin, kind: linux }]`,
    "4:10: missing 'driver', expected one of 8139too, ne2k-pci, as toy is not built in",
  ],
];

describe("every kind of error, with its place", () => {
  test.each(BAD)("%s", (_, text, ...expected) => {
    const error = failure(text);
    expect(error.message.split("\n")).toEqual(expected.map((line) => `bad.yaml:${line}`));
    expect(error).toMatchObject({ code: "SCENARIO", exitCode: EXIT.usage });
  });
});

test("all errors of a file are reported together, in the order of their places", () => {
  const { problems, place } = failure(`seed: -1
name: two words
cards:
  - { name: rtl0, kind: rtl8239, owner: bob }
guests:
  - name: alice
    memry: 4MiB
    workload: { kind: ping, to: gatway, interval: 5 parsecs }
`);
  expect(place).toEqual({ file: "bad.yaml", line: 1, column: 7 });
  expect(problems.map(({ place: { line, column }, message }) => [line, column, message])).toEqual([
    [1, 7, "found -1, expected a whole number from 0 to 4294967295"],
    [2, 7, `found 'two words', expected ${NAME}`],
    [4, 25, "unknown kind of card 'rtl8239', did you mean 'rtl8139'? expected one of rtl8139, ne2000"],
    [4, 41, "unknown owner 'bob', expected one of alice"],
    [7, 5, `unknown key 'memry', did you mean 'memory'? expected one of ${GUEST_KEYS}`],
    [8, 33, "unknown guest or peer 'gatway', expected one of alice"],
    [8, 51, `found '5 parsecs', expected ${DURATION}`],
  ]);
});

test("a place inside an alias is the anchor's, the place of a shared mistake is reported once", () => {
  const error = failure(`name: aliases
cards: [{ name: rtl0, kind: rtl8139 }]
guests:
  - { name: alice, workload: &work { kind: receive, too: much } }
  - { name: bob, workload: *work }
`);
  expect(error.message).toBe("bad.yaml:4:53: unknown key 'too', expected one of kind");
});
