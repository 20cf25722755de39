/**
 * The Device Modeling Monitor of one card (paper, section "The DMM"). It drives one device model for each guest, carries
 * out the accesses that exit, stops the illegitimate ones, and moves the device context in and out of the card. All that
 * touches the card is a Sequence of port operations at the card's own I/O base: the DMM does not know who executes them.
 */
import type { GuestId } from "../base/ids.ts";
import { HookedList, WINDOW_PORTS } from "../devices/hooked-list.ts";
import type { Access, DeviceModel, ModelDefinition, ModelHost, Phase, Verdict } from "../devices/model.ts";
import { directionOf, type PortOp, type Sequence, type Width } from "../hardware/cpu.ts";
import { littleEndian, putLittleEndian } from "../hardware/little-endian.ts";
import { actionFor, type FailurePolicy, type Violation } from "./failure.ts";

/** The outcome of an access that exited. */
export interface ExitResult {
  readonly value: number;
  /** What was stopped, in the order of the access's units; empty when all was legitimate. */
  readonly violations: readonly Violation[];
}

export interface DmmOptions {
  readonly definition: ModelDefinition;
  readonly failure: FailurePolicy;
  /** What the models of each guest may use; called once for each guest, at its first access. */
  readonly hostOf: (guest: GuestId) => ModelHost;
}

export class Dmm {
  readonly definition: ModelDefinition;
  /** May be changed at run time. */
  failure: FailurePolicy;
  readonly #hostOf: (guest: GuestId) => ModelHost;
  readonly #hosts = new Map<GuestId, ModelHost>();
  readonly #models = new Map<GuestId, DeviceModel>();
  readonly #extraHooks = new Map<GuestId, HookedList>();

  constructor(options: DmmOptions) {
    this.definition = options.definition;
    this.failure = options.failure;
    this.#hostOf = options.hostOf;
  }

