/**
 * Every kind of workload: its options, and the software that runs it. A new kind is one file and one row of
 * each.
 */
import type { NetDriver } from "../devices/driver.ts";
import { type DhcpOptions, dhcp } from "./dhcp.ts";
import { type HostileMachine, type HostileOptions, hostileSoftware } from "./hostile.ts";
import { type FrameObserver, Kernel } from "./kernel.ts";
import { type PingOptions, ping } from "./ping.ts";
import { type UserProgram, userSoftware } from "./program.ts";
import { receive } from "./receive.ts";
import { type ReplayOptions, replay } from "./replay.ts";
import { type RequestResponseOptions, requestResponse } from "./request-response.ts";
import type { GuestSoftware } from "./software.ts";
import type { StationProgram } from "./station.ts";
import { type StreamOptions, stream } from "./stream.ts";

export type Workload =
  | ({ readonly kind: "ping" } & PingOptions)
  | ({ readonly kind: "stream" } & StreamOptions)
  | ({ readonly kind: "request-response" } & RequestResponseOptions)
  | { readonly kind: "receive" }
  | ({ readonly kind: "dhcp" } & DhcpOptions)
  | ({ readonly kind: "replay" } & ReplayOptions)
  | ({ readonly kind: "hostile" } & HostileOptions)
  | { readonly kind: "program"; readonly program: UserProgram };

export type WorkloadKind = Workload["kind"];

/** The machine that the software is for. */
export interface GuestMachine extends HostileMachine {
  /** The guest's own address, unsigned, 32 bits. */
  readonly ip: number;
  /** Makes the card's driver; it calls `onReceive` from its interrupt handler. */
  readonly makeDriver: (onReceive: (frame: Uint8Array) => void) => NetDriver;
  readonly observer?: FrameObserver | undefined;
}

/** True when the workload has no end of its own, so that nobody should wait for it. */
export function isEndless(workload: Workload): boolean {
  switch (workload.kind) {
    case "ping":
    case "stream":
    case "request-response":
      return workload.count === undefined;
    case "replay":
      return workload.loop;
    case "receive":
    case "hostile":
      return true;
    case "dhcp":
    case "program":
      return false;
  }
}

export function makeSoftware(workload: Workload, machine: GuestMachine): GuestSoftware {
  switch (workload.kind) {
    case "ping":
      return onKernel(machine, (station) => ping(station, workload));
    case "stream":
      return onKernel(machine, (station) => stream(station, workload));
    case "request-response":
      return onKernel(machine, (station) => requestResponse(station, workload));
    case "receive":
      return onKernel(machine, receive);
    case "dhcp":
      return onKernel(machine, (station) => dhcp(station, workload));
    case "replay":
      return onKernel(machine, (station) => replay(station, workload));
    case "hostile":
      return hostileSoftware(workload, machine);
    case "program":
      return userSoftware(workload.program, machine);
  }
}

const onKernel = (machine: GuestMachine, program: StationProgram): GuestSoftware =>
  new Kernel({ ip: machine.ip, makeDriver: machine.makeDriver, observer: machine.observer }).software(
    program,
  );
