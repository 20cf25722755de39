/**
 * A scenario with nothing left to guess: every default filled in, every reference resolved, every quantity in
 * one unit. Plain data that crosses structuredClone.
 */

import type { CardId, GuestId, UplinkId } from "../base/ids.ts";
import type { CardKind, LinuxDriver } from "../devices/device.ts";
import type { FailurePolicy } from "../vpio/failure.ts";
import type { PolicyChoice } from "../vpio/policies/catalogue.ts";

export const MODES = ["passthrough", "vpio", "vnic"] as const;
export const RECEIVE_STRATEGIES = ["drop", "hold", "arrival"] as const;
export const ATTACKS = ["dma-outside", "dma-over-end", "never-idle", "touch-unheld"] as const;
export const ADDRESS_SOURCES = ["eeprom", "registers"] as const;
export const REPLAY_TIMINGS = ["asap", "captured"] as const;

/** How the guests get at the card: one has it to itself, they take turns, or each has a virtual one. */
export type Mode = (typeof MODES)[number];
/** What becomes of frames for a guest that does not hold the card. */
export type ReceiveStrategy = (typeof RECEIVE_STRATEGIES)[number];
export type Attack = (typeof ATTACKS)[number];
/** Where a driver reads its address, of a card that has both. */
export type AddressFrom = (typeof ADDRESS_SOURCES)[number];
/** The image of Debian's packages; others are the user's own. */
export const DEBIAN_IMAGE = "debian";
/** v86 puts the initial RAM disk at 64 MiB, and there is to be room for it; all of the memory is held. */
export const LINUX_MEMORY_BYTES = { least: 72 * 2 ** 20, usual: 80 * 2 ** 20, most: 2 ** 30 } as const;
export type ReplayTiming = (typeof REPLAY_TIMINGS)[number];

/** Where guests send traffic: a guest, a peer, or a host behind an uplink. Its MAC address is asked for by ARP. */
export interface Destination {
  readonly name: string;
  /** Unsigned, 32 bits. */
  readonly ip: number;
  /** Behind an uplink: it may come long after the run's begin. */
  readonly isOutside?: true;
}

/** One of the scenario's own: a guest or a peer. */
export interface Target extends Destination {
  readonly mac: Uint8Array;
}

/** A kind of card that comes with the scenario. */
export interface Plugin {
  readonly kind: CardKind;
  /** As the scenario names it. */
  readonly file: string;
  /** Where to open it. */
  readonly path: string;
}

export interface Card {
  readonly id: CardId;
  readonly name: string;
  readonly kind: CardKind;
  /** First port of its I/O window of 256. */
  readonly port: number;
  readonly irq: number;
  readonly rateBitsPerS: number;
  readonly policy: PolicyChoice;
  readonly receive: ReceiveStrategy;
  /** Frames held for each guest. */
  readonly holdFrames: number;
  readonly watchdogNs: number;
  readonly revokeNs: number;
  /** The guest that has it in passthrough mode; undefined when no guest uses the card. */
  readonly owner: GuestId | undefined;
  readonly failure: FailurePolicy;
}

/**
 * `to` has one target or more, that are served in turn; an absent rate is as fast as it goes, an absent count
 * no end.
 */
export type Workload =
  | {
      readonly kind: "ping";
      readonly to: readonly Destination[];
      readonly intervalNs: number;
      readonly payloadBytes: number;
      readonly count: number | undefined;
      readonly timeoutNs: number;
    }
  | {
      readonly kind: "stream";
      readonly to: readonly Destination[];
      readonly payloadBytes: number;
      readonly framesPerS: number | undefined;
      readonly count: number | undefined;
    }
  | {
      readonly kind: "request-response";
      readonly to: readonly Destination[];
      readonly payloadBytes: number;
      readonly count: number | undefined;
      readonly timeoutNs: number;
    }
  | { readonly kind: "receive" }
  | { readonly kind: "dhcp"; readonly timeoutNs: number }
  | {
      readonly kind: "replay";
      /** As the scenario names it. */
      readonly file: string;
      /** Where to open it. */
      readonly path: string;
      readonly loop: boolean;
      readonly timing: ReplayTiming;
    }
  | { readonly kind: "hostile"; readonly attack: Attack }
  | { readonly kind: "program"; readonly file: string; readonly path: string }
  | LinuxWorkload;

