/** What is known of a Linux guest from outside: its control channel read into its statechart and into its report. */
import { type LinuxEvent, linuxAutomaton } from "../../actors/linux.ts";
import { MachineRunner } from "../machine/actor.ts";
import type { LinuxWorkload } from "../scenario/scenario.ts";
import { Report, type WorkloadReport } from "../workloads/report.ts";
import { type GuestEvent, GuestEvents } from "../x86/guest-events.ts";
import type { LinuxCommand, LinuxFetch, LinuxReport, LinuxTraffic } from "./linux-report.ts";

/** As much of the end of the console as a report of a crash shows. */
const CONSOLE_CHARACTERS = 2000;
const CONSOLE_LINES = 8;
/** Downloads that are kept: a guest may tell of as many as it likes. */
const MAX_FETCHED = 1000;

export class LinuxLife {
  readonly #workload: LinuxWorkload;
  readonly #runner = new MachineRunner<LinuxEvent, never>(linuxAutomaton, () => undefined);
  readonly #report = new Report();
  readonly #events = new GuestEvents();
  readonly #decoder = new TextDecoder();
  readonly #commands: LinuxCommand[];
  readonly #fetched: LinuxFetch[] = [];
  /** Downloads that it has told of. */
  #fetches = 0;
  #address: string | undefined;
  #traffic: LinuxTraffic | undefined;
  #console = "";

  constructor(workload: LinuxWorkload) {
    this.#workload = workload;
    this.#commands = workload.commands.map((command) => ({ command, state: { kind: "waits" } }));
  }

  /** Takes what the guest has written to its control channel. */
  takeControl(bytes: Uint8Array): void {
    for (const event of this.#events.read(bytes)) this.#take(event);
  }

  /** Takes what the guest has written to its console. */
  takeConsole(bytes: Uint8Array): void {
    this.#console = (this.#console + this.#decoder.decode(bytes, { stream: true })).slice(
      -CONSOLE_CHARACTERS,
    );
  }

  /** An operation waits for the card, which somebody else has; or no longer. */
  set blocked(blocked: boolean) {
    this.#raise(blocked ? "BLOCK" : "UNBLOCK");
  }

  /** Its machine does not run any more: what its console said last may tell why. */
  crash(): void {
    if (this.#runner.is("over")) return;
    this.#raise("CRASH");
    const lines = this.#console.split(/\r?\n/).filter((line) => line.trim() !== "");
    for (const line of lines.slice(-CONSOLE_LINES)) this.#report.note(`console: ${line}`);
  }

  /** As every workload reports. */
  workload(): WorkloadReport {
    return this.#report.snapshot();
  }

  report(): LinuxReport {
    return {
      stateName: this.#runner.stateName,
      driver: this.#workload.driver,
      address: this.#address,
      commands: [...this.#commands],
      fetched: [...this.#fetched],
      traffic: this.#traffic,
    };
  }

  #take(event: GuestEvent): void {
    switch (event.kind) {
      case "ready":
      case "other":
        return;
      case "probe":
        return this.#raise("PROBE");
      case "up":
        this.#address = event.address;
        return this.#raise("UP");
      case "begin":
        return this.#setCommand(event.command, { kind: "runs" });
      case "end":
        return this.#setCommand(event.command, { kind: "ended", status: event.status, ms: event.ms });
      case "fetched":
        return this.#takeFetched(event);
      case "traffic": {
        const { kind: _, ...traffic } = event;
        this.#traffic = traffic;
        return;
      }
      case "failed":
        this.#report.failure = event.what;
        return;
      case "done":
        this.#report.finished = this.#workload.commands.length > 0;
        return this.#raise("DONE");
    }
  }

  #takeFetched({ bytes, ms, outcome }: LinuxFetch): void {
    if (outcome === "wrong") this.#report.corrupted++;
    this.#fetches++;
    if (this.#fetches <= MAX_FETCHED) this.#fetched.push({ bytes, ms, outcome });
    if (this.#fetches === MAX_FETCHED + 1)
      this.#report.note(`only its first ${MAX_FETCHED} downloads are listed`);
  }

  #setCommand(index: number, state: LinuxCommand["state"]): void {
    const known = this.#commands[index];
    if (known !== undefined) this.#commands[index] = { ...known, state };
  }

  /** What a guest says may come in any order, and more than once: it is only its own word. */
  #raise(event: LinuxEvent): void {
    if (this.#runner.accepts(event)) this.#runner.raise(event);
  }
}
