/**
 * A PC in v86: the one file that knows what v86 does not promise. v86 is pinned to an exact version for that reason.
 *
 * Its scheduler is not used: the caller runs slices, and waits as it sees fit when the processor idles. The memory of
 * the guest is shared, so that a card in another thread masters the bus. Compiled code is taken over between slices, in
 * the thread itself: a caller that never returns to the event loop gets it, too.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { V86, type V86Options } from "v86";
import { z } from "zod";
import { invariant, VpioError } from "../base/errors.ts";
import { parsedJson } from "../base/json.ts";
import { formatSize } from "../base/units.ts";
import { type Width, widthMask } from "../hardware/cpu.ts";
import type { OwnMemory } from "../hardware/memory.ts";
import type { PciIdentity } from "../hardware/pci.ts";
import { LINUX_MEMORY_BYTES } from "../scenario/scenario.ts";
import { WASM_PAGE_BYTES, withSharedImport, withSharedMemory } from "./shared-memory.ts";
import { type Imports, type Memory, type Module, type Table, WebAssembly } from "./webassembly.ts";

/** COM1 and COM2: Linux calls them ttyS0 and ttyS1. */
export type SerialPort = 0 | 1;

export interface X86Options {
  readonly memoryBytes: number;
  readonly bios: Uint8Array;
  readonly kernel: Uint8Array;
  readonly initrd: Uint8Array;
  readonly cmdline: string;
  /** What the guest has written, at the end of a slice. */
  readonly onSerial: (port: SerialPort, bytes: Uint8Array) => void;
  /** Called instead of a reset of the machine, in the middle of a slice; may throw, as a card may. */
  readonly onReset: () => void;
  /** With it the PC has v86's own NE2000 as well: a yardstick for cards of ours. Takes its frames, in a slice. */
  readonly onFrame?: ((frame: Uint8Array) => void) | undefined;
}

/**
 * A card on the bus of the guest. Accesses come in the middle of a slice, with offsets in the window, wherever the guest
 * has moved it to. An exception leaves `runSlice`; the machine must not be run again then.
 */
export interface X86Card {
  readonly name: string;
  /** 2 to 6: the BIOS routes the interrupts of these. */
  readonly slot: number;
  readonly pci: PciIdentity;
  /** Where the window is to begin with; a multiple of its size, from 0x1000 on. */
  readonly ioBase: number;
  readonly read: (offset: number, width: Width) => number;
  readonly write: (offset: number, width: Width, value: number) => void;
}

/** v86 puts the initial RAM disk at 64 MiB. */
const INITRD_ADDRESS = 64 * 2 ** 20;
/** v86 counts memory in these. */
const MEMORY_UNIT_BYTES = 2 ** 17;
const VGA_BYTES = 2 ** 20;
/** What the emulator itself may need besides the guest's memory. */
const EMULATOR_BYTES = 64 * 2 ** 20;
const IO_WINDOWS_FROM = 0x1000;
/** PCI: class 2 is a network controller; function 0 of a slot; INTA. */
const CLASS_NETWORK = 0x02;
const COMMAND_IO = 0x1;
const BAR_IO = 0x1;
const INTA = 1;
const CONFIG_BYTES = 256;
/** Of v86's table of functions: where compiled code begins. */
const COMPILED_FROM = 1024;
const INTERRUPTS_ENABLED = 0x200;
/** Of v86's 8259s: the offset of their in-service register, and the input of the master that the slave is at. */
const PIC_BYTES = 13;
const PIC_ISR = 2;
const CASCADE = 1 << 2;
const STATE_MAGIC = 0x86768676 | 0;
const STATE_HEADER_BYTES = 16;

type Read = (port: number) => number;
type Write = (value: number) => void;

interface PciDevice {
  readonly name: string;
  readonly pci_id: number;
  readonly pci_space: readonly number[];
  readonly pci_bars: readonly { readonly size: number }[];
}

/** The parts of v86 that are used below and that its types leave out. */
interface Cpu {
  readonly io: {
    register_read(port: number, device: object, r8: Read, r16: Read, r32: Read): void;
    register_write(port: number, device: object, w8: Write, w16: Write, w32: Write): void;
  };
  readonly devices: {
    net: object | undefined;
    readonly pci: {
      readonly devices: readonly (object | undefined)[];
      register_device(device: PciDevice): void;
      raise_irq(id: number): void;
      lower_irq(id: number): void;
    };
  };
  readonly mem8: { readonly byteOffset: number; readonly length: number };
  readonly wasm_memory: Memory;
  readonly wm: { readonly wasm_table: Table };
  readonly jit_imports: Imports[string];
  readonly in_hlt: ArrayLike<number>;
  readonly flags: ArrayLike<number>;
  main_loop(): number;
  jit_dirty_cache(from: number, to: number): void;
  codegen_finalize_finished(index: number, start: number, flags: number): void;
  codegen_finalize(index: number, start: number, flags: number, address: number, bytes: number): void;
  run_hardware_timers(acpi: boolean, nowMs: number): number;
  /** Where the registers of the interrupt controllers are. */
  get_pic_addr_master(): number;
  get_pic_addr_slave(): number;
  reboot_internal(): void;
}

