/** What the rules remember of a program for the NE2000, and what they make of its next step. */
import {
  CR,
  DATA_PORT,
  DCR,
  PAGE_BYTES,
  PROM,
  pageOf,
  RAM,
  RCR,
  RESET_PULSE,
  type RegisterName,
  registerAt,
  TCR,
} from "../../devices/ne2000/registers.ts";
import { multicastHash } from "../../ethernet/crc.ts";
import { MAX_FRAME_BYTES, MIN_FRAME_BYTES } from "../../ethernet/ethernet.ts";
import { type Excuse, type Ground, NO_EXCUSES, type Outcome } from "../rules.ts";
import { bytesOf, type Step, type StepOf } from "../step.ts";
import { CardMemoryWatch } from "./card-memory.ts";
import { type FenceName, MASKS, type MaskName } from "./rules.ts";

const RAM_END = RAM.start + RAM.bytes;
const QEMU_RAM_END = 0xc000;
const HEADER_BYTES = 4;
const CRC_BYTES = 4;
/** Less than this free, and QEMU's card drops every frame. */
const QEMU_ROOM_BYTES = 1518;
/** Where a double word would be half inside the PROM or the RAM. */
const EDGES = [PROM.start + PROM.bytes, RAM.start] as const;
/** Between the address and the signature. */
const PROM_RESIDUE = { start: 12, end: 28 } as const;
const FIRST_PAGE = RAM.start / PAGE_BYTES;
const PAGES_END = RAM_END / PAGE_BYTES;

/** Registers as a program has written them; CURR as reception has moved it. */
type Written = Partial<Record<RegisterName, number>>;

export class Ne2000Ground implements Ground {
  readonly #mac: Uint8Array;
  readonly #ram = new CardMemoryWatch();
  readonly #written: Written = {};
  /** Since power-on or reset. */
  #crWritten = false;
  #localDmaUsed = false;
  /** The remote DMA's address and what it has to move. */
  #address = 0;
  #left = 0;

  constructor(mac: Uint8Array) {
    this.#mac = mac;
  }

  nameOf(step: Step): string {
    if (step.kind === "frame") return "frame";
    if (step.kind !== "in" && step.kind !== "out") return "memory";
    if (step.offset === RESET_PULSE) return "reset port";
    if (step.offset === DATA_PORT) return "data port";
    return registerAt(this.#page, step.offset, step.kind === "in" ? "read" : "write")?.name ?? "reserved";
  }

  refusal(step: Step): FenceName | undefined {
    switch (step.kind) {
      case "in":
      case "out":
        if (step.offset === DATA_PORT) return this.#refusesData(step);
        if (step.offset === RESET_PULSE && step.width === 1) return this.#refusesReset(step.kind);
        if (step.offset > DATA_PORT || step.width !== 1) return "width";
        return step.kind === "out" ? this.#refusesOut(step) : undefined;
      case "frame":
        if (!this.#crWritten) return "frameAfterReset";
        return this.#stopped ? undefined : this.#refusesFrame(bytesOf(step.payload));
      case "store":
      case "load":
        return undefined;
    }
  }

  excuses(step: Step): readonly Excuse[] {
    if (step.kind !== "in") return NO_EXCUSES;
    if (step.offset === DATA_PORT) return this.#excusesData(step.width);
    const mask = this.#maskOf(registerAt(this.#page, step.offset, "read")?.name);
    return mask === undefined ? NO_EXCUSES : [{ mask, bits: MASKS[mask].bits, byte: 0 }];
  }

  done(step: Step, outcome: Outcome): void {
    if (step.kind === "frame" && outcome === "stored") this.#stored(bytesOf(step.payload));
    if (step.kind === "in" && step.offset === DATA_PORT) this.#moved(step.width, () => undefined);
    if (step.kind === "in" && step.offset === RESET_PULSE) this.#reset();
    if (step.kind !== "out") return;
    if (step.offset === DATA_PORT) this.#moved(step.width, (address) => this.#ram.wrote(address));
    else this.#wrote(step);
  }

  #get(name: RegisterName): number {
    return this.#written[name] ?? 0;
  }

  get #page(): number {
    return pageOf(this.#get("CR"));
  }
  get #stopped(): boolean {
    return !this.#crWritten || (this.#get("CR") & CR.STP) !== 0;
  }
  get #unitBytes(): 1 | 2 {
    return (this.#get("DCR") & DCR.WTS) !== 0 ? 2 : 1;
  }

