/** What a mutant is: a defect that somebody could have put into vpio, as a patch of its source. */
import type { Property } from "../../../src/stress/oracles/oracle.ts";
import type { Scene } from "./scenes.ts";

/** One place of the source, and what stands there instead. */
export interface Patch {
  /** From the root, such as "actors/nic-body.ts". */
  readonly file: string;
  /** Must be found exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

export interface Mutant {
  readonly name: string;
  /** What is wrong. */
  readonly what: string;
  /** Where it shows: in the statecharts and their bodies, in what the DMM knows of a card, or on the wire. */
  readonly level: "protocol" | "model" | "wire";
  /** The properties of the design that it breaks, and the oracles one of which says so first. */
  readonly properties: readonly Property[];
  readonly oracles: readonly string[];
  /** Where it is looked for. */
  readonly scene: Scene;
  readonly patches: readonly Patch[];
}

export const patchOf =
  (file: string) =>
  (find: string, replace: string): Patch => ({ file, find, replace });
