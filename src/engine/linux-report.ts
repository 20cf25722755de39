/** What a guest that runs Linux has said of itself: plain data, part of the report of a run. */
import type { LinuxDriver } from "../devices/device.ts";
import type { GuestEvent } from "../x86/guest-events.ts";

export interface LinuxCommand {
  readonly command: string;
  readonly state:
    | { readonly kind: "waits" | "runs" }
    /** `status` as the shell has it: 0 is success. */
    | { readonly kind: "ended"; readonly status: number; readonly ms: number };
}

/** A download by the image's own `fetch`; the frames and bytes that the driver itself counts. */
export type LinuxFetch = Told<"fetched">;
export type LinuxTraffic = Told<"traffic">;

/** What an event of that kind carries. */
type Told<Kind extends GuestEvent["kind"]> = Omit<Extract<GuestEvent, { readonly kind: Kind }>, "kind">;

export interface LinuxReport {
  /** State of its own statechart, for people. */
  readonly stateName: string;
  readonly driver: LinuxDriver;
  /** Of its card, such as 10.0.0.1/24; undefined until it has one. */
  readonly address: string | undefined;
  readonly commands: readonly LinuxCommand[];
  /** The first of them, 1,000 at most. */
  readonly fetched: readonly LinuxFetch[];
  /** As it was last told; undefined before that. */
  readonly traffic: LinuxTraffic | undefined;
}
