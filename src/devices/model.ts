/**
 * The contract of a device model, the small machine with which the DMM follows a card (paper, section "The device
 * model"). A model has an XState machine (what the card is doing), a scratchpad (what it must remember), checking
 * functions (what a guest may do) and a context table (how each part of the card survives a handoff).
 *
 * Everything that touches the card is a Sequence: port operations at the card's own I/O base, executed by whoever runs
 * the DMM.
 */
import type { Sequence, Width } from "../hardware/cpu.ts";
import type { Inspectable } from "../hardware/inspection.ts";
import type { GuestMemory } from "../hardware/memory.ts";
import type { Automaton } from "../machine/automaton.ts";
import type { Direction, HookedList } from "./hooked-list.ts";

/**
 * How near the card is to being handed over. `completing`: it will be reusable when what it does is done, without the
 * guest (transmits under way). `programming`: only the guest can bring it there (a half-programmed operation).
 */
export type Phase = "reusable" | "completing" | "programming";

/** How an element of the device context survives a handoff. */
export type Keeping =
  /** Read back from the card, written back to it. */
  | "register"
  /** Recorded from hooked writes (the card cannot be asked), written back. */
  | "shadow"
  /** Brought back by making the card go through operations again. */
  | "replay"
  /** Served by the VMM; the guest never sees the card's own. */
  | "virtual"
  /** Not kept; `how` says what the guest sees instead. */
  | "lost";

export interface ContextElement {
  readonly name: string;
  readonly keeping: Keeping;
  readonly how: string;
}

/** One guest access of one width to the card's window; string operations come one unit at a time. */
export interface Access {
  /** Offset in the card's window. */
  readonly port: number;
  readonly width: Width;
  readonly direction: Direction;
  /** What a write writes; 0 for a read. */
  readonly value: number;
}

/** What was wrong with a refused request; each has its own failure policy. */
export type ViolationKind = "port" | "dma" | "transition";

export type Verdict =
  | { readonly kind: "approved" }
  | { readonly kind: "denied"; readonly violation: ViolationKind; readonly reason: string };

export const APPROVED: Verdict = { kind: "approved" };
export const denied = (violation: ViolationKind, reason: string): Verdict => ({
  kind: "denied",
  violation,
  reason,
});

/** What the DMM offers to a model (paper, "model uses": hook_port, unhook_port, port_access). */
export interface ModelHost {
  /** First port of the physical card. */
  readonly ioBase: number;
  /** The guest's own MAC address, which it must find in "its" EEPROM. */
  readonly mac: Uint8Array;
  /** The guest's memory, by guest-physical address. */
  readonly memory: GuestMemory;
  /** Where a guest-physical range lies in host memory; undefined when any of it is not the guest's. */
  toHost(address: number, bytes: number): number | undefined;
  /** Memory of the VMM for its own DMA on this card; its addresses are host-physical. */
  readonly scratch: GuestMemory;
}

export interface DeviceModel {
  /** Name of the machine's present state. */
  readonly stateName: string;
  readonly phase: Phase;
  /** What must exit now: by the state of the machine and by what the scratchpad serves. */
  readonly hooks: HookedList;
  /** True while the guest has armed the receiver: it wants the card back to receive. */
  readonly listening: boolean;
  /** The virtual interrupt line: what the guest should see. */
  readonly interrupt: boolean;

  /** May this hooked access go ahead? Pure. (check_model) */
  checkModel(access: Access): Verdict;
  /** Carries an approved access out, on the card or on what is virtual, and follows it. (update_model) */
  perform(access: Access): Sequence<number>;
  /**
   * Reads the card's interrupt status, takes it over into the virtual one, follows it; false when there was nothing.
   * (update_model, interrupt)
   */
  updateFromCard(): Sequence<boolean>;
  /** Shows the guest a device error for a refused request: what the failure policy "device-interrupt" injects. */
  injectError(refused: Access): void;

  /** Disarms the receiver through the card's registers; from then on nothing lands in the guest's memory. */
  quiesce(): Sequence<void>;
  /** Reads the device context out of a quiet card. */
  save(): Sequence<void>;
  /** Programs a freshly reset card with the device context. */
  restore(): Sequence<void>;
}

/** A model that can be checked against its card. */
export type InspectableModel = DeviceModel & Inspectable;

/** A register as the model handles it: always whole. */
export interface RegisterUnit {
  readonly port: number;
  readonly width: Width;
  readonly writeOneToClear: boolean;
}

/** One row of the catalogue of models. */
export interface ModelDefinition<M extends DeviceModel = DeviceModel> {
  /** The statechart, memoised; one for all guests. */
  readonly automaton: Automaton;
  readonly context: readonly ContextElement[];
  /** The register that `port` belongs to; `width` is the access's, for ports that take any (a data port). */
  registerAt(port: number, width: Width): RegisterUnit;
  /** Register name for reports, e.g. "TSD0". */
  registerName(port: number, direction: Direction): string;
  /** A model of the card as it is after power-on. (init_model) */
  initModel(host: ModelHost): M;
  /** Resets the physical card, whatever state it is in. */
  resetCard(ioBase: number): Sequence<void>;
}
