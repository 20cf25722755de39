/** Mutants of what the DMM knows of a card: its model, its checks, its device context. */
import { type Mutant, patchOf } from "./mutant.ts";
import { onArrival, onAttack, onFastStreams, onHold, onStreams, onTinker } from "./scenes.ts";

const rtlModel = patchOf("src/devices/rtl8139/model.ts");
const rtlContext = patchOf("src/devices/rtl8139/context.ts");
const rtlChart = patchOf("src/devices/rtl8139/statechart.ts");
const neModel = patchOf("src/devices/ne2000/model.ts");
const neContext = patchOf("src/devices/ne2000/context.ts");
const neChart = patchOf("src/devices/ne2000/statechart.ts");

export const REUSABLE_MUTANTS: readonly Mutant[] = [
  {
    name: "transmits not counted",
    what: "one TOK makes an RTL8139 with two frames queued reusable",
    level: "model",
    properties: [2],
    oracles: ["reusable"],
    scene: onStreams("rtl8139"),
    patches: [
      rtlChart(
        'on: { TRANSMIT: "three", SENT: "one", RESET: "empty" }',
        'on: { TRANSMIT: "three", SENT: "empty", RESET: "empty" }',
      ),
    ],
  },
  {
    name: "receiver left armed",
    what: "an RTL8139 is saved with its receiver armed",
    level: "model",
    properties: [2],
    oracles: ["reusable"],
    scene: onStreams("rtl8139"),
    patches: [
      rtlModel(
        'yield writeRegister(ioBase, "CR", this.#command & CR.TE);',
        'yield writeRegister(ioBase, "CR", this.#command & (CR.TE | CR.RE));',
      ),
    ],
  },
  {
    name: "station left started",
    what: "an NE2000 is saved without having been stopped",
    level: "model",
    properties: [2],
    oracles: ["reusable"],
    scene: onStreams("ne2000"),
    patches: [
      neModel(
        'yield writeRegister(ioBase, "CR", QUIET);\n    yield* awaitReset(ioBase);\n    const late',
        "const late",
      ),
    ],
  },
  {
    name: "transmission not followed",
    what: "an NE2000 that is sending counts as reusable",
    level: "model",
    properties: [2],
    oracles: ["reusable"],
    scene: onStreams("ne2000"),
    patches: [neModel('return this.#is("sending") ? "completing" : "reusable";', 'return "reusable";')],
  },
  {
    name: "acknowledged behind the model's back",
    what: "a guest's acknowledgement clears a TOK in the card that the model has not seen",
    level: "model",
    properties: [4, 7],
    oracles: ["twin", "progress"],
    scene: onFastStreams("rtl8139"),
    patches: [
      rtlModel(
        'yield writeRegister(ioBase, "ISR", value & ~FOLLOWED);',
        'yield writeRegister(ioBase, "ISR", value);',
      ),
    ],
  },
];

export const DMA_MUTANTS: readonly Mutant[] = [
  {
    name: "buffer's end not checked",
    what: "only the first byte of a transmit buffer must be the guest's",
    level: "model",
    properties: [3],
    oracles: ["dma"],
    scene: onAttack("dma-over-end"),
    patches: [rtlModel("this.#host.toHost(address, Math.max(1, bytes))", "this.#host.toHost(address, 1)")],
  },
  {
    name: "buffer not checked",
    what: "a transmit buffer that is not the guest's counts as one at the host's address 0",
    level: "model",
    properties: [3],
    oracles: ["dma"],
    scene: onAttack("dma-outside"),
    patches: [
      rtlModel(
        "if (this.#host.toHost(address, Math.max(1, bytes)) !== undefined) return APPROVED;",
        "if (bytes > 0) return APPROVED;",
      ),
    ],
  },
  {
    name: "ring's end not checked",
    what: "only the first byte of a receive ring must be the guest's",
    level: "model",
    properties: [3],
    oracles: ["dma"],
    scene: onAttack("dma-over-end"),
    patches: [
      rtlModel(
        "const bytes = ring + (rcr & RCR.WRAP && ring < RING_64K ? RX_MAX_BYTES : 0);",
        "const bytes = rcr & RCR.WRAP && ring < RING_64K ? RX_MAX_BYTES : 1;",
      ),
    ],
  },
  {
    name: "address not rewritten",
    what: "the guest-physical address of a transmit buffer goes to the card as it is",
    level: "model",
    properties: [3],
    oracles: ["dma"],
    scene: onStreams("rtl8139"),
    patches: [
      rtlModel(
        "this.#tsad[tsadIndex(port)] = value;\n        return yield outl(ioBase + port, this.#toHost(value));",
        "this.#tsad[tsadIndex(port)] = value;\n        return yield outl(ioBase + port, value);",
      ),
    ],
  },
];

