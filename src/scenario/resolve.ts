/** From a document that has passed every check to a scenario with nothing left to guess. */
import { invariant, unreachable } from "../base/errors.ts";
import { type CardId, cardId, type GuestId, guestId, uplinkId } from "../base/ids.ts";
import { builtIn } from "../devices/catalogue.ts";
import type { CardKind } from "../devices/device.ts";
import { WINDOW_PORTS } from "../devices/hooked-list.ts";
import { macKey } from "../ethernet/mac.ts";
import type { PolicyChoice } from "../vpio/policies/catalogue.ts";
import { instanceNames } from "./draft.ts";
import type { ScenarioFiles } from "./files.ts";
import type {
  Card,
  Costs,
  Destination,
  Guest,
  LinuxWorkload,
  Overrides,
  Peer,
  Scenario,
  Target,
  Uplink,
  UplinkTo,
  Workload,
} from "./scenario.ts";
import type {
  CardBlock,
  GuestBlock,
  PeerBlock,
  ScenarioDocument,
  UplinkBlock,
  WorkloadBlock,
} from "./schema.ts";

const FIRST_PORT = 0xc000;
const FIRST_GUEST_IP = 0x0a00_0001;
const FIRST_PEER_IP = 0x0a00_00fe;
const FIRST_GUEST_MAC = 0x5256_5000_0001;
const FIRST_PEER_MAC = 0x5256_50ff_0001;

/** One guest to be: the block it comes from, and what is its own. */
interface Instance {
  readonly id: GuestId;
  readonly card: CardId;
  readonly block: GuestBlock;
  readonly target: Target;
}

/** One peer to be. */
interface Station {
  readonly block: PeerBlock;
  readonly target: Target;
}

/** `document` must have passed check.ts. */
export function resolveScenario(
  document: ScenarioDocument,
  file: string,
  files: ScenarioFiles,
  overrides: Overrides = {},
): Scenario {
  const { instances, peers } = stations(document);
  const targets = new Targets(
    instances,
    peers,
    document.wire.uplinks.flatMap(({ hosts }) => hosts),
  );
  const cards = resolveCards(document, instances);
  const seed = overrides.seed ?? document.seed;
  return {
    file,
    name: document.name,
    description: document.description ?? "",
    seed,
    durationNs: overrides.durationNs ?? document.duration,
    mode: overrides.mode ?? document.mode,
    hostMemoryBytes: document.host.memory,
    costs: resolveCosts(document.costs),
    wire: {
      rateBitsPerS: document.wire.rate,
      bufferFrames: document.wire.buffer,
      peers: peers.map(({ block, target }) => resolvePeer(block, target, targets, seed)),
      uplinks: document.wire.uplinks.map((block, index) => resolveUplink(block, index, files)),
    },
    plugins: document.plugins.map(({ card, file }) => ({ kind: card, file, path: files.locate(file) })),
    cards,
    guests: instances.map((instance) => resolveGuest(instance, cards, targets, files)),
  };
}

const resolveCosts = ({ exit, model, io, restore, step }: ScenarioDocument["costs"]): Costs => ({
  exitNs: exit,
  modelNs: model,
  ioNs: io,
  restoreNs: restore,
  stepNs: step,
});

/**
 * Expands the guests and gives every guest and peer its addresses; one that is written in the file goes to
 * nobody else.
 */
function stations({ guests, cards, wire }: ScenarioDocument): {
  instances: readonly Instance[];
  peers: readonly Station[];
} {
  const hosts = wire.uplinks.flatMap((uplink) => uplink.hosts);
  const ips = new Allocator([...guests, ...wire.peers, ...hosts].map(({ ip }) => ip));
  const macs = new Allocator(guests.map(({ mac }) => mac && macKey(mac)));
  const named = guests.flatMap((block) =>
    instanceNames(block.name, block.count).map((name) => ({ block, name })),
  );
  return {
    instances: named.map(({ block, name }, index) => ({
      id: guestId(index),
      card: cardId(block.card === undefined ? 0 : cards.findIndex((card) => card.name === block.card)),
      block,
      target: {
        name,
        ip: block.ip ?? ips.next(FIRST_GUEST_IP, 1),
        mac: block.mac ?? macBytes(macs.next(FIRST_GUEST_MAC, 1)),
      },
    })),
    peers: wire.peers.map((block) => ({
      block,
      target: {
        name: block.name,
        ip: block.ip ?? ips.next(FIRST_PEER_IP, -1),
        mac: macBytes(macs.next(FIRST_PEER_MAC, 1)),
      },
    })),
  };
}

/** Hands out numbers that nobody has. */
class Allocator {
  readonly #taken: Set<number>;

  constructor(taken: readonly (number | undefined)[]) {
    this.#taken = new Set(taken.filter((value) => value !== undefined));
  }

  /** The first free number of `first`, `first` + `step`, ... */
  next(first: number, step: number): number {
    let value = first;
    while (this.#taken.has(value)) value += step;
    this.#taken.add(value);
    return value;
  }
}

const macBytes = (key: number): Uint8Array =>
  Uint8Array.from({ length: 6 }, (_, index) => Math.floor(key / 256 ** (5 - index)) % 256);

/** Looks up whom a name means. */
class Targets {
  readonly #stations = new Map<string, readonly Target[]>();
  readonly #hosts: ReadonlyMap<string, Destination>;

