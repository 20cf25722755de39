/** What the rules remember of a program for the RTL8139, and what they make of its next step. */
import {
  CAPR_LAG,
  CR,
  CR9346,
  ISR,
  RCR,
  RX_HEADER_BYTES,
  RX_MAX_BYTES,
  ringBytes,
  TCR,
  TSD,
  TX_DESCRIPTORS,
  TX_MAX_BYTES,
} from "../../devices/rtl8139/registers.ts";
import { multicastHash } from "../../ethernet/crc.ts";
import { MIN_FRAME_BYTES } from "../../ethernet/ethernet.ts";
import { type Excuse, type Ground, NO_EXCUSES, type Outcome, type Pilot } from "../rules.ts";
import { bytesOf, type Step, type StepOf } from "../step.ts";
import { EepromWatch } from "./eeprom-watch.ts";
import { ARENA, placeAt } from "./layout.ts";
import { MaskedMemory } from "./masked-memory.ts";
import { ResetWatch } from "./reset-watch.ts";
import { RingWatch } from "./ring-watch.ts";
import { type FenceName, MASKS, type MaskName } from "./rules.ts";

const OFFSET = {
  TSD0: 0x10,
  TSAD0: 0x20,
  RBSTART: 0x30,
  CR: 0x37,
  CAPR: 0x38,
  CBR: 0x3a,
  IMR: 0x3c,
  CR9346: 0x50,
} as const;
const FCS_BYTES = 4;
/** Less than this free, and QEMU's card stops taking frames. */
const QEMU_ROOM_BYTES = 1514;
/** At 33 MHz more than two minutes away, longer than any program runs. */
const TIMER_FAR = 0xf000_0000;
const ALWAYS: Readonly<Record<string, MaskName>> = {
  IMR: "imrReserved",
  TCTR: "tctr",
  RERID: "revision",
  CSCR: "cscr",
};
const STATUS_HIGH_BITS = 0xe0;

const align4 = (bytes: number): number => Math.ceil(bytes / 4) * 4;

export class Rtl8139Ground implements Ground {
  readonly #pilot: Pilot;
  readonly #eeprom = new EepromWatch();
  #crWritten = false;
  /** After the last step. */
  #receiverOn = false;
  #ringEmpty = true;
  #mode = 0;
  readonly #resets = new ResetWatch();
  readonly #ring = new RingWatch();
  readonly #memory = new MaskedMemory();
  #caprBeyond = false;
  #underrun = false;
  #heldBack = false;
  /** The descriptor whose turn it is, and those that wait. */
  #turn = 0;
  readonly #waiting: boolean[] = new Array(TX_DESCRIPTORS).fill(false);

  constructor(pilot: Pilot) {
    this.#pilot = pilot;
  }

  nameOf(step: Step): string {
    if (step.kind === "in" || step.kind === "out")
      return placeAt(step.offset, step.width)?.name ?? "reserved";
    return step.kind === "frame" ? "frame" : "memory";
  }

  refusal(step: Step): FenceName | undefined {
    switch (step.kind) {
      case "in":
        return placeAt(step.offset, step.width) === undefined ? "width" : undefined;
      case "out":
        return this.#refusesOut(step);
      case "frame":
        return this.#refusesFrame(bytesOf(step.payload), false);
      case "load":
        return this.#inArena(step.address, step.bytes) ? undefined : "outsideArena";
      case "store":
        return this.#inArena(step.address, step.payload.bytes) ? undefined : "outsideArena";
    }
  }

  excuses(step: Step): readonly Excuse[] {
    if (step.kind === "in") return this.#excusesIn(step);
    return step.kind === "load" ? this.#excusesLoad(step) : NO_EXCUSES;
  }

