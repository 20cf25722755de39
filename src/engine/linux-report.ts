/** What a guest that runs Linux has said of itself: plain data, part of the report of a run. */
import type { LinuxDriver } from "../scenario/scenario.ts";

export interface LinuxCommand {
  readonly command: string;
  readonly state:
    | { readonly kind: "waits" | "runs" }
    /** `status` as the shell has it: 0 is success. */
    | { readonly kind: "ended"; readonly status: number; readonly ms: number };
}

/** A download by the image's own `fetch`. */
export interface LinuxFetch {
  readonly bytes: number;
  readonly ms: number;
  /** Its checksum is the one that the server says, or is not; or it broke off. */
  readonly outcome: "ok" | "wrong" | "failed";
}

/** Frames and bytes as the driver itself counts them. */
export interface LinuxTraffic {
  readonly sentFrames: number;
  readonly sentBytes: number;
  readonly receivedFrames: number;
  readonly receivedBytes: number;
}

export interface LinuxReport {
  /** State of its own statechart, for people. */
  readonly stateName: string;
  readonly driver: LinuxDriver;
  /** Of its card, such as 10.0.0.1/24; undefined until it has one. */
  readonly address: string | undefined;
  readonly commands: readonly LinuxCommand[];
  readonly fetched: readonly LinuxFetch[];
  /** As it was last told; undefined before that. */
  readonly traffic: LinuxTraffic | undefined;
}
