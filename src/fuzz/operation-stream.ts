/** A stream of operations, seeded: half of it aimed at what cards do, half of it at what they should not be asked to do. */
import type { Prng } from "../base/prng.ts";
import type { Width } from "../hardware/cpu.ts";
import { NOISE_MAX_BYTES } from "./noise.ts";
import type { Destination, FuzzOp } from "./operation.ts";
import { borderAddress, type CardProfile, type Space } from "./profile.ts";

export type Level = "silicon" | "dmm";

const WIDTHS: readonly Width[] = [1, 2, 4];
/** Ports of the window, and as many around it. */
const ANYWHERE = { from: -0x20, to: 0x140 } as const;
/** Lengths (without FCS) at which one of the cards, or a buffer, changes its mind. */
const FRAME_SIZES = [
  ...[0, 1, 5, 6, 13, 14, 59, 60, 61, 63, 64, 249, 250, 252, 256, 1513, 1514, 1515, 1518, 1792],
  ...[4091, 4092, 4093, 4096, 8192, 16_380, 32_768, 65_535, 65_536],
];
const DESTINATIONS: readonly Destination[] = ["card", "card", "broadcast", "multicast", "neighbour", "noise"];
const STRING_MAX_UNITS = 4096;
/** Operations from one handoff to the next, on average. */
const HOLD_OPERATIONS = 500;

export class OperationStream {
  readonly #prng: Prng;
  readonly #profile: CardProfile;
  readonly #level: Level;
  readonly #space: Space;
  /** A recipe, and how far it has got. */
  #queue: readonly FuzzOp[] = [];
  #queueAt = 0;

  constructor(prng: Prng, profile: CardProfile, level: Level, space: Space) {
    this.#prng = prng;
    this.#profile = profile;
    this.#level = level;
    this.#space = space;
  }

  next(): FuzzOp {
    const queued = this.#queue[this.#queueAt];
    // Now and then something else happens amid a recipe.
    if (queued === undefined || this.#prng.chance(1, 6)) return this.#fresh();
    this.#queueAt++;
    return queued;
  }

  #fresh(): FuzzOp {
    const prng = this.#prng;
    if (this.#level === "dmm" && prng.chance(1, HOLD_OPERATIONS))
      return { kind: "handOff", seed: prng.u32() };
    const choice = prng.below(100);
    if (choice < 38) return this.#profile.write(prng, this.#space);
    if (choice < 46) return this.#writeAnywhere();
    if (choice < 60) return { kind: "in", ...prng.pick(this.#profile.registers) };
    if (choice < 65) return { kind: "in", offset: this.#anyPort(), width: prng.pick(WIDTHS) };
    if (choice < 67) return this.#string();
    if (choice < 77) return this.#frame();
    if (choice < 83) return { kind: "transmitted" };
    if (choice < 85) return { kind: "timer" };
    if (choice < 87) return { kind: "pass", ns: prng.below(2 ** prng.between(1, 32)) };
    if (choice < 89) return this.#scribble();
    if (choice < 93) return this.#ofLevel();
    this.#queue = this.#profile.recipe(prng, this.#space);
    this.#queueAt = 0;
    return this.next();
  }

  #ofLevel(): FuzzOp {
    if (this.#level === "dmm") return { kind: "service" };
    return this.#prng.chance(1, 50) ? { kind: "reset" } : { kind: "transmitted" };
  }

  #anyPort(): number {
    return this.#prng.between(ANYWHERE.from, ANYWHERE.to);
  }

  #writeAnywhere(): FuzzOp {
    const width = this.#prng.pick(WIDTHS);
    const value = this.#prng.below(2 ** (8 * width));
    return { kind: "out", offset: this.#anyPort(), width, value };
  }

  #string(): FuzzOp {
    const prng = this.#prng;
    const aimed = prng.pick(this.#profile.registers);
    const { offset, width } = prng.chance(3, 4)
      ? aimed
      : { offset: this.#anyPort(), width: prng.pick(WIDTHS) };
    const count = prng.chance(1, 100) ? prng.below(STRING_MAX_UNITS) : prng.below(20);
    const kind = prng.pick(["ins", "outs"] as const);
    return { kind, offset, width, count, address: borderAddress(prng, this.#space) };
  }

  #frame(): FuzzOp {
    const prng = this.#prng;
    const size = (): number => {
      switch (prng.below(16)) {
        case 0:
          return prng.below(NOISE_MAX_BYTES + 1);
        case 1:
        case 2:
        case 3:
          return prng.pick(FRAME_SIZES);
        default:
          return prng.between(6, 1514);
      }
    };
    return { kind: "frame", bytes: size(), to: prng.pick(DESTINATIONS), seed: prng.u32() };
  }

  #scribble(): FuzzOp {
    const prng = this.#prng;
    const address = prng.below(this.#space.memoryBytes);
    const bytes = prng.below(Math.min(4096, this.#space.memoryBytes - address) + 1);
    return { kind: "scribble", address, bytes, seed: prng.u32() };
  }
}
