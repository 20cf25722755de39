/**
 * The body of a NIC: the silicon in its slot. It masters the bus with whatever addresses it was programmed with; nothing
 * here checks them.
 */
import { VpioError } from "../src/base/errors.ts";
import { type Epoch, epoch, type GuestId, guestId, NOBODY } from "../src/base/ids.ts";
import { isMulticast, MAC_BYTES, macKey } from "../src/ethernet/mac.ts";
import { type PortOp, type Width, widthMask } from "../src/hardware/cpu.ts";
import { littleEndian, putLittleEndian } from "../src/hardware/little-endian.ts";
import type { HostMemory } from "../src/hardware/memory.ts";
import type { ReceiveOutcome, Silicon, Slot } from "../src/hardware/silicon.ts";
import { type Actor, MachineRunner, type Ports } from "../src/machine/actor.ts";
import { type Address, arbiterAddress, cardOf, guestAddress, roleOf, WIRE } from "../src/protocol/address.ts";
import { MAX_CARRIED_FRAME_BYTES } from "../src/protocol/codec.ts";
import type { Message, MessageOf } from "../src/protocol/messages.ts";
import { FORM, toPortOp } from "../src/protocol/operation.ts";
import { type NicEffect, type NicEvent, nicAutomaton } from "./nic.ts";

const CARD_TIMER = 1;
/** Bytes of a string operation that are moved to or from memory at once; a multiple of every width. */
const STRING_BYTES = 4096;

/** A frame at the card's connector, for captures. The bytes are only valid during the call. */
export interface CardFrame {
  readonly timestampNs: number;
  readonly direction: "in" | "out";
  readonly epoch: Epoch;
  readonly holder: GuestId | undefined;
  readonly bytes: Uint8Array;
  /** What became of a frame that came in. */
  readonly outcome: ReceiveOutcome | undefined;
}

export interface NicOptions {
  readonly address: Address;
  readonly makeSilicon: (slot: Slot) => Silicon;
  readonly host: HostMemory;
  readonly ports: Ports;
  readonly onFrame?: (frame: CardFrame) => void;
}

export interface NicCounters {
  sentFrames: number;
  sentBytes: number;
  /** Frames longer than any Ethernet carries: the card sent them, the segment did not take them. */
  oversizeFrames: number;
  received: Record<ReceiveOutcome, number>;
  /** Frames not stored, by the destination they were for (macKey; multicast under 0) and why. */
  missed: Map<number, Record<Exclude<ReceiveOutcome, "stored">, number>>;
  refusedOperations: number;
  /**
   * Operations that passed the fence and were not of the guest that it was open for. The fence looks at epochs alone, so
   * that an epoch which two guests had, or one that was not looked at, shows here.
   */
  foreignOperations: number;
  dmaBytes: number;
}

export class NicActor implements Actor {
  readonly address: Address;
  readonly runnable = false;
  readonly silicon: Silicon;
  readonly counters: NicCounters = {
    sentFrames: 0,
    sentBytes: 0,
    oversizeFrames: 0,
    received: { stored: 0, filtered: 0, off: 0, overflow: 0, refused: 0 },
    missed: new Map(),
    refusedOperations: 0,
    foreignOperations: 0,
    dmaBytes: 0,
  };
  readonly #options: NicOptions;
  readonly #runner: MachineRunner<NicEvent, NicEffect>;
  readonly #arbiter: Address;
  readonly #words = new Uint8Array(STRING_BYTES);
  #epoch: Epoch = NOBODY;
  #holder: GuestId | undefined;
  /** Operations of the present epoch executed so far. */
  #executed = 0;
  #fence: MessageOf<"fence"> | undefined;
  /** What the present event was made of: an effect takes it for the kind that its event is made of. */
  #message: Message | undefined;
  #from: Address = WIRE;
  #line = false;
  /** The frame at the PHY. */
  #outgoing: Uint8Array = new Uint8Array(0);

  constructor(options: NicOptions) {
    this.address = options.address;
    this.#options = options;
    this.#arbiter = arbiterAddress(cardOf(options.address));
    this.#runner = new MachineRunner(nicAutomaton, (effect) => this.#perform(effect), options.ports.onStep);
    this.silicon = options.makeSilicon(this.#slot());
  }

  get stateName(): string {
    return this.#runner.stateName;
  }

  /** The guest whose operations pass the fence, for inspection. */
  get holder(): GuestId | undefined {
    return this.#holder;
  }

  step(): void {}

  deliver(from: Address, message: Message): void {
    this.#message = message;
    this.#from = from;
    this.#runner.raise(this.#classify(from, message));
  }

  #classify(from: Address, message: Message): NicEvent {
    switch (message.type) {
      case "io":
        if (roleOf(from) === "arbiter") return "VMM_IO";
        return message.epoch === this.#epoch && this.#epoch !== NOBODY ? "IO" : "STALE_IO";
      case "fence":
        this.#fence = message;
        if (message.epoch !== NOBODY) return "FENCE_OPEN";
        return message.drain !== 0 && this.#executed < message.awaited ? "FENCE_DRAIN" : "FENCE_CLOSE";
      case "frame":
        return "FRAME";
      case "frameSent":
        return "SENT";
      case "timer":
        return "TIMER";
      default:
        throw new VpioError("INTERNAL", `a NIC does not understand ${message.type}`);
    }
  }

