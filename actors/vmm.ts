/**
 * What every mode's VMM has in common: the guests of a card, their platform (PCI configuration), what it counts for them,
 * and the answers it gives.
 */

import { Histogram, type HistogramData } from "../src/base/histogram.ts";
import type { CardId, GuestId } from "../src/base/ids.ts";
import { WINDOW_PORTS } from "../src/devices/hooked-list.ts";
import type { ModelDefinition, ModelHost } from "../src/devices/model.ts";
import { type CpuOp, directionOf, type PortOp } from "../src/hardware/cpu.ts";
import type { GuestMemory, Slab } from "../src/hardware/memory.ts";
import { PciBus, type PciIdentity } from "../src/hardware/pci.ts";
import type { Ports } from "../src/machine/actor.ts";
import { guestAddress } from "../src/protocol/address.ts";
import { ExitCounters } from "../src/vpio/exit-counters.ts";
import { actionFor, type FailurePolicy, type Violation } from "../src/vpio/failure.ts";

/** Where a guest finds its card on its PCI bus. */
const CARD_SLOT = 3;

/** A guest as the VMM knows it. */
export interface VmmGuest {
  readonly id: GuestId;
  readonly name: string;
  readonly mac: Uint8Array;
  readonly slab: Slab;
  readonly memory: GuestMemory;
  /** Told of what is written to the memory by a virtual card; absent where nobody keeps anything about it. */
  readonly noteWrite?: ((address: number, bytes: number) => void) | undefined;
  readonly weight: number;
}

export interface VmmOptions {
  readonly card: CardId;
  readonly cardName: string;
  readonly ioBase: number;
  readonly irq: number;
  readonly pci: PciIdentity;
  readonly guests: readonly VmmGuest[];
  /** The VMM's own memory for this card; its addresses are host-physical. */
  readonly scratch: GuestMemory;
  readonly failure: FailurePolicy;
  readonly ports: Ports;
  readonly onViolation?: (guest: GuestId, violation: Violation) => void;
  readonly onHandoff?: (record: HandoffRecord) => void;
}

/** One ownership, for traces. */
export interface HandoffRecord {
  readonly guest: GuestId;
  readonly epoch: number;
  readonly what: "granted" | "released" | "wedged";
}

/** What the VMM counts for one guest. */
export interface VmmGuestReport {
  readonly exits: number;
  readonly exitsByCause: readonly (readonly [cause: string, count: number])[];
  readonly interruptsInjected: number;
  readonly violations: readonly (Violation & { readonly count: number })[];
  readonly grants: number;
  readonly heldNs: number;
  readonly blocked: HistogramData;
  readonly handoffLatency: HistogramData;
  readonly ended: string | undefined;
}

/** One guest's bookkeeping in the VMM. */
export class GuestDesk {
  readonly guest: VmmGuest;
  readonly exits = new ExitCounters();
  readonly blocked = new Histogram();
  readonly handoffLatency = new Histogram();
  readonly pci = new PciBus();
  interruptsInjected = 0;
  grants = 0;
  /** Why the guest is gone; undefined while it runs. */
  ended: string | undefined;
  readonly #violations = new Map<string, { violation: Violation; count: number }>();
  readonly #options: VmmOptions;
  #line = false;

  constructor(guest: VmmGuest, options: VmmOptions) {
    this.guest = guest;
    this.#options = options;
    this.pci.plug(CARD_SLOT, options.pci, options.ioBase, options.irq);
  }

  /** What the guest's device model may use. */
  modelHost(): ModelHost {
    const { ioBase, scratch } = this.#options;
    const { mac, memory, slab } = this.guest;
    const toHost = (address: number, bytes: number): number | undefined =>
      memory.contains(address, bytes) ? address - slab.guest + slab.host : undefined;
    return { ioBase, mac, memory, toHost, scratch };
  }

  /** Sends the virtual interrupt line to the guest when it has changed. */
  inject(level: boolean): void {
    if (level === this.#line) return;
    this.#line = level;
    if (level) this.interruptsInjected++;
    this.#options.ports.send(guestAddress(this.guest.id), { type: "injectIrq", level: level ? 1 : 0 });
  }

  resume(value: number): void {
    this.#options.ports.send(guestAddress(this.guest.id), { type: "resume", value: value >>> 0 });
  }

  /** Ends the guest: the reason becomes its error in the report. */
  machineCheck(reason: string): void {
    if (this.ended !== undefined) return;
    this.ended = reason;
    const bytes = new TextEncoder().encode(reason).subarray(0, MACHINE_CHECK_BYTES);
    this.#options.ports.send(guestAddress(this.guest.id), { type: "machineCheck", reason: bytes });
  }

  /** The card is gone, and the guest with it. */
  loseCard(): void {
    this.machineCheck(`the card ${this.#options.cardName} is lost`);
  }

  /**
   * Serves an exit that needs no card: PCI configuration, or a port that is nobody's, which may end the guest. False: it
   * is for the card.
   */
  servePlatform(op: PortOp): boolean {
    const { ioBase } = this.#options;
    if (PciBus.answers(op.port)) {
      this.exits.count("pci configuration");
      this.resume(pciAccess(this.pci, op));
      return true;
    }
    if (op.port >= ioBase && op.port < ioBase + WINDOW_PORTS) return false;
    this.exits.count("foreign port");
    this.refuse(this.#foreignPort(op.port));
    return true;
  }

  /** Counts an exit for the card; answers the name of the register. */
  countAccess(op: PortOp, model: Pick<ModelDefinition, "registerName">): string {
    const direction = directionOf(op);
    const register = model.registerName(op.port - this.#options.ioBase, direction);
    this.exits.count(`${direction} ${register}`);
    return register;
  }

  /** An operation that is refused reads 0 and writes nothing, if it does not end the guest. */
  refuse(violation: Violation): void {
    if (this.record(violation)) this.machineCheck(violation.reason);
    else this.resume(0);
  }

  #foreignPort(port: number): Violation {
    const { failure, cardName } = this.#options;
    const register = `0x${port.toString(16)}`;
    const reason = `port ${register} is not a port of ${cardName}`;
    return { kind: "port", register, reason, action: actionFor(failure, "port") };
  }

  /** Counts what was stopped; true when the guest must be ended for it. */
  record(violation: Violation): boolean {
    const key = `${violation.kind} ${violation.register} ${violation.action}`;
    const known = this.#violations.get(key);
    if (known === undefined) this.#violations.set(key, { violation, count: 1 });
    else known.count++;
    this.#options.onViolation?.(this.guest.id, violation);
    return violation.action === "machine-check";
  }

  report(heldNs: number): VmmGuestReport {
    return {
      exits: this.exits.total,
      exitsByCause: this.exits.byCause(),
      interruptsInjected: this.interruptsInjected,
      violations: [...this.#violations.values()].map(({ violation, count }) => ({ ...violation, count })),
      grants: this.grants,
      heldNs,
      blocked: this.blocked.data(),
      handoffLatency: this.handoffLatency.data(),
      ended: this.ended,
    };
  }
}

/** The longest reason that fits into a control cell. */
const MACHINE_CHECK_BYTES = 96;

function pciAccess(pci: PciBus, op: CpuOp): number {
  if (op.kind === "in") return pci.read(op.port, op.width);
  if (op.kind === "out") pci.write(op.port, op.width, op.value);
  return 0;
}
