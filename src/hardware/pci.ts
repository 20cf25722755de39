/**
 * PCI configuration space by mechanism #1: a dword address at 0xCF8, the data at 0xCFC. One bus; each card is function 0
 * of its slot. The I/O windows do not move: a BAR keeps its base whatever is written, but answers the sizing write.
 */
import { inl, inw, outl, outw, type Program, type Width, widthMask } from "./cpu.ts";

export const CONFIG_ADDRESS = 0xcf8;
export const CONFIG_DATA = 0xcfc;

/** What a card says of itself. */
export interface PciIdentity {
  readonly vendor: number;
  readonly device: number;
  readonly revision: number;
  /** Bytes of the I/O window behind BAR0. */
  readonly ioBytes: number;
}

const COMMAND = 0x04;
const BAR0 = 0x10;
const INTERRUPT_LINE = 0x3c;
const COMMAND_IO = 0x1;
const COMMAND_BUS_MASTER = 0x4;
const CONFIG_BYTES = 256;

/** The configuration space of one card as one guest sees it. */
class PciFunction {
  readonly #bytes = new Uint8Array(CONFIG_BYTES);
  readonly #writable = new Uint8Array(CONFIG_BYTES);
  readonly #barMask: number;
  readonly #ioBase: number;

  constructor(identity: PciIdentity, ioBase: number, irq: number) {
    this.#ioBase = ioBase;
    this.#barMask = ~(identity.ioBytes - 1);
    const view = new DataView(this.#bytes.buffer);
    view.setUint16(0x00, identity.vendor, true);
    view.setUint16(0x02, identity.device, true);
    view.setUint8(0x08, identity.revision);
    view.setUint8(0x0b, 0x02); // network controller
    view.setUint32(BAR0, ioBase | 1, true);
    view.setUint8(INTERRUPT_LINE, irq);
    view.setUint8(0x3d, 1); // INTA
    this.#writable[COMMAND] = COMMAND_IO | COMMAND_BUS_MASTER;
    this.#writable[INTERRUPT_LINE] = 0xff;
  }

  read(register: number, width: Width): number {
    let value = 0;
    for (let i = 0; i < width; i++) value |= (this.#bytes[register + i] ?? 0xff) << (8 * i);
    return value >>> 0;
  }

  write(register: number, width: Width, value: number): void {
    if (register === BAR0 && width === 4) {
      const sizing = value === 0xffff_ffff;
      new DataView(this.#bytes.buffer).setUint32(
        BAR0,
        ((sizing ? this.#barMask : this.#ioBase) | 1) >>> 0,
        true,
      );
      return;
    }
    for (let i = 0; i < width && register + i < CONFIG_BYTES; i++) {
      const mask = this.#writable[register + i] ?? 0;
      const old = this.#bytes[register + i] ?? 0;
      this.#bytes[register + i] = (old & ~mask) | ((value >>> (8 * i)) & mask);
    }
  }
}

/** The PCI host bridge of one guest. */
export class PciBus {
  #address = 0;
  readonly #functions = new Map<number, PciFunction>();

  /** Plugs a card into `slot` (0 .. 31). */
  plug(slot: number, identity: PciIdentity, ioBase: number, irq: number): void {
    this.#functions.set(slot, new PciFunction(identity, ioBase, irq));
  }

  /** True for the ports that this bridge answers. */
  static answers(port: number): boolean {
    return port >= CONFIG_ADDRESS && port < CONFIG_DATA + 4;
  }

  read(port: number, width: Width): number {
    const floating = widthMask(width);
    if (port < CONFIG_DATA) return port === CONFIG_ADDRESS && width === 4 ? this.#address : floating;
    return this.#selected()?.read(this.#register(port), width) ?? floating;
  }

  write(port: number, width: Width, value: number): void {
    if (port < CONFIG_DATA) {
      if (port === CONFIG_ADDRESS && width === 4) this.#address = value >>> 0;
      return;
    }
    this.#selected()?.write(this.#register(port), width, value);
  }

  #register(port: number): number {
    return (this.#address & 0xfc) + (port - CONFIG_DATA);
  }

  #selected(): PciFunction | undefined {
    const enabled = this.#address >>> 31 === 1;
    const firstFunctionOfBus0 = (this.#address & 0x00ff_0700) === 0;
    return enabled && firstFunctionOfBus0 ? this.#functions.get((this.#address >>> 11) & 31) : undefined;
  }
}

/** What a kernel learns of a card on the bus. */
export interface FoundDevice {
  readonly slot: number;
  readonly ioBase: number;
  readonly irq: number;
}

/** Looks through the slots for a card and switches its I/O window and bus mastering on, as a kernel's probe does. */
export function* findPciDevice(vendor: number, device: number): Program<FoundDevice | undefined> {
  const wanted = ((device << 16) | vendor) >>> 0;
  for (let slot = 0; slot < 32; slot++) {
    const base = 0x8000_0000 + slot * 0x800;
    yield outl(CONFIG_ADDRESS, base);
    if ((yield inl(CONFIG_DATA)) !== wanted) continue;
    yield outl(CONFIG_ADDRESS, base + BAR0);
    const ioBase = (yield inl(CONFIG_DATA)) & ~3;
    yield outl(CONFIG_ADDRESS, base + INTERRUPT_LINE);
    const irq = (yield inl(CONFIG_DATA)) & 0xff;
    yield outl(CONFIG_ADDRESS, base + COMMAND);
    const command = yield inw(CONFIG_DATA);
    yield outw(CONFIG_DATA, command | COMMAND_IO | COMMAND_BUS_MASTER);
    return { slot, ioBase, irq };
  }
  return undefined;
}