  #perform(effect: NicEffect): void {
    switch (effect.type) {
      case "execute":
        return this.#execute(this.#message as MessageOf<"io">, true);
      case "executeForVmm":
        return this.#execute(this.#message as MessageOf<"io">, false);
      case "refuse":
        return this.#refuse(this.#message as MessageOf<"io">);
      case "raiseFence":
        return this.#raiseFence();
      case "sendFrame":
        return this.#sendFrame();
      case "frameLeft":
        return this.silicon.transmitted();
      case "receive":
        return this.#receive((this.#message as MessageOf<"frame">).bytes);
      case "cardTimer":
        return this.silicon.timer();
    }
  }

  #execute(io: MessageOf<"io">, fromGuest: boolean): void {
    const value = io.form === FORM.sync ? 0 : this.#operate(toPortOp(io));
    if (io.posted === 0) this.#options.ports.send(this.#from, { type: "ioDone", value });
    if (!fromGuest || io.form === FORM.sync) return;
    this.#executed++;
    if (this.#holder === undefined || this.#from !== guestAddress(this.#holder))
      this.counters.foreignOperations++;
    const fence = this.#fence;
    if (fence !== undefined && fence.drain !== 0 && this.#executed >= fence.awaited)
      this.#runner.raise("DRAINED");
  }

  #operate(op: PortOp): number {
    switch (op.kind) {
      case "in":
        return this.silicon.readPort(op.port, op.width);
      case "out":
        this.silicon.writePort(op.port, op.width, (op.value & widthMask(op.width)) >>> 0);
        return 0;
      case "ins":
      case "outs":
        this.#string(op);
        return 0;
    }
  }

  /** The processor's part of a string operation: it moves the bytes, not the card, so this is no DMA. */
  #string({ kind, port, width, count, address }: Extract<PortOp, { readonly kind: "ins" | "outs" }>): void {
    const { host } = this.#options;
    for (let at = 0; at < count * width; at += STRING_BYTES) {
      const bytes = this.#words.subarray(0, Math.min(STRING_BYTES, count * width - at));
      if (kind === "outs") {
        host.read(address + at, bytes);
        this.#writeString(port, width, bytes);
      } else {
        this.#readString(port, width, bytes);
        host.write(address + at, bytes);
      }
    }
  }

  #readString(port: number, width: Width, into: Uint8Array): void {
    if (this.silicon.readString !== undefined) return this.silicon.readString(port, width, into);
    for (let i = 0; i < into.length; i += width)
      putLittleEndian(into, i, width, this.silicon.readPort(port, width));
  }

  #writeString(port: number, width: Width, from: Uint8Array): void {
    if (this.silicon.writeString !== undefined) return this.silicon.writeString(port, width, from);
    for (let i = 0; i < from.length; i += width)
      this.silicon.writePort(port, width, littleEndian(from, i, width));
  }

  #refuse(io: MessageOf<"io">): void {
    const { form, port, width, value, count, address } = io;
    this.counters.refusedOperations++;
    const refusal = {
      type: "fenced",
      epoch: io.epoch,
      posted: io.posted,
      form,
      port,
      width,
      value,
      count,
      address,
    } as const;
    this.#options.ports.send(this.#from, refusal);
  }

  #raiseFence(): void {
    const fence = this.#fence;
    if (fence === undefined) return;
    this.#epoch = epoch(fence.epoch);
    this.#holder = fence.epoch === NOBODY ? undefined : guestId(fence.holder);
    this.#executed = 0;
    this.#fence = undefined;
    this.#options.ports.send(this.#arbiter, { type: "drained", epoch: fence.epoch });
  }

  #sendFrame(): void {
    const bytes = this.#outgoing;
    this.counters.sentFrames++;
    this.counters.sentBytes += bytes.length;
    this.#record("out", bytes, undefined);
    if (bytes.length > MAX_CARRIED_FRAME_BYTES) {
      this.counters.oversizeFrames++;
      this.#runner.raise("SENT");
    } else {
      this.#options.ports.send(WIRE, { type: "frame", bytes });
    }
  }

  #receive(bytes: Uint8Array): void {
    const outcome = this.silicon.receive(bytes);
    this.counters.received[outcome]++;
    if (outcome !== "stored") this.#countMissed(bytes, outcome);
    this.#record("in", bytes, outcome);
  }

  #countMissed(bytes: Uint8Array, outcome: Exclude<ReceiveOutcome, "stored">): void {
    const key = bytes.length >= MAC_BYTES && !isMulticast(bytes) ? macKey(bytes) : 0;
    const missed = this.counters.missed.get(key) ?? { filtered: 0, off: 0, overflow: 0, refused: 0 };
    missed[outcome]++;
    this.counters.missed.set(key, missed);
  }

  #record(direction: "in" | "out", bytes: Uint8Array, outcome: ReceiveOutcome | undefined): void {
    const timestampNs = this.#options.ports.nowNs();
    this.#options.onFrame?.({
      timestampNs,
      direction,
      epoch: this.#epoch,
      holder: this.#holder,
      bytes,
      outcome,
    });
  }

  #slot(): Slot {
    const { host, ports } = this.#options;
    return {
      dmaRead: (address, into) => {
        this.counters.dmaBytes += into.length;
        host.read(address, into);
      },
      dmaWrite: (address, from) => {
        this.counters.dmaBytes += from.length;
        host.write(address, from);
      },
      setInterrupt: (level) => {
        if (level === this.#line) return;
        this.#line = level;
        ports.send(this.#arbiter, { type: "irq", level: level ? 1 : 0 });
      },
      transmit: (frame) => {
        this.#outgoing = frame.slice();
        this.#runner.raise("SEND");
      },
      nowNs: ports.nowNs,
      wakeAt: (atNs) => ports.setTimer(CARD_TIMER, atNs),
    };
  }
}
