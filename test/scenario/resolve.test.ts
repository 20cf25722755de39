import { describe, expect, test } from "vitest";
import { formatIpv4Address, parseIpv4Address } from "../../src/ethernet/ipv4.ts";
import { formatMac } from "../../src/ethernet/mac.ts";
import { readScenario } from "../../src/scenario/read.ts";
import type { Destination, Scenario } from "../../src/scenario/scenario.ts";
import { FILES, scenario } from "./support.ts";

const read = (text: string): Scenario => readScenario(text, "good.yaml", FILES);
const namesOf = (targets: readonly Destination[]): readonly string[] => targets.map(({ name }) => name);

test("what is not written has its default, in one unit each", () => {
  expect(read(scenario())).toEqual({
    file: "good.yaml",
    name: "small",
    description: "",
    seed: 1,
    durationNs: 5_000_000_000,
    mode: "vpio",
    hostMemoryBytes: 268_435_456,
    costs: { exitNs: 609, modelNs: 50, ioNs: 265, restoreNs: 265, stepNs: 100 },
    wire: {
      rateBitsPerS: 100_000_000,
      bufferFrames: 256,
      peers: [
        {
          kind: "echo",
          name: "gateway",
          ip: 0x0a0000fe,
          mac: new Uint8Array([0x52, 0x56, 0x50, 0xff, 0, 1]),
        },
      ],
      uplinks: [],
    },
    plugins: [],
    cards: [
      {
        id: 0,
        name: "rtl0",
        kind: "rtl8139",
        port: 0xc000,
        irq: 11,
        rateBitsPerS: 100_000_000,
        policy: { kind: "fifo" },
        receive: "hold",
        holdFrames: 64,
        watchdogNs: 500_000_000,
        revokeNs: 50_000_000,
        owner: 0,
        failure: {
          port: "silent",
          dma: "device-interrupt",
          transition: "machine-check",
          stuck: "machine-check",
        },
      },
    ],
    guests: [
      {
        id: 0,
        name: "alice",
        memoryBytes: 4_194_304,
        card: 0,
        mac: new Uint8Array([0x52, 0x56, 0x50, 0, 0, 1]),
        ip: 0x0a000001,
        weight: 1,
        startNs: 0,
        addressFrom: "eeprom",
        workload: { kind: "receive" },
      },
    ],
  });
});

test("it is plain data: a clone equals it", () => {
  const resolved = read(scenario({ guest: "count: 3", workload: "{ kind: ping, to: alice }" }));
  expect(structuredClone(resolved)).toEqual(resolved);
});

describe("policies", () => {
  test.each([
    ["fifo", { kind: "fifo" }],
    ["{ kind: fifo }", { kind: "fifo" }],
    ["round-robin", { kind: "round-robin", quantumNs: 5_000_000 }],
    ["{ kind: round-robin, quantum: 250us }", { kind: "round-robin", quantumNs: 250_000 }],
    ["fair-share", { kind: "fair-share", quantumNs: 5_000_000 }],
  ])("%s", (written, policy) => {
    expect(read(scenario({ card: `policy: ${written}` })).cards[0]?.policy).toEqual(policy);
  });
});

test("each kind of workload", () => {
  const workload = (written: string) => read(scenario({ workload: written })).guests[0]?.workload;
  const to = read(scenario()).wire.peers.map(({ name, ip, mac }) => ({ name, ip, mac }));
  expect(workload("{ kind: ping, to: gateway, interval: 2ms, count: 5 }")).toEqual({
    kind: "ping",
    to,
    intervalNs: 2_000_000,
    payloadBytes: 56,
    count: 5,
    timeoutNs: 100_000_000,
  });
  expect(workload("{ kind: stream, to: gateway, rate: 10 }")).toMatchObject({
    payloadBytes: 1400,
    framesPerS: 10,
  });
  expect(workload("{ kind: stream, to: gateway }")).toMatchObject({
    framesPerS: undefined,
    count: undefined,
  });
  expect(workload("{ kind: request-response, to: gateway, size: 20 }")).toMatchObject({ payloadBytes: 20 });
  expect(workload("{ kind: hostile, attack: never-idle }")).toEqual({
    kind: "hostile",
    attack: "never-idle",
  });
  expect(workload("{ kind: program, file: drivers/mine.ts }")).toEqual({
    kind: "program",
    file: "drivers/mine.ts",
    path: "/there/drivers/mine.ts",
  });
});

