/** Defects of the device models that the search has found, put back one at a time. */
import type { PropertyName } from "../../../src/check/soundness/subject.ts";
import { type Patch, patchOf } from "../../stress/mutants/mutant.ts";

export interface ModelMutant {
  readonly name: string;
  readonly card: "rtl8139" | "ne2000";
  /** Where it shows, and with which of that world's steps; default: all. */
  readonly world: string;
  readonly among?: readonly string[];
  readonly property: PropertyName;
  /** On a shortest way to it, as it is shown. */
  readonly steps: number;
  readonly patches: readonly Patch[];
}

const rtlModel = patchOf("src/devices/rtl8139/model.ts");
const neModel = patchOf("src/devices/ne2000/model.ts");
const rtlTimer = patchOf("src/devices/rtl8139/guest-timer.ts");
const neFollower = patchOf("src/devices/ne2000/follower.ts");
const neChecks = patchOf("src/devices/ne2000/checks.ts");
const neServed = patchOf("src/devices/ne2000/served.ts");

/** A timer started again, reached, and handed over. */
const TIMER_STEPS = [
  "the guest writes TimerInt: ten microseconds",
  "the guest writes TCTR: started again",
  "five microseconds pass",
  "the VMM hands the card over and back",
];

export const MENDED: readonly ModelMutant[] = [
  {
    name: "TOK comes back after it has been acknowledged",
    card: "rtl8139",
    world: "buffers",
    property: "transparent",
    steps: 3,
    patches: [rtlModel("if (value & FOLLOWED) yield* this.updateFromCard();", "")],
  },
  {
    name: "a timer that has been reached is reached again at once",
    card: "rtl8139",
    world: "timer",
    among: TIMER_STEPS,
    property: "transparent",
    steps: 6,
    patches: [rtlTimer(">>> 0 || TURN", ">>> 0 || 1")],
  },
  {
    name: "TimerInt is missed while the guest starts the timer again",
    card: "rtl8139",
    world: "timer",
    among: TIMER_STEPS,
    property: "transparent",
    steps: 6,
    patches: [rtlTimer("const reached = this.#reaches(before, now);", "const reached = false;")],
  },
  {
    name: "a frame that waits is fetched from where nobody has looked",
    card: "ne2000",
    world: "transmit",
    among: [
      "the guest writes CR: transmit",
      "the guest reads the reset port",
      "the guest writes TBCR1: more than there is",
      "the frame at the PHY has left",
    ],
    property: "checked",
    steps: 5,
    patches: [
      neChecks(
        "return sending ? checkBuffer({ ...programmed.registers, [name]: value }) : APPROVED;",
        "return APPROVED;",
      ),
    ],
  },
  {
    name: "what comes between the look and its acknowledgement outlives the guest's",
    card: "ne2000",
    world: "receive",
    among: [
      "a frame arrives",
      "the guest writes RCR: monitor",
      "the guest writes RCR: frames stored",
      "the guest writes ISR: all acknowledged",
    ],
    property: "transparent",
    steps: 7,
    patches: [neModel("yield* this.#card.takeAllStatus();", "yield* this.#card.takeStatus();")],
  },
  {
    name: "BNRY is written before the packet that moves it has been noticed",
    card: "ne2000",
    world: "send packet",
    among: [
      "a frame arrives",
      "the guest writes CR: send packet",
      "the guest reads 64 bytes from the data port",
      "the guest writes BNRY: the start of the ring",
    ],
    property: "transparent",
    steps: 5,
    patches: [
      neModel(
        'if (this.#is("sendingPacket")) yield* this.#card.takeStatus();\n        yield* this.#card.writeBoundary(value);',
        "yield* this.#card.writeBoundary(value);",
      ),
    ],
  },
  {
    name: "CR is written before the packet that moves BNRY has been noticed",
    card: "ne2000",
    world: "send packet",
    among: [
      "a frame arrives",
      "the guest writes CR: send packet",
      "the guest reads 64 bytes from the data port",
      "the guest writes CR: remote DMA ended",
    ],
    property: "transparent",
    steps: 5,
    patches: [neModel('if (next || this.#is("sendingPacket"))', "if (next)")],
  },
  {
    name: "a transfer is written before the packet that moves BNRY has been noticed",
    card: "ne2000",
    world: "send packet",
    among: [
      "a frame arrives",
      "the guest writes CR: send packet",
      "the guest reads 64 bytes from the data port",
      "the guest writes PSTOP: as it is",
    ],
    property: "transparent",
    steps: 5,
    patches: [
      neModel(
        'if (this.#is("sendingPacket")) yield* this.#card.takeStatus();\n    const [open',
        "const [open",
      ),
    ],
  },
  {
    name: "a packet that is being sent is cut off when PSTOP is written",
    card: "ne2000",
    world: "send packet",
    property: "transparent",
    steps: 4,
    patches: [neModel("? staysInRam(transfer, geometry)", "? transfer.bytes > transfer.address")],
  },
  {
    name: "an overflow in the middle of the drain step loses ISR.RST",
    card: "ne2000",
    world: "receive",
    among: ["a frame arrives", "the VMM hands the card over and back"],
    property: "transparent",
    steps: 4,
    patches: [
      neModel(
        "if (started && (late & ISR.OVW) !== 0)",
        'if (started && (late & ISR.OVW) !== 0 && !this.#is("overflowed"))',
      ),
    ],
  },
  {
    name: "an overflow while the ring is moved loses ISR.RST",
    card: "ne2000",
    world: "receive",
    among: [
      "a frame arrives",
      "the guest writes BNRY: the start of the ring",
      "the VMM hands the card over and back",
      "the guest writes PSTOP: packet RAM",
    ],
    property: "transparent",
    steps: 7,
    patches: [
      neFollower(
        "if (started && (late & ISR.OVW) !== 0) this.overflow.serveReset(ISR.RST);",
        "return void late;",
      ),
    ],
  },
  {
    name: "a frame comes in between the look at ISR and the reset",
    card: "ne2000",
    world: "receive",
    property: "transparent",
    steps: 3,
    patches: [
      neModel(
        'yield writeRegister(this.#host.ioBase, "CR", QUIET);\n    yield* this.#card.takeStatus();\n    const answer',
        "yield* this.updateFromCard();\n    const answer",
      ),
    ],
  },
  {
    name: "a transfer that has ended does not begin again when it gets a count",
    card: "ne2000",
    world: "remote",
    among: [
      "the guest writes CR: remote read",
      "the guest reads a word from the data port",
      "the guest writes RSAR: packet RAM",
      "the guest writes RBCR0: four bytes",
    ],
    property: "transparent",
    steps: 6,
    patches: [
      neModel(
        'const moves = open || (name.startsWith("R") && remoteCommand(command) !== CR.ABORT);',
        "const moves = open;",
      ),
    ],
  },
  {
    name: "a tally is read by the guest while the VMM reads them",
    card: "ne2000",
    world: "loopback",
    among: [
      "a frame arrives",
      "the guest writes TCR: loopback",
      "the VMM hands the card over and back",
      "the guest writes CR: transmit",
      "the VMM takes over the interrupt",
      "the guest reads CNTR1",
    ],
    property: "transparent",
    steps: 7,
    patches: [
      neServed(
        "const tallies = this.counts ? TALLIES : [];",
        "const tallies = TALLIES.filter((_, i) => this.#tallies[i] !== 0);",
      ),
    ],
  },
  {
    name: "ISR.RST outlives the packet that has been read",
    card: "ne2000",
    world: "send packet",
    among: [
      "a frame arrives",
      "the guest writes CR: send packet",
      "the guest reads 64 bytes from the data port",
      "the guest reads ISR",
      "the VMM takes over the interrupt",
    ],
    property: "transparent",
    steps: 6,
    patches: [neFollower("      this.#reset = 0;\n", "")],
  },
  {
    name: "statuses of a loopback frame are the card's before it has gone round",
    card: "ne2000",
    world: "loopback",
    among: [
      "the guest writes TCR: loopback",
      "the guest writes CR: transmit",
      "the guest reads the reset port",
      "the VMM hands the card over and back",
    ],
    property: "transparent",
    steps: 6,
    patches: [
      neFollower(
        "this.#loopsBack = this.programmed.loopsBack;",
        "if (this.programmed.loopsBack) this.served.loopsBack();",
      ),
    ],
  },
  {
    name: "FIFO is read before the frame in it has been noticed",
    card: "ne2000",
    world: "loopback",
    property: "transparent",
    steps: 3,
    patches: [
      neModel(
        "yield* this.#card.takeStatus();\n        return this.#served.readFifo()",
        "return this.#served.readFifo()",
      ),
    ],
  },
  {
    name: "bytes of the card's own FIFO count for one that is served later",
    card: "ne2000",
    world: "loopback",
    among: [
      "the guest writes TCR: loopback",
      "the guest writes CR: transmit",
      "the guest reads FIFO",
      "the VMM hands the card over and back",
    ],
    property: "transparent",
    steps: 5,
    patches: [
      neServed(
        "if (this.#fifo === undefined) return undefined;\n    const byte = this.#fifo[this.#fifoNext];",
        "const byte = this.#fifo?.[this.#fifoNext];",
      ),
    ],
  },
];