  /** The guest's model; on its first use that of a card after power-on. (init_model) */
  model(guest: GuestId): DeviceModel {
    const known = this.#models.get(guest);
    if (known !== undefined) return known;
    const fresh = this.definition.initModel(this.#host(guest));
    this.#models.set(guest, fresh);
    return fresh;
  }

  /** Those that have been used. */
  get models(): ReadonlyMap<GuestId, DeviceModel> {
    return this.#models;
  }

  /** Forgets the guest's model and context: its next access finds a card after power-on. (deinit_model) */
  deinitModel(guest: GuestId): void {
    this.#models.delete(guest);
    this.#extraHooks.delete(guest);
  }

  /** Makes accesses exit that the model itself does not need. (hook_port) */
  hookPort(guest: GuestId, port: number, direction: Access["direction"]): void {
    const extra = this.#extraHooks.get(guest) ?? new HookedList();
    extra.hook(port, direction);
    this.#extraHooks.set(guest, extra);
  }

  /** Takes back `hookPort`; what the model hooks stays hooked. (unhook_port) */
  unhookPort(guest: GuestId, port: number, direction: Access["direction"]): void {
    this.#extraHooks.get(guest)?.unhook(port, direction);
  }

  /** What must exit while the guest holds the card. */
  hooks(guest: GuestId): HookedList {
    const extra = this.#extraHooks.get(guest);
    const hooks = this.model(guest).hooks;
    return extra === undefined
      ? hooks
      : new HookedList(hooks.bytes.map((byte, i) => byte | (extra.bytes[i] ?? 0)));
  }

  phase(guest: GuestId): Phase {
    return this.model(guest).phase;
  }

  /**
   * Carries out an operation of the guest that holds the card: through the model where it is hooked, straight to the card
   * where it is not (an operation that was blocked may be either). (port_access)
   */
  *exit(guest: GuestId, op: PortOp): Sequence<ExitResult> {
    const host = this.#host(guest);
    const port = op.port - host.ioBase;
    const direction = directionOf(op);
    if (port < 0 || port + op.width > WINDOW_PORTS) {
      return {
        value: 0,
        violations: [this.#violation("port", port, direction, "outside the card's window")],
      };
    }
    if (!this.hooks(guest).covers(port, op.width, direction)) return yield* this.#straight(op, host);
    if (op.kind === "in" || op.kind === "out") {
      const value = op.kind === "out" ? op.value : 0;
      return yield* this.#access(guest, { port, width: op.width, direction, value });
    }
    return yield* this.#string(guest, op, host);
  }

  /** The card has raised its line: takes the status over into the guest's virtual one. False: there was nothing. */
  *interrupt(guest: GuestId): Sequence<boolean> {
    return yield* this.model(guest).updateFromCard();
  }

  #host(guest: GuestId): ModelHost {
    const known = this.#hosts.get(guest) ?? this.#hostOf(guest);
    this.#hosts.set(guest, known);
    return known;
  }

  *#straight(op: PortOp, host: ModelHost): Sequence<ExitResult> {
    if (op.kind === "in" || op.kind === "out") return { value: yield op, violations: [] };
    const address = host.toHost(op.address, op.count * op.width);
    if (address === undefined) {
      const reason = `string operation at 0x${op.address.toString(16)} leaves the guest's memory`;
      const port = op.port - host.ioBase;
      return { value: 0, violations: [this.#violation("dma", port, directionOf(op), reason)] };
    }
    return { value: yield { ...op, address }, violations: [] };
  }

  /** A hooked string operation, unit by unit; the units that were carried out stay, whatever comes after. */
  *#string(
    guest: GuestId,
    op: Extract<PortOp, { readonly kind: "ins" | "outs" }>,
    host: ModelHost,
  ): Sequence<ExitResult> {
    const port = op.port - host.ioBase;
    const direction = directionOf(op);
    const violations: Violation[] = [];
    if (!host.memory.contains(op.address, op.count * op.width)) {
      const reason = `string operation at 0x${op.address.toString(16)} leaves the guest's memory`;
      return {
        value: 0,
        violations: [this.#violation("dma", port, direction, reason)],
      };
    }
    for (let i = 0; i < op.count && violations.length === 0; i++) {
      const at = op.address + i * op.width;
      const bytes = host.memory.bytes(at, op.width);
      const value = op.kind === "outs" ? littleEndian(bytes, 0, op.width) : 0;
      const result = yield* this.#access(guest, { port, width: op.width, direction, value });
      violations.push(...result.violations);
      if (op.kind === "ins") putLittleEndian(bytes, 0, op.width, result.value);
    }
    return { value: 0, violations };
  }

  /** Cuts an access into whole registers, checks each and carries it out. */
  *#access(guest: GuestId, access: Access): Sequence<ExitResult> {
    const model = this.model(guest);
    const violations: Violation[] = [];
    let value = 0;
    for (let at = 0; at < access.width; ) {
      const unit = this.definition.registerAt(access.port + at, widthWithin(access.width - at));
      const skip = access.port + at - unit.port;
      const lanes = Math.min(unit.width - skip, access.width - at);
      let whole: Access = { port: unit.port, width: unit.width, direction: access.direction, value: 0 };
      if (access.direction === "write") {
        // A write of some bytes of a register leaves the others as they are; of a write-1-to-clear one they write 0.
        const rest =
          lanes === unit.width || unit.writeOneToClear
            ? 0
            : yield* model.perform({ ...whole, direction: "read" });
        whole = { ...whole, value: mergeLanes(rest, access.value, skip, at, lanes) };
      }
      const verdict = yield* this.#check(model, whole);
      if (verdict.kind === "approved") {
        const answer = yield* model.perform(whole);
        value = mergeLanes(value, answer, at, skip, lanes);
      } else {
        const violation = this.#violation(verdict.violation, unit.port, access.direction, verdict.reason);
        if (violation.action === "device-interrupt") model.injectError(whole);
        violations.push(violation);
      }
      at += lanes;
    }
    return { value, violations };
  }

  /** Nothing is denied for what the card has finished already and the model has not heard of. */
  *#check(model: DeviceModel, access: Access): Sequence<Verdict> {
    const verdict = model.checkModel(access);
    if (verdict.kind === "approved" || !(yield* model.updateFromCard())) return verdict;
    return model.checkModel(access);
  }

  #violation(
    kind: Violation["kind"],
    port: number,
    direction: Access["direction"],
    reason: string,
  ): Violation {
    const register = this.definition.registerName(port, direction);
    return { kind, register, reason, action: actionFor(this.failure, kind) };
  }
}

/** The widest access that `bytes` (1 .. 4) leave room for. */
const widthWithin = (bytes: number): Width => (bytes >= 4 ? 4 : bytes >= 2 ? 2 : 1);

/** `into` with the `lanes` bytes from `to` replaced by those of `from` at `skip`. */
function mergeLanes(into: number, from: number, to: number, skip: number, lanes: number): number {
  let value = into;
  for (let i = 0; i < lanes; i++) {
    const byte = (from >>> (8 * (skip + i))) & 0xff;
    const shift = 8 * (to + i);
    value = (value & ~(0xff << shift)) | (byte << shift);
  }
  return value >>> 0;
}