  done(step: Step, outcome: Outcome): void {
    if (step.kind === "store") this.#memory.overwrite(step.address, step.payload.bytes);
    if (step.kind === "frame") this.#received(bytesOf(step.payload), outcome);
    if (step.kind === "out") this.#wrote(step);
    this.#receiverOn = (this.#cr & CR.RE) !== 0;
    this.#ringEmpty = (this.#cr & CR.BUFE) !== 0;
    this.#mode = this.#pilot.peek(OFFSET.CR9346, 1);
  }

  get #cr(): number {
    return this.#pilot.peek(OFFSET.CR, 1);
  }
  get #rcr(): number {
    return this.#pilot.peek(0x44, 4);
  }
  get #loopback(): boolean {
    return (this.#pilot.peek(0x40, 4) & TCR.LBK) === TCR.LBK;
  }
  get #standsStill(): boolean {
    return (this.#pilot.peek(OFFSET.CR9346, 1) & CR9346.EEM) === CR9346.EEM_PROGRAM;
  }
  get #ringBytes(): number {
    return ringBytes(this.#rcr);
  }
  get #freeBytes(): number {
    const readOffset = this.#pilot.peek(OFFSET.CAPR, 2) + CAPR_LAG;
    return (readOffset - this.#pilot.peek(OFFSET.CBR, 2)) & (this.#ringBytes - 1);
  }

  #inArena(address: number, bytes: number): boolean {
    return address >= ARENA.start && address + bytes <= ARENA.end;
  }

  #refusesOut({ offset, width, value }: StepOf<"out">): FenceName | undefined {
    const name = placeAt(offset, width)?.name;
    switch (name) {
      case undefined:
        return "width";
      case "CR":
        return this.#refusesCommand(value);
      case "TSD0":
      case "TSD1":
      case "TSD2":
      case "TSD3":
        return this.#refusesTransmit((offset - OFFSET.TSD0) / 4, value);
      case "CAPR":
        return this.#refusesReadPointer();
      case "CONFIG0":
      case "CONFIG1":
      case "CONFIG3":
      case "CONFIG4":
      case "BMCR":
        return this.#resets.unsettled(OFFSET.CR9346) && "unsettledUse";
      case "IMR":
        return (value & ISR.PUN) !== 0 && this.#underrun ? "underrunInterrupt" : undefined;
      case "TimerInt":
        return value !== 0 && value < TIMER_FAR ? "timer" : undefined;
      case "CR9346":
        return this.#eeprom.mightEnableWrites(value) ? "eepromWrite" : undefined;
      default:
        return undefined;
    }
  }

  #refusesCommand(value: number): FenceName | undefined {
    if (value & CR.RST) return value & (CR.RE | CR.TE) ? "resetWithOthers" : undefined;
    return value & CR.TE && this.#waiting[this.#turn] ? "transmitterOnWithQueue" : undefined;
  }

  #refusesReadPointer(): FenceName | undefined {
    if (this.#ring.apart) return "ringApart";
    const receives = (this.#cr & CR.RE) !== 0;
    if (this.#heldBack && receives) return "heldBack";
    const interrupts = (this.#pilot.peek(OFFSET.IMR, 2) & ISR.PUN) !== 0;
    return (this.#cr & CR.BUFE) !== 0 && interrupts ? "underrunInterrupt" : undefined;
  }

  #refusesTransmit(descriptor: number, value: number): FenceName | undefined {
    if (value & TSD.OWN) return undefined;
    if ((value & TSD.SIZE) > TX_MAX_BYTES) return "longTransmit";
    if (this.#standsStill) return "standsStill";
    if (descriptor !== this.#turn || (this.#cr & CR.TE) === 0) return undefined;
    if (this.#waiting[(descriptor + 1) % TX_DESCRIPTORS]) return "outOfTurn";
    return this.#refusesSending(descriptor, value & TSD.SIZE);
  }

  #refusesSending(descriptor: number, size: number): FenceName | undefined {
    if (size === 0) return undefined;
    const tsad = OFFSET.TSAD0 + 4 * descriptor;
    if (this.#resets.unsettled(tsad)) return "unsettledUse";
    const address = this.#pilot.peek(tsad, 4);
    if (!this.#inArena(address, size)) return "outsideArena";
    if (this.#memory.within(address, size).length > 0) return "maskedBytes";
    if (!this.#loopback) return undefined;
    return this.#refusesFrame(this.#pilot.memory(address, size), true);
  }

  #refusesFrame(frame: Uint8Array, looped: boolean): FenceName | undefined {
    if ((this.#cr & CR.RE) === 0) return undefined;
    if (this.#loopback && !looped) return "wireInLoopback";
    if (looped && this.#rcr & RCR.AAP) return "loopbackWithAap";
    if (this.#standsStill) return "standsStill";
    if (this.#ring.apart) return "ringApart";
    if (this.#heldBack) return "heldBack";
    if (frame.length < MIN_FRAME_BYTES) return "shortFrame";
    if (frame.length + FCS_BYTES > RX_MAX_BYTES) return "longFrame";
    if (this.#resets.filterUnsettled) return "unsettledUse";
    const ringEnd = this.#ringBytes + CAPR_LAG + RX_MAX_BYTES;
    if (!this.#inArena(this.#pilot.peek(OFFSET.RBSTART, 4), ringEnd)) return "outsideArena";
    if ((this.#rcr & RCR.AAP) !== 0 && !this.#admitsGroup(frame)) return "groupWithAap";
    return this.#refusesRoom(frame, looped);
  }

  /** In loopback QEMU loses a frame that it does not take, and says nothing. */
  #refusesRoom(frame: Uint8Array, looped: boolean): FenceName | undefined {
    const free = this.#freeBytes;
    if (free === 0) return undefined;
    const fits = align4(RX_HEADER_BYTES + frame.length + FCS_BYTES) < free;
    const overflowEnabled = (this.#pilot.peek(OFFSET.IMR, 2) & ISR.RXOVW) !== 0;
    if (looped) return fits && free >= QEMU_ROOM_BYTES ? undefined : "nearlyFull";
    return free < QEMU_ROOM_BYTES && !overflowEnabled ? "nearlyFull" : undefined;
  }

  #admitsGroup(frame: Uint8Array): boolean {
    const rcr = this.#rcr;
    if (frame.subarray(0, 6).every((byte) => byte === 0xff)) return (rcr & RCR.AB) !== 0;
    if (((frame[0] ?? 0) & 1) === 0) return true;
    const hash = multicastHash(frame.subarray(0, 6));
    return (rcr & RCR.AM) !== 0 && ((this.#pilot.peek(8 + (hash >>> 3), 1) >>> (hash & 7)) & 1) === 1;
  }

  #excusesIn({ offset, width }: StepOf<"in">): readonly Excuse[] {
    const excuses: Excuse[] = [];
    const excuse = (mask: MaskName, bits: number = MASKS[mask].bits): void => {
      excuses.push({ mask, bits: bits >>> 0, byte: 0 });
    };
    for (let i = 0; i < width; i++) {
      const mask = this.#resets.unsettled(offset + i);
      if (mask !== undefined) excuse(mask, 0xff << (8 * i));
    }
    const name = placeAt(offset, width)?.name ?? "";
    const always = ALWAYS[name];
    if (always !== undefined) excuse(always);
    const strayed = this.#resets.strayed(name);
    if (strayed !== undefined) excuse(strayed);
    if (name === "CR" && !this.#crWritten) excuse("crPowerOn");
    if (name === "CR" && this.#ring.apart) excuse("ringStart", CR.BUFE);
    if ((name === "CBR" || name === "CAPR") && this.#ring.apart) excuse("ringStart");
    if (name === "CAPR" && this.#caprBeyond) excuse("caprModulo", 0xffff & ~(this.#ringBytes - 1));
    if (name === "CR9346" && this.#standsStill && !this.#eeprom.showsData) excuse("eedo");
    if (name === "ISR" && this.#underrun) excuse("pun");
    return excuses;
  }

  #excusesLoad({ address, bytes }: StepOf<"load">): readonly Excuse[] {
    const masked = this.#memory.within(address, bytes);
    return masked.map(([at, bits]) => ({ mask: "aapStatus", bits, byte: at - address }));
  }

  #received(frame: Uint8Array, outcome: Outcome): void {
    if (outcome === "overflow") this.#heldBack = true;
    if (outcome === "stored") this.#stored(frame);
  }

  /** CBR stands behind the entry now. */
  #stored(frame: Uint8Array): void {
    this.#ring.moved();
    const ring = this.#ringBytes;
    const base = this.#pilot.peek(OFFSET.RBSTART, 4);
    const entry = align4(RX_HEADER_BYTES + frame.length + FCS_BYTES);
    const start = (this.#pilot.peek(OFFSET.CBR, 2) - entry) & (ring - 1);
    const written = RX_HEADER_BYTES + frame.length + FCS_BYTES;
    this.#memory.overwrite(base + start, written);
    const splits = (this.#rcr & RCR.WRAP) === 0 || ring === 0x1_0000;
    if (splits) this.#memory.overwrite(base, Math.max(0, start + written - ring));
    if (this.#rcr & RCR.AAP) this.#memory.mask(base + start + 1, STATUS_HIGH_BITS);
  }

  #wrote({ offset, width, value }: StepOf<"out">): void {
    const name = placeAt(offset, width)?.name ?? "";
    if (this.#takes(name)) this.#resets.wrote(name, offset, width);
    switch (name) {
      case "CR":
        return this.#commanded(value);
      case "RCR":
        this.#ring.configured();
        this.#caprBeyond = false;
        return;
      case "CAPR":
        return this.#movedReadPointer(value);
      case "ISR":
        if (value & ISR.PUN) this.#underrun = false;
        return;
      case "CR9346":
        this.#eeprom.wrote(value);
        if ((value & CR9346.EEM) === CR9346.EEM_AUTOLOAD) this.#autoload();
        return;
      case "TSD0":
      case "TSD1":
      case "TSD2":
      case "TSD3":
        return this.#queued((offset - OFFSET.TSD0) / 4, value);
    }
  }

  /** Whether a write to the register does something. */
  #takes(name: string): boolean {
    if (name === "TCR") return (this.#cr & CR.TE) !== 0;
    if (name === "CONFIG4") return (this.#pilot.peek(OFFSET.CR9346, 1) & CR9346.EEM) === CR9346.EEM_CONFIG;
    return true;
  }

  #commanded(value: number): void {
    this.#crWritten = true;
    if (value & CR.RST) {
      this.#resets.softReset(this.#mode !== CR9346.EEM_NORMAL);
      this.#reset();
    } else if (value & CR.RE && !this.#receiverOn) {
      this.#ring.enabled();
      this.#caprBeyond = false;
    }
  }

  #autoload(): void {
    this.#crWritten = false;
    this.#resets.autoload();
    this.#reset();
  }

  #reset(): void {
    this.#ring.reset();
    this.#caprBeyond = false;
    this.#underrun = false;
    this.#turn = 0;
    this.#waiting.fill(false);
    this.#eeprom.leave();
  }

  #movedReadPointer(value: number): void {
    if (this.#ringEmpty) this.#underrun = true;
    if (!this.#receiverOn) this.#heldBack = false;
    this.#ring.moved();
    const offset = (value + CAPR_LAG) & (this.#ringBytes - 1);
    this.#caprBeyond = ((offset - CAPR_LAG) & 0xffff) !== value;
  }

  #queued(descriptor: number, value: number): void {
    this.#waiting[descriptor] = (value & TSD.OWN) === 0;
    if ((this.#cr & CR.TE) === 0) return;
    if (this.#pilot.peek(OFFSET.CBR, 2) !== 0) this.#ring.moved();
    if (!this.#waiting[this.#turn]) return;
    this.#waiting[this.#turn] = false;
    this.#turn = (this.#turn + 1) % TX_DESCRIPTORS;
  }
}
