/** Linux guests in one thread, each with a card of its own; two of them with a cable between their cards. */
import { type BuiltInKind, DEVICES } from "../../src/devices/catalogue.ts";
import type { Silicon, Slot } from "../../src/hardware/silicon.ts";
import { type GuestEvent, GuestEvents } from "../../src/x86/guest-events.ts";
import type { GuestImage } from "../../src/x86/image/load.ts";
import { X86Machine } from "../../src/x86/machine.ts";

const MICROSECONDS_PER_FRAME = 100;
const NS_PER_MS = 1e6;

/** A guest as its image has it: ready for its script. */
export class LinuxGuest {
  readonly machine: X86Machine;
  readonly events: GuestEvent[];
  /** What is on its console. */
  readonly console: { text: string };
  /** What v86's own card has sent; undefined without it. */
  readonly #sent: Uint8Array[] | undefined;
  #silicon: Silicon | undefined;
  /** Frames that the card has handed out, and when its timer is due. */
  #sending: Uint8Array | undefined;
  #sentAtNs = 0;
  #wakeAtNs: number | undefined;

  /** With `own` it has v86's own card. */
  static async restore(image: GuestImage, own = false): Promise<LinuxGuest> {
    const events: GuestEvent[] = [];
    const console = { text: "" };
    const channel = new GuestEvents();
    const sent: Uint8Array[] | undefined = own ? [] : undefined;
    const machine = await X86Machine.create({
      ...image,
      onSerial: (port, bytes) => {
        if (port === 1) events.push(...channel.read(bytes));
        else console.text += Buffer.from(bytes).toString("latin1");
      },
      onReset: () => {
        throw new Error("the guest has reset itself");
      },
      onFrame: sent && ((frame) => sent.push(frame)),
    });
    return new LinuxGuest(machine, events, console, sent);
  }

  private constructor(
    machine: X86Machine,
    events: GuestEvent[],
    console: { text: string },
    sent: Uint8Array[] | undefined,
  ) {
    this.#sent = sent;
    this.machine = machine;
    this.events = events;
    this.console = console;
  }

  get #nowNs(): number {
    return performance.now() * NS_PER_MS;
  }

  plug(kind: BuiltInKind, mac: readonly number[]): void {
    const silicon = DEVICES[kind].makeSilicon(this.#slot(), Uint8Array.from(mac));
    this.#silicon = silicon;
    this.machine.addCard({
      name: kind,
      slot: 3,
      pci: DEVICES[kind].pci,
      ioBase: 0xc000,
      read: (offset, width) => silicon.readPort(offset, width),
      write: (offset, width, value) => silicon.writePort(offset, width, value),
    });
  }

  #slot(): Slot {
    const { buffer, offset, bytes } = this.machine.memory;
    const memory = new Uint8Array(buffer, offset, bytes);
    return {
      dmaRead: (address, into) => into.set(memory.subarray(address, address + into.length)),
      dmaWrite: (address, from) => {
        memory.set(from, address);
        this.machine.codeWritten(address, from.length);
      },
      setInterrupt: (level) => {
        this.machine.interruptLine = level;
      },
      transmit: (frame) => {
        this.#sending = frame.slice();
        this.#sentAtNs = this.#nowNs + MICROSECONDS_PER_FRAME * 1000;
      },
      nowNs: () => this.#nowNs,
      wakeAt: (atNs) => {
        this.#wakeAtNs = atNs;
      },
    };
  }

  receive(frame: Uint8Array): void {
    if (this.#sent === undefined) this.#silicon?.receive(frame);
    else this.machine.frameIn(frame);
  }

  /** The frame that has left, if one has; timers that are due. */
  work(): Uint8Array | undefined {
    if (this.#wakeAtNs !== undefined && this.#wakeAtNs <= this.#nowNs) {
      this.#wakeAtNs = undefined;
      this.#silicon?.timer();
    }
    if (this.#sent !== undefined) return this.#sent.shift();
    const frame = this.#sending;
    if (frame === undefined || this.#nowNs < this.#sentAtNs) return undefined;
    this.#sending = undefined;
    this.#silicon?.transmitted();
    return frame;
  }

  has(kind: GuestEvent["kind"]): boolean {
    return this.events.some((event) => event.kind === kind);
  }
}

const sleeping = new Int32Array(new SharedArrayBuffer(4));
const LIMIT_MS = 240_000;

/** Runs all of them until that is so; each frame reaches all others. Throws with their consoles when it never is. */
export function runUntil(guests: readonly LinuxGuest[], isSo: () => boolean): void {
  const endMs = performance.now() + LIMIT_MS;
  while (!isSo()) {
    if (performance.now() > endMs)
      throw new Error(
        `it takes too long:\n${guests.map(({ console }) => console.text.slice(-2000)).join("\n---\n")}`,
      );
    let idleMs = 1;
    for (const guest of guests) {
      idleMs = Math.min(idleMs, guest.machine.runSlice());
      const frame = guest.work();
      if (frame === undefined) continue;
      idleMs = 0;
      for (const other of guests) if (other !== guest) other.receive(frame);
    }
    if (idleMs > 0) Atomics.wait(sleeping, 0, 0, Math.min(idleMs, 0.2));
  }
}
