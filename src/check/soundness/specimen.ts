/**
 * A card with its model as the checker has to know them: what can be seen of it, and what can happen to it.
 */
import type { BuiltInKind } from "../../devices/catalogue.ts";
import type { Direction } from "../../devices/hooked-list.ts";
import type { Access, InspectableModel, ModelDefinition } from "../../devices/model.ts";
import type { Width } from "../../hardware/cpu.ts";
import type { Innards, Inspectable } from "../../hardware/inspection.ts";
import type { Silicon, Slot } from "../../hardware/silicon.ts";

/** Some ports of the card's window, under one name. */
export interface Register {
  readonly name: string;
  /** The register page on which the ports mean this; undefined when that makes no difference. */
  readonly page: number | undefined;
  readonly port: number;
  readonly bytes: number;
}

/** Accesses of one direction to a register: what a hook is about. */
export interface Hook extends Register {
  readonly direction: Direction;
}

/** A circumstance in which something is hooked, as the model's own memory tells it. */
export interface Circumstance {
  readonly what: string;
  readonly holds: (model: Innards) => boolean;
}

/** Silicon, and what a checker can make of it beyond its ports. */
export interface CardInSight {
  readonly silicon: Silicon & Inspectable;
  /** The register page it is on; undefined when it has no pages. */
  readonly page: number | undefined;
  /** True when it stores frames from the wire that it recognises. */
  readonly armed: boolean;
  /** The frames for which it had no room, by its own count. */
  readonly missed: number;
  /**
   * Its guest has done what a shared card is known to answer otherwise than one of the guest's own: see the
   * card's README. There is nothing to compare with any more.
   */
  readonly departed: boolean;
  /** What it is doing that forbids handing it over. */
  busyWith(): readonly string[];
  /**
   * How its DMA in memory of its own, under way or about to start, leaves where it may go; undefined when it
   * does not.
   */
  stray(): string | undefined;
  /** An access of its guest's that it has just had: for `halfProgrammed`. */
  note(access: Access): void;
  /** What its guest has begun to program and not yet started. */
  readonly halfProgrammed: readonly string[];
  /** Called while it sends: how its frame, in memory of its own, lies where it may not. */
  strayFrame(): string | undefined;
  /** True when this access starts DMA in memory of its own. */
  starts(access: Access): boolean;
  /** What can be read now without changing anything. */
  view(): readonly Register[];
}

/** Something that can happen. */
export type Step =
  /** The guest's driver, or what else runs in it, uses the card. */
  | { readonly kind: "access"; readonly what: string; readonly accesses: readonly Access[] }
  /** The wire. `missedMax`: a bound of the world: none comes when so many have been missed. */
  | {
      readonly kind: "frame";
      readonly what: string;
      readonly frame: Uint8Array;
      readonly missedMax: number;
    }
  | { readonly kind: "sent"; readonly what: string }
  | { readonly kind: "pass"; readonly what: string; readonly ns: number; readonly untilNs: number }
  /** The VMM takes the card's interrupt over. */
  | { readonly kind: "service"; readonly what: string }
  /** The VMM gives the card to somebody else, and back: if the model says that it is reusable. */
  | { readonly kind: "handover"; readonly what: string };

/**
 * Programs of the VMM in the middle of which something else may happen, once, before any of their operations.
 */
export type Segment = "service" | "drain" | "restore" | "exit";

/** Everything that bears on one question; the rest is left out. */
export interface World {
  readonly name: string;
  readonly what: string;
  /** What the guest has done to its card before the search begins. */
  readonly start: readonly Access[];
  readonly steps: readonly Step[];
  readonly amid: readonly Segment[];
  /** No frame arrives while the card's interrupt waits for the VMM; default: frames arrive at any time. */
  readonly promptVmm?: true;
  /** Ways of more steps are not looked at unless somebody asks for them; default: all are. */
  readonly bound?: number;
}

export interface Specimen {
  readonly kind: BuiltInKind;
  readonly model: ModelDefinition<InspectableModel>;
  readonly guestBytes: number;
  /** True for a port that no guest has business with. */
  readonly illegal: (port: number) => boolean;
  /** Names the DMA that a write at this port may start or move: what was approved for it last counts. */
  readonly dmaOf: (port: number) => string;
  readonly insert: (slot: Slot, mac: Uint8Array) => CardInSight;
  /** What somebody else does to the card while the guest is without it; it is reset behind it. */
  readonly stranger: readonly Access[];
  readonly worlds: readonly World[];
  /** What a guest reads and writes now and then on a walk. */
  readonly registers: readonly { readonly name: string; readonly port: number; readonly width: Width }[];
  /** Everything that can be hooked. */
  readonly hooks: readonly Hook[];
  readonly circumstances: readonly Circumstance[];
  /** Why a hook is in place though nothing breaks without it here. */
  readonly excuse: (hook: Hook) => string | undefined;
  /** Accesses that a hook is about. */
  readonly touches: (hook: Hook) => readonly Step[];
  /** A small world about one hook, but for these. */
  readonly surroundings: (hook: Hook) => World;
}
