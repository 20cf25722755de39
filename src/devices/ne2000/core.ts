/** What the parts of the card share: the register file, the interrupt line and the reset state. */
import type { Inspectable } from "../../hardware/inspection.ts";
import type { Slot } from "../../hardware/silicon.ts";
import { CR, DCR, ISR, type NamedRegister, REGISTERS, type RegisterName, TCR } from "./registers.ts";

export class Core implements Inspectable {
  /** What each register holds. CRDA, RSAR and RBCR are kept by the remote DMA. */
  readonly registers: Record<RegisterName, number> = powerOnValues();
  readonly #slot: Slot;

  constructor(slot: Slot) {
    this.#slot = slot;
  }

  inspect() {
    return this.registers;
  }

  get stopped(): boolean {
    return (this.registers.CR & CR.STP) !== 0;
  }

  /** The loopback mode, one of TCR.LB_*; 0 when the card is on the wire. */
  get loopback(): number {
    return this.registers.TCR & TCR.LB;
  }

  /** Stores a written value as the register can hold it. */
  store({ name, writable = 0xff, ones = 0 }: NamedRegister, value: number): void {
    this.registers[name] = (value & writable) | ones;
  }

  /** Sets bits of ISR. */
  raise(bits: number): void {
    this.registers.ISR |= bits;
    this.updateInterrupt();
  }

  /** Clears bits of ISR. */
  lower(bits: number): void {
    this.registers.ISR &= ~bits;
    this.updateInterrupt();
  }

  /** Pages were given back to the ring: an overflow is over, as far as ISR.RST tells. */
  moveBoundary(page: number): void {
    this.registers.BNRY = page;
    if (!this.stopped) this.lower(ISR.RST);
  }

  /** IMR has no bit for RST. */
  updateInterrupt(): void {
    this.#slot.setInterrupt((this.registers.ISR & this.registers.IMR) !== 0);
  }

  powerOn(): void {
    Object.assign(this.registers, powerOnValues());
    this.updateInterrupt();
  }

  /**
   * What the RESET pin does (DP8390D section 11.0): these bits and no others. The datasheet leaves the other
   * bits of ISR open; here they are cleared.
   */
  reset(): void {
    const { registers } = this;
    registers.CR = CR.STP | CR.ABORT;
    registers.ISR = ISR.RST;
    registers.IMR = 0;
    registers.DCR |= DCR.LAS;
    registers.TCR &= ~TCR.LB;
    this.updateInterrupt();
  }
}

function powerOnValues(): Record<RegisterName, number> {
  const pairs = REGISTERS.map(({ name, reset }) => [name, reset] as const);
  return Object.fromEntries(pairs) as Record<RegisterName, number>;
}
