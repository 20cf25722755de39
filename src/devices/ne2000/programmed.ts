/** What the guest has programmed, as the model keeps it: the card cannot be asked for most of it. */
import type { Innards, Inspectable } from "../../hardware/inspection.ts";
import { powerOnShadows, QUIET, type ShadowName, type Shadows } from "./context.ts";
import { CR, DCR, OFFSET, PROM, pageOf, RCR, type RegisterName, registerAt, TCR } from "./registers.ts";
import type { Geometry, Transfer } from "./remote-range.ts";
import type { Ne2000Event } from "./statechart.ts";

type TransferRegister = "RSAR0" | "RSAR1" | "RBCR0" | "RBCR1";

/** The remote DMA command in CR; what is neither read, write nor send is no transfer. */
export const remoteCommand = (command: number): number =>
  (command & CR.ABORT) !== 0 || (command & CR.RD) === 0 ? CR.ABORT : command & CR.RD;

/** True when a card so programmed stores frames from the wire. */
export const listens = (command: number, { RCR: receive, TCR: transmit }: Shadows): boolean =>
  (command & CR.STP) === 0 && (receive & RCR.MON) === 0 && (transmit & TCR.LB) === 0;

export class Programmed implements Inspectable {
  readonly registers: Shadows = powerOnShadows();
  /** CR without TXP. */
  command = QUIET;
  /** RSAR and RBCR; of a transfer under way as they were when it began. */
  transfer: Transfer = { address: 0, bytes: 0 };

  inspect(): Innards {
    return { registers: this.registers, command: this.command, transfer: this.transfer };
  }

  get page(): number {
    return pageOf(this.command);
  }

  get loopback(): boolean {
    return (this.registers.TCR & TCR.LB) !== 0;
  }

  /** A transmission would come back through the receiver: one of no bytes is aborted. */
  get loopsBack(): boolean {
    return this.loopback && (this.registers.TBCR0 | this.registers.TBCR1) !== 0;
  }

  get monitors(): boolean {
    return (this.registers.RCR & RCR.MON) !== 0;
  }

  get words(): boolean {
    return (this.registers.DCR & DCR.WTS) !== 0;
  }

  /** The send-packet command is executed. */
  get sends(): boolean {
    return (this.registers.DCR & DCR.AR) !== 0;
  }

  /** CR still says read or write: a transfer that has ended begins again when it gets a count. */
  get waitsForCount(): boolean {
    const remote = remoteCommand(this.command);
    return remote === CR.READ || remote === CR.WRITE;
  }

  get geometry(): Geometry {
    const { PSTART: start, PSTOP: stop } = this.registers;
    return { start, stop, words: this.words };
  }

  /** The register that an access means on the guest's page. */
  nameAt(port: number, direction: "read" | "write"): RegisterName | undefined {
    return registerAt(this.page, port, direction)?.name;
  }

  /** Keeps a value as the register holds it. */
  store(name: ShadowName, value: number): void {
    const { writable = 0xff, ones = 0 } = registerAt(name === "9346CR" ? 3 : 0, OFFSET[name], "write") ?? {};
    this.registers[name] = (value & writable) | ones;
  }

  storeTransfer(name: TransferRegister, value: number): void {
    const { address, bytes } = this.transfer;
    switch (name) {
      case "RSAR0":
        this.transfer = { address: (address & 0xff00) | value, bytes };
        break;
      case "RSAR1":
        this.transfer = { address: (address & 0x00ff) | (value << 8), bytes };
        break;
      case "RBCR0":
        this.transfer = { address, bytes: (bytes & 0xff00) | value };
        break;
      case "RBCR1":
        this.transfer = { address, bytes: (bytes & 0x00ff) | (value << 8) };
        break;
    }
  }

  /** What the RESET pin does (DP8390D section 11.0). */
  reset(): void {
    this.command = QUIET;
    this.registers.IMR = 0;
    this.registers.DCR |= DCR.LAS;
    this.registers.TCR &= ~TCR.LB;
  }

  /** What CR.RD, as it is, begins or ends. */
  get remoteEvent(): Ne2000Event {
    switch (remoteCommand(this.command)) {
      case CR.READ:
        return this.transfer.address < PROM.bytes ? "DMA_READ_PROM" : "DMA_READ";
      case CR.WRITE:
        return "DMA_WRITE";
      case CR.SEND:
        return this.sends ? "DMA_SEND" : "DMA_ABORT";
      default:
        return "DMA_ABORT";
    }
  }
}
