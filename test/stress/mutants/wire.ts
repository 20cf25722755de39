/** Mutants of the segment: what becomes of frames for guests that are without the card. */
import { type Mutant, patchOf } from "./mutant.ts";
import { onArrival, onHold } from "./scenes.ts";

const hold = patchOf("actors/wire-hold.ts");

export const WIRE_MUTANTS: readonly Mutant[] = [
  {
    name: "held frames to anybody",
    what: "whoever has the card gets the frames that are held for others",
    level: "wire",
    properties: [5],
    oracles: ["segment"],
    scene: onHold("rtl8139"),
    patches: [
      hold(
        "this.#queues.get(guest)?.shift();",
        "[...this.#queues.values()].find((queue) => queue.length > 0)?.shift();",
      ),
    ],
  },
  {
    name: "held frames twice",
    what: "the first frame that is held for a guest is kept in its queue twice",
    level: "wire",
    properties: [5],
    oracles: ["segment"],
    scene: onHold("rtl8139"),
    patches: [
      hold(
        "if (queue.length === 1) this.#options.onWaiting(guest);",
        "if (queue.length !== 1) return;\n    queue.push(frame);\n    this.#options.onWaiting(guest);",
      ),
    ],
  },
  {
    name: "frames lost at the card",
    what: "a frame whose guest loses the card while it is on the line is neither delivered nor kept",
    level: "wire",
    properties: [5],
    oracles: ["segment"],
    scene: onArrival("rtl8139"),
    patches: [hold("this.#keep(guest, { bytes, passed: true });", "")],
  },
  {
    name: "group frames not held",
    what: "a broadcast is for the holder of the card only",
    level: "wire",
    properties: [5],
    oracles: ["segment"],
    scene: onHold("rtl8139"),
    patches: [
      hold(
        "if (guest !== this.#holder) this.#keep",
        "if (guest !== this.#holder && !isMulticast(bytes)) this.#keep",
      ),
    ],
  },
  {
    name: "nobody asks for held frames",
    what: "under arrival a frame that is held asks for the card only when that changes hands",
    level: "wire",
    properties: [7],
    oracles: ["progress"],
    scene: onArrival("rtl8139"),
    patches: [hold("if (queue.length === 1) this.#options.onWaiting(guest);", "")],
  },
];