  constructor(instances: readonly Instance[], peers: readonly Station[], hosts: readonly Destination[]) {
    this.#hosts = new Map(hosts.map((host) => [host.name, host]));
    for (const { target } of peers) this.#stations.set(target.name, [target]);
    for (const { block, target } of instances) {
      this.#stations.set(block.name, [...(this.#stations.get(block.name) ?? []), target]);
      if (target.name !== block.name) this.#stations.set(target.name, [target]);
    }
  }

  /** Everybody that `name` means, except the sender itself; never nobody. */
  of(name: string, sender: string): readonly Destination[] {
    const host = this.#hosts.get(name);
    return host === undefined ? this.ofOurs(name, sender) : [{ ...host, isOutside: true }];
  }

  /** The same, where it can only be a guest or a peer. */
  ofOurs(name: string, sender: string): readonly Target[] {
    const meant = (this.#stations.get(name) ?? []).filter((target) => target.name !== sender);
    invariant(meant.length > 0, `'${name}' names a guest or peer`);
    return meant;
  }
}

function resolveCards({ cards, wire }: ScenarioDocument, instances: readonly Instance[]): readonly Card[] {
  const ports = new Allocator(cards.map(({ port }) => port));
  return cards.map((block, index): Card => {
    const id = cardId(index);
    return {
      id,
      name: block.name,
      kind: block.kind,
      port: block.port ?? ports.next(FIRST_PORT, WINDOW_PORTS),
      irq: block.irq,
      rateBitsPerS: block.rate ?? builtIn(block.kind)?.linkBitsPerS ?? wire.rate,
      policy: resolvePolicy(block.policy),
      receive: block.receive,
      holdFrames: block.hold,
      watchdogNs: block.watchdog,
      revokeNs: block.revoke,
      owner: ownerOf(block, id, instances),
      failure: block.failure,
    };
  });
}

const resolvePolicy = (block: CardBlock["policy"]): PolicyChoice =>
  block.kind === "fifo" ? block : { kind: block.kind, quantumNs: block.quantum };

function ownerOf(block: CardBlock, id: CardId, instances: readonly Instance[]): GuestId | undefined {
  const attached = instances.filter(({ card }) => card === id);
  const owner = attached.find(({ target }) => target.name === block.owner) ?? attached[0];
  return owner?.id;
}

function resolveGuest(
  instance: Instance,
  cards: readonly Card[],
  targets: Targets,
  files: ScenarioFiles,
): Guest {
  const { id, block, target } = instance;
  const card = cards[instance.card];
  invariant(card !== undefined, "a guest's card is one of the scenario's");
  return {
    id,
    name: target.name,
    memoryBytes: block.memory,
    card: card.id,
    mac: target.mac,
    ip: target.ip,
    weight: block.weight,
    addressFrom: block.kind === "linux" ? "eeprom" : block.address,
    startNs: block.start,
    workload:
      block.kind === "linux"
        ? resolveLinux(block, card.kind)
        : resolveWorkload(block.workload, target.name, targets, files),
  };
}

function resolveLinux(
  { driver: written, image, dhcp, commands }: Extract<GuestBlock, { readonly kind: "linux" }>,
  card: CardKind,
): LinuxWorkload {
  const driver = written ?? builtIn(card)?.linuxDriver;
  invariant(driver !== undefined, "a Linux guest says its driver, or its card does");
  return { kind: "linux", driver, image, dhcp, commands };
}

function resolveWorkload(
  block: WorkloadBlock,
  sender: string,
  targets: Targets,
  files: ScenarioFiles,
): Workload {
  switch (block.kind) {
    case "ping":
      return {
        kind: "ping",
        to: targets.of(block.to, sender),
        intervalNs: block.interval,
        payloadBytes: block.size,
        count: block.count,
        timeoutNs: block.timeout,
      };
    case "stream":
      return {
        kind: "stream",
        to: targets.of(block.to, sender),
        payloadBytes: block.size,
        framesPerS: block.rate,
        count: block.count,
      };
    case "request-response":
      return {
        kind: "request-response",
        to: targets.of(block.to, sender),
        payloadBytes: block.size,
        count: block.count,
        timeoutNs: block.timeout,
      };
    case "replay":
    case "program":
      return { ...block, path: files.locate(block.file) };
    case "dhcp":
      return { kind: "dhcp", timeoutNs: block.timeout };
    case "receive":
    case "hostile":
      return block;
    default:
      return unreachable(block, "resolveWorkload");
  }
}

function resolvePeer(block: PeerBlock, target: Target, targets: Targets, seed: number): Peer {
  switch (block.kind) {
    case "echo":
    case "sink":
      return { kind: block.kind, ...target };
    case "http":
      return { kind: "http", ...target, seed };
    case "source":
      return {
        kind: "source",
        ...target,
        to: block.to.flatMap((name) => targets.ofOurs(name, block.name)),
        framesPerS: block.rate,
        payloadBytes: block.size,
        count: block.count,
        startNs: block.start,
      };
    default:
      return unreachable(block, "resolvePeer");
  }
}

function resolveUplink(block: UplinkBlock, index: number, files: ScenarioFiles): Uplink {
  return {
    id: uplinkId(index),
    name: block.name,
    to: uplinkTo(block, files),
    reconnectNs: block.reconnect,
    bufferFrames: block.buffer,
  };
}

function uplinkTo(block: UplinkBlock, files: ScenarioFiles): UplinkTo {
  if (block.kind === "passt")
    return block.socket === undefined
      ? { kind: "passt" }
      : { kind: "passt-socket", path: files.locate(block.socket) };
  if (block.listen !== undefined) return { kind: "listen", at: block.listen };
  invariant(block.connect !== undefined, "an uplink listens or connects");
  return { kind: "connect", at: block.connect };
}