export const RTL8139_CONTEXT_MUTANTS: readonly Mutant[] = [
  {
    name: "CBR not restored",
    what: "after a handoff the next frame lands at the start of the ring, wherever the driver reads",
    level: "model",
    properties: [4, 5],
    oracles: ["drivers", "frames"],
    scene: onArrival("rtl8139"),
    patches: [
      rtlContext("const entries = planAdvance(card.cbr, ring);", "const entries = planAdvance(0, ring);"),
    ],
  },
  {
    name: "CAPR not restored",
    what: "after a handoff the card believes that the whole ring has been read",
    level: "model",
    properties: [4],
    oracles: ["twin"],
    scene: onArrival("rtl8139"),
    patches: [rtlContext('yield writeRegister(ioBase, "CAPR", card.capr);', "")],
  },
  {
    name: "transmit turn not restored",
    what: "after a handoff the card waits for descriptor 0",
    level: "model",
    properties: [4, 5],
    oracles: ["twin", "frames"],
    scene: onStreams("rtl8139"),
    patches: [
      rtlContext(
        "const turnsAlone = (model.turn - entries.length + ring) % TX_DESCRIPTORS;",
        "const turnsAlone = 0;",
      ),
    ],
  },
  {
    name: "TSD not served",
    what: "after a handoff a driver reads that its descriptors have never been sent",
    level: "model",
    properties: [4, 7],
    oracles: ["drivers", "progress"],
    scene: onStreams("rtl8139"),
    patches: [rtlModel("for (let n = 0; n < TX_DESCRIPTORS; n++) this.#servedTsd[n] ??= values[n];", "")],
  },
  {
    name: "own address not restored",
    what: "after a handoff the card has the address of the replay's frames",
    level: "model",
    properties: [4],
    oracles: ["twin"],
    scene: onHold("rtl8139"),
    patches: [rtlContext('const KEPT_REGISTERS = [\n  "IDR0",\n  "IDR4",', "const KEPT_REGISTERS = [")],
  },
  {
    name: "MAR not restored",
    what: "after a handoff the card takes every group's frames, as it did for the replay",
    level: "model",
    properties: [4],
    oracles: ["twin"],
    scene: onTinker("rtl8139"),
    patches: [rtlContext('  "MAR0",\n  "MAR4",\n', "")],
  },
  {
    name: "RCR not restored",
    what: "after a handoff the card takes only frames to its own address",
    level: "model",
    properties: [4],
    oracles: ["twin"],
    scene: onHold("rtl8139"),
    patches: [
      rtlContext(
        "destination === undefined ? model.rcr | RCR.APM : model.rcr);",
        "(model.rcr & ~(RCR.AB | RCR.AM | RCR.AAP)) | RCR.APM);",
      ),
    ],
  },
  {
    name: "ring not restored",
    what: "after a handoff frames land in the VMM's ring",
    level: "model",
    properties: [4, 5],
    oracles: ["drivers", "frames"],
    scene: onArrival("rtl8139"),
    patches: [rtlContext('yield writeRegister(ioBase, "RBSTART", model.rbstart);', "")],
  },
  {
    name: "buffers not restored",
    what: "after a handoff the descriptors point at the frame of the replay",
    level: "model",
    properties: [3, 4],
    oracles: ["dma", "twin"],
    scene: onStreams("rtl8139"),
    patches: [
      rtlContext(
        'for (const [n, address] of model.tsad.entries()) yield outl(portOf(ioBase, "TSAD0", n), address);',
        "",
      ),
    ],
  },
  {
    name: "IMR not restored",
    what: "after a handoff the card raises no interrupt",
    level: "model",
    properties: [6],
    oracles: ["interrupts"],
    scene: onArrival("rtl8139"),
    patches: [
      rtlContext(
        'yield* startTimer(ioBase, model.timerInt);\n  yield writeRegister(ioBase, "IMR", model.imr);',
        "yield* startTimer(ioBase, model.timerInt);",
      ),
    ],
  },
  {
    name: "ISR not kept",
    what: "interrupts that the guest has not acknowledged are forgotten when the card is restored",
    level: "model",
    properties: [6, 7],
    oracles: ["interrupts", "progress"],
    scene: onStreams("rtl8139"),
    patches: [rtlModel("*restore(): Sequence<void> {", "*restore(): Sequence<void> {\n    this.#isr = 0;")],
  },
];