interface Emulator {
  readonly cpu: Cpu;
  /** False: v86 is not to schedule a slice of its own when a device has something to say. */
  idle: boolean;
  save_state(): ArrayBuffer;
  restore_state(state: ArrayBuffer): void;
}

interface Insides {
  readonly v86: Emulator;
  readonly bus: { send(event: string, value: unknown): void };
}

/** Code that v86 has compiled and that is not yet in its table. */
interface Compiled {
  readonly index: number;
  readonly start: number;
  readonly flags: number;
  readonly code: Module;
}

export class X86Machine {
  readonly memory: OwnMemory;
  readonly #v86: V86;
  readonly #emulator: Emulator;
  readonly #bus: Insides["bus"];
  readonly #cpu: Cpu;
  readonly #options: X86Options;
  /** The registers of the interrupt controllers. */
  readonly #pics: { readonly master: Uint8Array; readonly slave: Uint8Array };
  readonly #written: readonly [number[], number[]] = [[], []];
  readonly #typed: (readonly [port: SerialPort, bytes: Uint8Array])[] = [];
  readonly #compiled: Compiled[] = [];
  /** Where the card is on the bus; the level of its line; whether the guest has seen that it is up. */
  #pciId: number | undefined;
  #level = false;
  #isRaised = false;

  /** Throws a USAGE error when the kernel or the memory cannot be. */
  static async create(options: X86Options): Promise<X86Machine> {
    checkOptions(options);
    return new X86Machine(options, await powerUp(options));
  }