/** An unmodified Linux with its own driver; what it does are the commands of its shell, one after the other. */
export interface LinuxWorkload {
  readonly kind: "linux";
  readonly driver: LinuxDriver;
  /** What is in its machine, as `vpio guest build` has named it. */
  readonly image: string;
  /** It asks the network for its address, in place of the guest's `ip`. */
  readonly dhcp: boolean;
  readonly commands: readonly string[];
}

export type WorkloadKind = Workload["kind"];

export interface Guest {
  readonly id: GuestId;
  readonly name: string;
  readonly memoryBytes: number;
  readonly card: CardId;
  readonly mac: Uint8Array;
  /** Unsigned, 32 bits. */
  readonly ip: number;
  readonly weight: number;
  readonly startNs: number;
  readonly addressFrom: AddressFrom;
  readonly workload: Workload;
}

/** Something on the wire that is no guest; its `name`, `mac` and `ip` are what traffic is sent to. */
export type Peer =
  | (Target & { readonly kind: "echo" })
  | (Target & { readonly kind: "sink" })
  | (Target & {
      readonly kind: "http";
      /** Of the contents of its files. */
      readonly seed: number;
    })
  | (Target & {
      readonly kind: "source";
      readonly to: readonly Target[];
      /** Over all targets together, each in turn. */
      readonly framesPerS: number;
      readonly payloadBytes: number;
      readonly count: number | undefined;
      readonly startNs: number;
    });

/** Where one of two ends is listened at, or connected to. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Who is at the other end of an uplink, and how it is found. */
export type UplinkTo =
  | { readonly kind: "listen"; readonly at: Endpoint }
  | { readonly kind: "connect"; readonly at: Endpoint }
  /** A passt that runs already, by its socket; or one of our own. */
  | { readonly kind: "passt-socket"; readonly path: string }
  | { readonly kind: "passt" };

/** A link from the segment to the outside. */
export interface Uplink {
  readonly id: UplinkId;
  readonly name: string;
  readonly to: UplinkTo;
  /** How long it waits before it connects again, at first. */
  readonly reconnectNs: number;
  /** Frames that wait for the link before it drops. */
  readonly bufferFrames: number;
}

export interface Wire {
  /** The link rate of the peers' ports. */
  readonly rateBitsPerS: number;
  /** Frames each port buffers before it drops. */
  readonly bufferFrames: number;
  readonly peers: readonly Peer[];
  /** An uplink's id is its index here. */
  readonly uplinks: readonly Uplink[];
}

/** Virtual time on the seeded engine, in nanoseconds. */
export interface Costs {
  /** A trap into the VMM: a hooked operation, an operation of a guest without the card, an interrupt. */
  readonly exitNs: number;
  /** An update of the device model, with each exit. */
  readonly modelNs: number;
  /** A port operation of the guest that holds the card; each unit of a string operation. */
  readonly ioNs: number;
  /** A port operation of the VMM's own, as when it saves or restores a register. */
  readonly restoreNs: number;
  /** Whatever else an actor does in one move. */
  readonly stepNs: number;
}

export interface Scenario {
  /** The file it was read from. */
  readonly file: string;
  readonly name: string;
  readonly description: string;
  /** Unsigned, 32 bits. */
  readonly seed: number;
  readonly durationNs: number;
  readonly mode: Mode;
  readonly hostMemoryBytes: number;
  readonly costs: Costs;
  readonly wire: Wire;
  readonly plugins: readonly Plugin[];
  /** A card's id is its index here. */
  readonly cards: readonly Card[];
  /** A guest's id is its index here. */
  readonly guests: readonly Guest[];
}

/** What a command line may say otherwise than the file. */
export interface Overrides {
  readonly mode?: Mode | undefined;
  readonly seed?: number | undefined;
  readonly durationNs?: number | undefined;
}