  #maskOf(name: RegisterName | undefined): MaskName | undefined {
    switch (name) {
      case "CR":
        return this.#crWritten ? undefined : "crReset";
      case "ISR":
        return this.#stopped ? "isrReset" : undefined;
      case "TSR":
        return "tsrOne";
      case "RSR":
        return this.#get("RCR") & RCR.MON ? "rsrMonitor" : undefined;
      case "CLDA0":
      case "CLDA1":
        return this.#localDmaUsed ? "clda" : undefined;
      case "TPSR":
      case "RCR":
      case "TCR":
      case "DCR":
      case "IMR":
        return "page2";
      case "9346CR":
      case "CONFIG0":
      case "CONFIG2":
      case "CONFIG3":
      case "8029ASID0":
      case "8029ASID1":
        return "page3";
      default:
        return undefined;
    }
  }

  #refusesOut({ offset, value }: StepOf<"out">): FenceName | undefined {
    const name = registerAt(this.#page, offset, "write")?.name;
    switch (name) {
      case "CR":
        return this.#refusesCommand(value);
      case "PSTART":
      case "PSTOP":
      case "BNRY":
      case "CURR":
        return value > PAGES_END ? "pageBeyond" : undefined;
      default:
        return undefined;
    }
  }

  #refusesCommand(value: number): FenceName | undefined {
    const command = value & CR.RD;
    const stops = (value & CR.STP) !== 0;
    const moves = command === CR.READ || command === CR.WRITE;
    if (!moves && command !== CR.ABORT && command !== 0) return "command";
    if (moves && stops && this.#left === 0) return "emptyTransfer";
    if ((value & CR.TXP) === 0) return undefined;
    return stops ? "command" : this.#refusesTransmit();
  }

  #refusesTransmit(): FenceName | undefined {
    if (this.#get("TCR") & (TCR.LB | TCR.CRC)) return "transmitMode";
    const start = this.#get("TPSR") * PAGE_BYTES;
    const end = start + (this.#get("TBCR0") | (this.#get("TBCR1") << 8));
    if (start === end || start < RAM.start || end > RAM_END) return "transmit";
    for (let at = start; at < end; at++) if (this.#ram.maskOf(at) !== undefined) return "maskedBytes";
    return undefined;
  }

  #refusesData({ kind, width }: StepOf<"in" | "out">): FenceName | undefined {
    const command = this.#get("CR") & CR.RD;
    if (command !== (kind === "in" ? CR.READ : CR.WRITE) || this.#left === 0) return "dataPort";
    const unit = this.#unitBytes;
    if (width !== unit && (unit === 1 || width !== 4)) return "dataWidth";
    if (width === 4 && (this.#left < 4 || this.#address + 2 === this.#get("PSTOP") * PAGE_BYTES))
      return "dataWidth";
    if (this.#address + width > 0xffff) return "addressWrap";
    const isOdd = unit === 2 && (this.#address & 1) === 1;
    if (isOdd && this.#address + width + 1 >= this.#get("PSTOP") * PAGE_BYTES) return "wordAcrossRing";
    if (EDGES.some((edge) => this.#address < edge && this.#address + width > edge)) return "dataWidth";
    if (this.#address + width > RAM_END && this.#address < QEMU_RAM_END) return "otherMemory";
    return kind === "out" && this.#address < PROM.start + PROM.bytes ? "otherMemory" : undefined;
  }

  /** QEMU looks at its interrupt mask no more than at the rest of its state. */
  #refusesReset(kind: "in" | "out"): FenceName | undefined {
    return kind === "in" && this.#get("IMR") !== 0 ? "resetWithInterrupts" : undefined;
  }

  #excusesData(width: number): readonly Excuse[] {
    const excuses: Excuse[] = [];
    const start = this.#address & ~(this.#unitBytes - 1);
    for (let i = 0; i < width; i++) {
      const at = start + i;
      const residue = at >= PROM_RESIDUE.start && at < PROM_RESIDUE.end;
      const mask = residue ? "promResidue" : this.#ram.maskOf(at);
      if (mask !== undefined) excuses.push({ mask, bits: (0xff << (8 * i)) >>> 0, byte: 0 });
    }
    return excuses;
  }

  #refusesFrame(frame: Uint8Array): FenceName | undefined {
    const rcr = this.#get("RCR");
    if (this.#get("TCR") & TCR.LB || rcr & RCR.MON) return "receiveMode";
    if (frame.length < MIN_FRAME_BYTES || frame.length > MAX_FRAME_BYTES) return "frameLength";
    const group = ((frame[0] as number) & 1) === 1;
    if (!group && (rcr & RCR.PRO) === 0 && !this.#isOwnStation()) return "station";
    if (group && rcr & RCR.PRO && !this.#admitsGroup(frame)) return "groupWithPro";
    return this.#refusesRoom(frame);
  }

  #isOwnStation(): boolean {
    const names = ["PAR0", "PAR1", "PAR2", "PAR3", "PAR4", "PAR5"] as const;
    return names.every((name, i) => this.#get(name) === this.#mac[i]);
  }

  #admitsGroup(frame: Uint8Array): boolean {
    const rcr = this.#get("RCR");
    if (frame.subarray(0, 6).every((byte) => byte === 0xff)) return (rcr & RCR.AB) !== 0;
    const hash = multicastHash(frame.subarray(0, 6));
    const mar = this.#get(`MAR${hash >>> 3}` as RegisterName);
    return (rcr & RCR.AM) !== 0 && ((mar >>> (hash & 7)) & 1) === 1;
  }

  #refusesRoom(frame: Uint8Array): FenceName | undefined {
    const [start, stop] = [this.#get("PSTART"), this.#get("PSTOP")];
    const [boundary, current] = [this.#get("BNRY"), this.#get("CURR")];
    const inRing = (page: number): boolean => page >= start && page < stop;
    if (start < FIRST_PAGE || stop > PAGES_END || !inRing(boundary) || !inRing(current)) return "ringShape";
    const ringPages = stop - start;
    const behind = (boundary - current + ringPages) % ringPages;
    const freePages = behind === 0 ? ringPages : behind;
    const needed = Math.ceil((HEADER_BYTES + frame.length + CRC_BYTES) / PAGE_BYTES);
    return freePages * PAGE_BYTES < QEMU_ROOM_BYTES || needed >= freePages ? "ringFull" : undefined;
  }

  /** CURR is moved behind the entry; the bytes of its CRC are where the frame ends, in the ring. */
  #stored(frame: Uint8Array): void {
    this.#localDmaUsed = true;
    const [start, stop] = [this.#get("PSTART") * PAGE_BYTES, this.#get("PSTOP") * PAGE_BYTES];
    const first = this.#get("CURR") * PAGE_BYTES;
    const place = (offset: number): number =>
      first + offset < stop ? first + offset : first + offset - stop + start;
    const crcAt = HEADER_BYTES + frame.length;
    for (let i = 0; i < crcAt; i++) this.#ram.wrote(place(i));
    for (let i = 0; i < CRC_BYTES; i++) this.#ram.wroteCrc(place(crcAt + i));
    const pages = Math.ceil((crcAt + CRC_BYTES) / PAGE_BYTES);
    this.#written.CURR = place(pages * PAGE_BYTES) / PAGE_BYTES;
  }

  /** What the RESET pin does to what these rules remember. */
  #reset(): void {
    this.#crWritten = false;
    this.#written.CR = CR.STP | CR.ABORT;
    this.#written.TCR = this.#get("TCR") & ~TCR.LB;
  }

  #moved(bytes: number, each: (address: number) => void): void {
    const unit = this.#unitBytes;
    for (let i = 0; i < bytes; i++) each((this.#address & ~(unit - 1)) + i);
    this.#address += bytes;
    if (this.#address === this.#get("PSTOP") * PAGE_BYTES) this.#address = this.#get("PSTART") * PAGE_BYTES;
    this.#left = Math.max(0, this.#left - bytes);
  }

  #wrote({ offset, value }: StepOf<"out">): void {
    const name = registerAt(this.#page, offset, "write")?.name;
    switch (name) {
      case undefined:
        return;
      case "CR":
        this.#crWritten = true;
        if (value & CR.TXP) this.#localDmaUsed = true;
        this.#written.CR = value;
        return;
      case "RSAR0":
        this.#address = (this.#address & 0xff00) | value;
        return;
      case "RSAR1":
        this.#address = (this.#address & 0x00ff) | (value << 8);
        return;
      case "RBCR0":
        this.#left = (this.#left & 0xff00) | value;
        return;
      case "RBCR1":
        this.#left = (this.#left & 0x00ff) | (value << 8);
        return;
      default:
        this.#written[name] = value;
    }
  }
}