test("a count makes numbered guests; their common name means all of them but the sender", () => {
  const { guests, wire, cards } = read(
    scenario({
      peer: "{ kind: source, name: feed, to: [alice, bob, alice-2], rate: 5 }",
      guest: "count: 3",
      workload: "{ kind: ping, to: alice }",
      end: "  - { name: bob, workload: { kind: stream, to: alice-3 } }",
    }),
  );
  expect(guests.map(({ id, name }) => [id, name])).toEqual([
    [0, "alice-1"],
    [1, "alice-2"],
    [2, "alice-3"],
    [3, "bob"],
  ]);
  const targets = guests.map(({ workload }) => ("to" in workload ? namesOf(workload.to) : []));
  expect(targets).toEqual([
    ["alice-2", "alice-3"],
    ["alice-1", "alice-3"],
    ["alice-1", "alice-2"],
    ["alice-3"],
  ]);
  const feed = wire.peers[1];
  expect(feed?.kind === "source" && namesOf(feed.to)).toEqual([
    "alice-1",
    "alice-2",
    "alice-3",
    "bob",
    "alice-2",
  ]);
  expect(cards[0]?.owner).toBe(0);
});

test("a server's files depend on the seed of the run", () => {
  const text = scenario({ peer: "{ kind: http, name: files }", end: "seed: 11" });
  expect(read(text).wire.peers[1]).toMatchObject({ kind: "http", name: "files", seed: 11 });
  const other = readScenario(text, "test.yaml", FILES, { seed: 12 });
  expect(other.wire.peers[1]).toMatchObject({ seed: 12 });
});

test("assigned addresses and ports pass over the written ones", () => {
  const { guests, wire, cards } = read(
    scenario({
      card: "port: 0xc100 }\n  - { name: rtl1, kind: rtl8139 }\n  - { name: ne0, kind: ne2000",
      peer: "{ kind: sink, name: drain, ip: 10.0.0.1 }",
      guest: "card: rtl0, mac: 52:56:50:00:00:02, ip: 10.0.0.254",
      end: "  - { name: bob, count: 2, card: ne0, workload: { kind: receive } }",
    }).replace("gateway }", "gateway }, { kind: sink, name: other }"),
  );
  expect(cards.map(({ port }) => port)).toEqual([0xc100, 0xc000, 0xc200]);
  expect(guests.map(({ ip }) => formatIpv4Address(ip))).toEqual(["10.0.0.254", "10.0.0.2", "10.0.0.3"]);
  expect(guests.map(({ mac }) => formatMac(mac))).toEqual([
    "52:56:50:00:00:02",
    "52:56:50:00:00:01",
    "52:56:50:00:00:03",
  ]);
  expect(wire.peers.map(({ ip }) => ip)).toEqual(
    ["10.0.0.253", "10.0.0.252", "10.0.0.1"].map(parseIpv4Address),
  );
});

test("an ne2000 has a link of 10 Mbit/s unless it is told otherwise, an rtl8139 the wire's", () => {
  const { cards } = read(
    scenario({
      card: "}\n  - { name: ne0, kind: ne2000 }\n  - { name: ne1, kind: ne2000, rate: 1Mbit/s",
      guest: "card: ne0",
    }).replace("wire: { ", "wire: { rate: 1Gbit/s, "),
  );
  expect(cards.map(({ rateBitsPerS }) => rateBitsPerS)).toEqual([1e9, 1e7, 1e6]);
});