  private constructor(options: X86Options, v86: V86) {
    this.#options = options;
    this.#v86 = v86;
    const { v86: emulator, bus } = v86 as unknown as Insides;
    this.#emulator = emulator;
    this.#bus = bus;
    this.#cpu = this.#emulator.cpu;
    this.#emulator.idle = false;
    const { mem8, wasm_memory } = this.#cpu;
    const { buffer } = wasm_memory;
    invariant(buffer instanceof SharedArrayBuffer, "the memory of an x86 guest is shared");
    this.memory = { buffer, offset: mem8.byteOffset, bytes: mem8.length };
    this.#pics = {
      master: new Uint8Array(buffer, this.#cpu.get_pic_addr_master(), PIC_BYTES),
      slave: new Uint8Array(buffer, this.#cpu.get_pic_addr_slave(), PIC_BYTES),
    };
    for (const port of [0, 1] as const)
      v86.add_listener(`serial${port}-output-byte`, (byte: number) => this.#written[port].push(byte));
    const { onFrame } = options;
    if (onFrame !== undefined) v86.add_listener("net0-send", (frame: Uint8Array) => onFrame(frame.slice()));
    this.#takeOver();
  }

  /** Puts our own in the place of what v86 does with compiled code, time and resets. */
  #takeOver(): void {
    const cpu = this.#cpu;
    cpu.codegen_finalize = (index, start, flags, address, bytes) => {
      const code = new Uint8Array(cpu.wasm_memory.buffer, address >>> 0, bytes >>> 0).slice();
      this.#compiled.push({ index, start, flags, code: new WebAssembly.Module(withSharedImport(code)) });
    };
    const runTimers = cpu.run_hardware_timers.bind(cpu);
    cpu.run_hardware_timers = (acpi, nowMs) => {
      this.#endCascade();
      this.#raiseWhenDue();
      return runTimers(acpi, nowMs);
    };
    cpu.reboot_internal = () => this.#options.onReset();
  }

  /** One card; before the first slice, or before the guest looks for cards again. */
  addCard(card: X86Card): void {
    const { pci } = this.#cpu.devices;
    const pciId = card.slot << 3;
    invariant(this.#pciId === undefined, "a guest has one card");
    invariant(pci.devices[pciId] === undefined, `slot ${card.slot} is free`);
    invariant(card.ioBase >= IO_WINDOWS_FROM, "a card's window is above the ports of the PC's own devices");
    for (let offset = 0; offset < card.pci.ioBytes; offset++) this.#addPort(card, offset);
    pci.register_device({
      name: card.name,
      pci_id: pciId,
      pci_space: configurationSpace(card),
      pci_bars: [{ size: card.pci.ioBytes }],
    });
    this.#pciId = pciId;
  }

  #addPort(card: X86Card, offset: number): void {
    const reader = (width: Width): Read => {
      const mask = widthMask(width);
      return () => (card.read(offset, width) & mask) | 0;
    };
    const writer =
      (width: Width): Write =>
      (value) =>
        card.write(offset, width, (value & widthMask(width)) >>> 0);
    const { io } = this.#cpu;
    io.register_read(card.ioBase + offset, card, reader(1), reader(2), reader(4));
    io.register_write(card.ioBase + offset, card, writer(1), writer(2), writer(4));
  }

  /** The level of the card's interrupt: seen at once when it falls, between two instructions when it rises. */
  set interruptLine(level: boolean) {
    this.#level = level;
    if (level || !this.#isRaised || this.#pciId === undefined) return;
    this.#isRaised = false;
    this.#cpu.devices.pci.lower_irq(this.#pciId);
  }

  #raiseWhenDue(): void {
    if (!this.#level || this.#isRaised || this.#pciId === undefined) return;
    this.#isRaised = true;
    this.#cpu.devices.pci.raise_irq(this.#pciId);
  }

  /**
   * v86's master controller goes on asking for its slave when what the slave wanted is gone: the line has fallen, or was
   * masked, before the processor looked. It then takes the cascade for in service, with nobody to end that, and no
   * interrupt of a lower priority ever comes again. A real one answers with a spurious interrupt, which is ended.
   */
  #endCascade(): void {
    const { master, slave } = this.#pics;
    const inService = master[PIC_ISR] ?? 0;
    if ((inService & CASCADE) !== 0 && slave[PIC_ISR] === 0) master[PIC_ISR] = inService & ~CASCADE;
  }

  /** Runs for about a millisecond. Answers for how many the processor would idle now; 0 when it would not. */
  runSlice(): number {
    this.#finishCompiling();
    for (const [port, bytes] of this.#typed.splice(0)) this.#v86.serial_send_bytes(port, bytes);
    // Not only when the timers are run: a busy processor executes a great many instructions before that.
    this.#raiseWhenDue();
    try {
      return Math.max(this.#cpu.main_loop(), 0);
    } finally {
      this.#handOverSerial();
    }
  }

  /** The processor has halted with its interrupts off: nothing can wake it any more. */
  get isDead(): boolean {
    return this.#cpu.in_hlt[0] === 1 && ((this.#cpu.flags[0] ?? 0) & INTERRUPTS_ENABLED) === 0;
  }

  #finishCompiling(): void {
    const cpu = this.#cpu;
    for (const { index, start, flags, code } of this.#compiled.splice(0)) {
      const { exports } = new WebAssembly.Instance(code, { e: cpu.jit_imports });
      cpu.wm.wasm_table.set(COMPILED_FROM + index, exports["f"]);
      cpu.codegen_finalize_finished(index, start, flags);
    }
  }

  #handOverSerial(): void {
    for (const port of [0, 1] as const) {
      const bytes = this.#written[port].splice(0);
      if (bytes.length > 0) this.#options.onSerial(port, Uint8Array.from(bytes));
    }
  }

  /** Somebody else has written to the guest's memory: what was compiled of it is compiled anew. */
  codeWritten(address: number, bytes: number): void {
    if (bytes > 0) this.#cpu.jit_dirty_cache(address, address + bytes);
  }

  /** Types `bytes`; the guest sees them in the next slice. */
  serialIn(port: SerialPort, bytes: string | Uint8Array): void {
    this.#typed.push([port, typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes]);
  }

  /** A frame for v86's own card, between two slices. */
  frameIn(frame: Uint8Array): void {
    this.#bus.send("net0-receive", frame);
  }

  /** The whole machine but its cards, between two slices. */
  saveState(): Uint8Array<ArrayBuffer> {
    this.#finishCompiling();
    return new Uint8Array(this.#emulator.save_state());
  }

  /** Throws a USAGE error when `state` is of a machine with other memory, or nothing that `saveState` has made. */
  restoreState(state: Uint8Array): void {
    const memoryBytes = memoryOfState(state);
    if (memoryBytes !== this.memory.bytes)
      throw new VpioError(
        "USAGE",
        `found the state of a machine with ${formatSize(memoryBytes)} of memory, expected ${formatSize(this.memory.bytes)}`,
      );
    this.#finishCompiling();
    const { devices } = this.#cpu;
    const { net } = devices;
    devices.net = undefined;
    this.#emulator.restore_state(exactBuffer(state));
    devices.net = net;
    invariant(this.#cpu.mem8.byteOffset === this.memory.offset, "a guest's memory stays where it is");
  }
}

/** The first thing in a state is the size of the memory. */
const stateSchema = z.object({ state: z.tuple([z.number()], z.unknown()) });

/** A state begins with a magic number, its version, its length, the length of a text in JSON, and that text. */
function memoryOfState(state: Uint8Array): number {
  const view = new DataView(state.buffer, state.byteOffset, state.length);
  const isWhole =
    state.length > STATE_HEADER_BYTES &&
    view.getInt32(0, true) === STATE_MAGIC &&
    view.getInt32(8, true) === state.length;
  if (!isWhole) return refuse("found no state of an x86 guest, or one that is not whole");
  // A copy: the state may be in shared memory, which is not decoded.
  const text = state.slice(STATE_HEADER_BYTES, STATE_HEADER_BYTES + view.getInt32(12, true));
  const { data } = stateSchema.safeParse(parsedJson(new TextDecoder().decode(text)));
  return data?.state[0] ?? refuse("found a state of an x86 guest that makes no sense");
}

const refuse = (what: string): never => {
  throw new VpioError("USAGE", what);
};

/** Throws a USAGE error when an x86 guest cannot have so much memory. */
export function checkMemory(memoryBytes: number): void {
  const found = formatSize(memoryBytes);
  const { least, most } = LINUX_MEMORY_BYTES;
  if (memoryBytes < least || memoryBytes > most)
    refuse(`found ${found} of memory, expected ${formatSize(least)} to ${formatSize(most)} for an x86 guest`);
  if (memoryBytes % MEMORY_UNIT_BYTES !== 0)
    refuse(`found ${memoryBytes} bytes of memory, expected a multiple of ${formatSize(MEMORY_UNIT_BYTES)}`);
}

function checkOptions({ memoryBytes, kernel, initrd }: X86Options): void {
  checkMemory(memoryBytes);
  if (INITRD_ADDRESS + initrd.length > memoryBytes)
    refuse(
      `the initial RAM disk of ${formatSize(initrd.length)} begins at ${formatSize(INITRD_ADDRESS)} and does not fit into ${formatSize(memoryBytes)} of memory`,
    );
  if (!isBzImage(kernel)) refuse("the kernel is no bzImage of x86");
}

/** The boot sector's signature, and that of the setup header. */
export function isBzImage(kernel: Uint8Array): boolean {
  const at = (offset: number): number => kernel[offset] ?? 0;
  const header = String.fromCharCode(...kernel.subarray(0x202, 0x206));
  return at(0x1fe) === 0x55 && at(0x1ff) === 0xaa && header === "HdrS";
}

async function powerUp({ memoryBytes, bios, kernel, initrd, cmdline, onFrame }: X86Options): Promise<V86> {
  const maximumPages = Math.ceil((memoryBytes + VGA_BYTES + EMULATOR_BYTES) / WASM_PAGE_BYTES);
  const module = emulatorModule(maximumPages);
  return new Promise((resolve) => {
    const v86 = new V86({
      memory_size: memoryBytes,
      vga_memory_size: VGA_BYTES,
      bios: { buffer: exactBuffer(bios) },
      bzimage: { buffer: exactBuffer(kernel) },
      initrd: { buffer: exactBuffer(initrd) },
      cmdline,
      uart1: true,
      net_device: { type: onFrame === undefined ? "none" : "ne2k" },
      disable_keyboard: true,
      disable_mouse: true,
      disable_speaker: true,
      wasm_fn: async (imports: Imports) => new WebAssembly.Instance(module, imports).exports,
    } as unknown as V86Options);
    v86.add_listener("emulator-loaded", () => resolve(v86));
  });
}

function emulatorModule(maximumPages: number): Module {
  const file = join(dirname(createRequire(import.meta.url).resolve("v86")), "v86.wasm");
  return new WebAssembly.Module(withSharedMemory(new Uint8Array(readFileSync(file)), maximumPages));
}

/** A copy in a buffer of its own: v86 writes into what it is given, and reads it in words. */
function exactBuffer(bytes: Uint8Array): ArrayBuffer {
  const copy = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  copy.set(bytes);
  return copy.buffer;
}

function configurationSpace({ pci, ioBase }: X86Card): readonly number[] {
  const bytes = new Uint8Array(CONFIG_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint16(0x00, pci.vendor, true);
  view.setUint16(0x02, pci.device, true);
  view.setUint16(0x04, COMMAND_IO, true);
  view.setUint8(0x08, pci.revision);
  view.setUint8(0x0b, CLASS_NETWORK);
  view.setUint32(0x10, ioBase | BAR_IO, true);
  view.setUint8(0x3d, INTA);
  return [...bytes];
}