export const NE2000_CONTEXT_MUTANTS: readonly Mutant[] = [
  {
    name: "TBCR not shadowed",
    what: "a handoff between TBCR and TXP is allowed, and loses TBCR",
    level: "model",
    properties: [4, 5],
    oracles: ["twin", "frames"],
    scene: onStreams("ne2000"),
    patches: [
      neChart('programmed: { tags: ["programming"], on', "programmed: { on"),
      neContext(
        '"TPSR", "TBCR0", "TBCR1", "RCR", "TCR", "DCR"] as const',
        '"TPSR", "RCR", "TCR", "DCR"] as const',
      ),
    ],
  },
  {
    name: "remote DMA cut off",
    what: "a handoff in the middle of a remote DMA is allowed, and forgets what is left of it",
    level: "model",
    properties: [4, 5],
    oracles: ["twin", "frames"],
    scene: onStreams("ne2000"),
    patches: [
      neChart('tags: ["programming", "open"]', 'tags: ["open"]'),
      neModel("bytes: this.#programmed.transfer.bytes };", "bytes: 0 };"),
    ],
  },
  {
    name: "packet RAM not restored",
    what: "after a handoff the memory of an NE2000 is as the last owner left it",
    level: "model",
    properties: [4, 5],
    oracles: ["twin", "frames"],
    scene: onStreams("ne2000"),
    patches: [neContext("yield* writeRam(ioBase, card.ram, scratch);", "")],
  },
  {
    name: "CURR not restored",
    what: "after a handoff frames land at page 0",
    level: "model",
    properties: [4],
    oracles: ["drivers"],
    scene: onArrival("ne2000"),
    patches: [neContext('[...PAR, "CURR", ...MAR]', "[...PAR, ...MAR]")],
  },
  {
    name: "BNRY not restored",
    what: "after a handoff the card does not know what of its ring has been read",
    level: "model",
    properties: [4],
    oracles: ["twin"],
    scene: onTinker("ne2000"),
    patches: [neContext('yield writeRegister(ioBase, "BNRY", boundary);', "")],
  },
  {
    name: "sent again at the restore",
    what: "TXP is kept with the rest of CR, and the last frame leaves once more",
    level: "model",
    properties: [4, 5],
    oracles: ["twin", "frames"],
    scene: onStreams("ne2000"),
    patches: [neModel("this.#programmed.command = value & ~CR.TXP;", "this.#programmed.command = value;")],
  },
  {
    name: "PROM not virtual",
    what: "every guest reads the address of the card's own PROM",
    level: "model",
    properties: [4, 5],
    oracles: ["twin", "frames"],
    scene: onStreams("ne2000"),
    patches: [
      neModel(
        'if (access.direction === "write" || !this.#is("readingProm")) return answer;',
        "if (access.port >= DATA_PORT) return answer;",
      ),
    ],
  },
  {
    name: "page not restored",
    what: "after a handoff the card is on page 0, wherever the guest has left it",
    level: "model",
    properties: [4],
    oracles: ["twin"],
    scene: onTinker("ne2000"),
    patches: [
      neContext('writeRegister(ioBase, "CR", command);', 'writeRegister(ioBase, "CR", command & ~CR.PS);'),
    ],
  },
];