test("the owner is the guest that is named, else the first attached, else nobody", () => {
  const { cards } = read(
    scenario({
      card: "}\n  - { name: rtl1, kind: rtl8139, owner: carol }\n  - { name: rtl2, kind: rtl8139",
      guest: "card: rtl0",
      end: `  - { name: bob, card: rtl1, workload: { kind: receive } }
  - { name: carol, card: rtl1, workload: { kind: receive } }`,
    }),
  );
  expect(cards.map(({ owner }) => owner)).toEqual([0, 2, undefined]);
});

test("overrides replace what the file says", () => {
  const text = scenario({ end: "seed: 7\nduration: 1s\nmode: vnic" });
  expect(read(text)).toMatchObject({ seed: 7, durationNs: 1e9, mode: "vnic" });
  const overridden = readScenario(text, "good.yaml", FILES, { seed: 0, mode: "passthrough", durationNs: 5 });
  expect(overridden).toMatchObject({ seed: 0, durationNs: 5, mode: "passthrough" });
});

test("aliases say a thing once", () => {
  const { guests } = read(
    scenario({ workload: "&work { kind: stream, to: gateway }", end: "  - { name: bob, workload: *work }" }),
  );
  expect(guests[1]?.workload).toEqual(guests[0]?.workload);
});

test("the host's memory may be used up to the last page", () => {
  const text = scenario({ guest: "count: 2, memory: 1024KiB", end: "host: { memory: 3MiB }" });
  expect(read(text).guests).toHaveLength(2);
});

test("an uplink has one end, and hosts that guests may send to; nobody else gets their addresses", () => {
  const { wire, guests } = read(`name: outside
wire:
  uplinks:
    - { kind: qemu, name: lab, listen: 127.0.0.1:0, hosts: [{ name: vm, ip: 10.0.0.1 }] }
    - { kind: qemu, name: far, connect: "[::1]:5571", reconnect: 1s, buffer: 64 }
    - { kind: passt, name: host }
    - { kind: passt, name: other, socket: run/passt.sock }
cards: [{ name: rtl0, kind: rtl8139 }]
guests: [{ name: alice, workload: { kind: ping, to: vm } }]
`);
  const usual = { reconnectNs: 100_000_000, bufferFrames: 256 };
  expect(wire.uplinks).toEqual([
    { id: 0, name: "lab", to: { kind: "listen", at: { host: "127.0.0.1", port: 0 } }, ...usual },
    {
      id: 1,
      name: "far",
      to: { kind: "connect", at: { host: "::1", port: 5571 } },
      reconnectNs: 1_000_000_000,
      bufferFrames: 64,
    },
    { id: 2, name: "host", to: { kind: "passt" }, ...usual },
    { id: 3, name: "other", to: { kind: "passt-socket", path: "/there/run/passt.sock" }, ...usual },
  ]);
  expect(guests[0]).toMatchObject({
    ip: 0x0a000002,
    workload: { to: [{ name: "vm", ip: 0x0a000001, isOutside: true }] },
  });
});

test("a plug-in brings a kind of card; the rate of its link is the wire's, as nothing has looked into its file", () => {
  const { plugins, cards, guests } = read(`name: toys
plugins: [{ card: toy, file: drivers/toy.ts }]
wire: { rate: 50Mbit/s }
cards: [{ name: toy0, kind: toy }]
guests: [{ name: penguin, kind: linux, driver: 8139too }]
`);
  expect(plugins).toEqual([{ kind: "toy", file: "drivers/toy.ts", path: "/there/drivers/toy.ts" }]);
  expect(cards[0]).toMatchObject({ kind: "toy", rateBitsPerS: 50_000_000 });
  expect(guests[0]?.workload).toMatchObject({ kind: "linux", driver: "8139too" });
});
