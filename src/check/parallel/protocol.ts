/** What the threads of a parallel exploration say to each other. */
import type { MessagePort } from "node:worker_threads";
import type { Bounds } from "../bodies/contract.ts";
import type { Break } from "../properties.ts";
import type { News } from "./naming.ts";

/** What a worker begins with. */
export interface ShardBrief {
  readonly bounds: Bounds;
  readonly reduce: boolean;
  /** Its number, and how many there are. */
  readonly index: number;
  readonly workers: number;
  /** For its own share of the states. */
  readonly memoryBytes: number;
  /** To each other worker, by number; nothing at its own. */
  readonly ports: readonly (MessagePort | undefined)[];
}

/** A state by its worker and its index there; -1: before the first. */
export interface StateName {
  readonly worker: number;
  readonly index: number;
}

export type ToShard =
  /** Look at the states of the next level; answered by `level`. */
  | { readonly type: "expand" }
  | { readonly type: "describe"; readonly index: number }
  | { readonly type: "end" };

export type FromShard =
  | {
      readonly type: "level";
      /** States of its own, and those that have not been looked at. */
      readonly states: number;
      readonly waiting: number;
      readonly transitions: number;
      readonly memoryBytes: number;
      readonly full: boolean;
      /** Something is broken by a step out of this state; `deadlock`: there is none. */
      readonly broken: (Break & { readonly at: StateName; readonly deadlock: boolean }) | undefined;
    }
  | { readonly type: "state"; readonly words: readonly string[]; readonly parent: StateName }
  | { readonly type: "coverage"; readonly pairs: readonly string[] };

/** From worker to worker: successors that belong to the receiver. */
export interface Batch {
  readonly news: News;
  /** For each state its pieces, in the sender's numbers, and its parent's index, one after the other. */
  readonly states: Int32Array;
  /** No more of this level. */
  readonly last: boolean;
}
