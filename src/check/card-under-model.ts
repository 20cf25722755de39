/**
 * The silicon of an RTL8139 with a model that follows it: a driver's accesses go to both, the card goes on by itself, and
 * the VMM takes over its interrupts when it gets to that.
 */
import { hostPhysical } from "../base/ids.ts";
import { rtl8139Model } from "../devices/rtl8139/model.ts";
import { CR, ISR, RCR, REGISTERS, type RegisterName } from "../devices/rtl8139/registers.ts";
import { Rtl8139 } from "../devices/rtl8139/silicon.ts";
import type { CpuOp, InMany, Sequence } from "../hardware/cpu.ts";
import { GuestMemory, HostMemory, layOut, PAGE_BYTES } from "../hardware/memory.ts";
import type { Slot } from "../hardware/silicon.ts";
import { PAPER_RTL8139, PaperMachine } from "./paper-models.ts";

const IO_BASE = 0xc000;
const MAC = Uint8Array.of(0x52, 0x54, 0, 0, 0, 1);
const MEMORY_BYTES = 16 * PAGE_BYTES;
const BUFFER = PAGE_BYTES;
const RING = 4 * PAGE_BYTES;
const FRAME_BYTES = 60;
const ALL_OWNED_BY_HOST = 0xf;

/** What can happen next. */
export const ACTIONS = ["transmit", "phy", "receive", "frame", "service", "reset"] as const;
export type Action = (typeof ACTIONS)[number];

/** What knows the card only by what it is told. */
interface Follower {
  readonly stateName: string;
  readonly reusable: boolean;
  write(name: RegisterName, value: number): void;
  service(): void;
}

/** The card in a slot whose wire takes one frame at a time. */
class Bench {
  readonly memory: HostMemory;
  readonly guest: GuestMemory;
  readonly scratch: GuestMemory;
  readonly silicon: Rtl8139;
  line = false;
  /** A frame is at the PHY. */
  sending = false;

  constructor() {
    const buffer = new SharedArrayBuffer(MEMORY_BYTES + PAGE_BYTES);
    this.memory = new HostMemory(buffer);
    const [slab, scratch] = layOut([MEMORY_BYTES, PAGE_BYTES], false);
    const none = { host: hostPhysical(0), bytes: 0, guest: 0 as never };
    this.guest = new GuestMemory(buffer, slab ?? none);
    this.scratch = new GuestMemory(buffer, scratch ?? none);
    const slot: Slot = {
      dmaRead: (address, into) => this.memory.read(address, into),
      dmaWrite: (address, from) => this.memory.write(address, from),
      setInterrupt: (level) => {
        this.line = level;
      },
      transmit: () => {
        this.sending = true;
      },
      nowNs: () => 0,
      wakeAt: () => undefined,
    };
    this.silicon = new Rtl8139(slot, { mac: MAC });
  }

  get(name: RegisterName): number {
    return this.silicon.readPort(REGISTERS[name].offset, REGISTERS[name].bytes);
  }

  set(name: RegisterName, value: number): void {
    this.silicon.writePort(REGISTERS[name].offset, REGISTERS[name].bytes, value);
  }

  run<T>(program: Sequence<T>): T {
    let step = program.next(0);
    while (!step.done) step = program.next(this.#execute(step.value));
    return step.value;
  }

  #execute(op: CpuOp | InMany): number {
    switch (op.kind) {
      case "in":
        return this.silicon.readPort(op.port - IO_BASE, op.width);
      case "out":
        this.silicon.writePort(op.port - IO_BASE, op.width, op.value);
        return 0;
      case "inMany":
        for (const { port, width } of op.reads) op.values.push(this.silicon.readPort(port - IO_BASE, width));
        return 0;
      default:
        return 0;
    }
  }
}

/** The model that vpio runs, behind the DMM's own interface. */
function ownFollower(bench: Bench): Follower {
  const toHost = (address: number, bytes: number): number | undefined =>
    bench.guest.contains(address, bytes) ? address : undefined;
  const model = rtl8139Model.initModel({
    ioBase: IO_BASE,
    mac: MAC,
    memory: bench.guest,
    toHost,
    scratch: bench.scratch,
  });
  return {
    get stateName() {
      return `${model.stateName} (${model.phase})`;
    },
    get reusable() {
      return model.phase === "reusable";
    },
    write(name, value) {
      const { offset: port, bytes: width } = REGISTERS[name];
      const access = { port, width, direction: "write", value } as const;
      if (model.checkModel(access).kind === "approved") bench.run(model.perform(access));
    },
    service: () => void bench.run(model.updateFromCard()),
  };
}

/** Figure 6: it sees writes of TSD, RCR and CR, and the interrupt status. */
function paperFollower(bench: Bench): Follower {
  const machine = new PaperMachine(PAPER_RTL8139);
  return {
    get stateName() {
      return machine.stateName;
    },
    get reusable() {
      return machine.reusable;
    },
    write(name, value) {
      bench.set(name, value);
      if (name.startsWith("TSD")) machine.take("TSD:Write");
      else if (name === "RCR") machine.take("RCR:Write");
      else if (name === "CR" && value & CR.RST) machine.take("CMD:RST");
    },
    service() {
      const status = bench.get("ISR");
      bench.set("ISR", status);
      if (status & ISR.TOK) machine.take("INT:TX_OK");
      if (status & ISR.ROK) machine.take("INT:Rx_OK");
      if (status & (ISR.TER | ISR.RER | ISR.SERR)) machine.take("INT:Error");
    },
  };
}

export class CardUnderModel {
  readonly #bench = new Bench();
  readonly #follower: Follower;
  /** The descriptor that the driver uses next. */
  #next = 0;

  constructor(model: "rtl8139" | "paper/rtl8139") {
    this.#follower = model === "rtl8139" ? ownFollower(this.#bench) : paperFollower(this.#bench);
    this.#start();
  }

  get modelState(): string {
    return this.#follower.stateName;
  }

  get reusable(): boolean {
    return this.#follower.reusable;
  }

  /** Some descriptor is the card's: it reads host memory for it, or will. */
  get transmitting(): boolean {
    return (this.#bench.get("TSAD") & ALL_OWNED_BY_HOST) !== ALL_OWNED_BY_HOST;
  }

  /** The next frame goes to host memory. */
  get receiving(): boolean {
    return (this.#bench.get("CR") & CR.RE) !== 0;
  }

  /** Two cards with the same key do the same from here on. */
  get key(): string {
    const { line, sending } = this.#bench;
    const registers = (["TSAD", "CR", "ISR"] as const).map((name) => this.#bench.get(name));
    return [this.modelState, this.#next, line, sending, ...registers].join();
  }

  can(action: Action): boolean {
    switch (action) {
      case "transmit":
        return (this.#bench.get("TSAD") & (1 << this.#next)) !== 0;
      case "phy":
        return this.#bench.sending;
      case "receive":
        return !this.receiving;
      case "frame":
        return this.receiving && (this.#bench.get("ISR") & ISR.ROK) === 0;
      case "service":
        return this.#bench.line;
      case "reset":
        return true;
    }
  }

  /** Does it, and says what it was. */
  take(action: Action): string {
    switch (action) {
      case "transmit":
        return this.#transmit();
      case "phy":
        this.#bench.sending = false;
        this.#bench.silicon.transmitted();
        return "the frame at the PHY has left";
      case "receive":
        this.#follower.write("RBSTART", RING);
        this.#follower.write("CR", CR.TE | CR.RE);
        this.#follower.write("RCR", RCR.AAP);
        return "the driver arms the receiver";
      case "frame":
        this.#bench.silicon.receive(new Uint8Array(FRAME_BYTES).fill(0xff));
        return "a frame arrives";
      case "service":
        this.#follower.service();
        return "the VMM takes over the interrupt";
      case "reset":
        this.#start();
        return "the driver resets the card";
    }
  }

  #transmit(): string {
    const n = this.#next as 0 | 1 | 2 | 3;
    this.#follower.write(`TSAD${n}`, BUFFER);
    this.#follower.write(`TSD${n}`, FRAME_BYTES);
    this.#next = (n + 1) % 4;
    return `the driver writes TSD${n}`;
  }

  #start(): void {
    this.#next = 0;
    this.#follower.write("CR", CR.RST);
    this.#follower.write("IMR", ISR.TOK | ISR.ROK | ISR.TER | ISR.RER);
    this.#follower.write("CR", CR.TE);
  }
}
