/** A scenario to break in one place, and files that are not on a disk. */
import type { ScenarioFiles } from "../../src/scenario/files.ts";

/** captures/*: no capture, four bytes of something else; drivers/*: a program; nothing else is there. */
export const FILES: ScenarioFiles = {
  locate: (file) => `/there/${file}`,
  read: (file) => {
    if (file.startsWith("captures/")) return new Uint8Array([1, 2, 3, 4]);
    return file.startsWith("drivers/") ? new Uint8Array() : undefined;
  },
};

/** What is put into the scenario below: keys of its card (line 3) and guest (line 6), lines at its end. */
interface Parts {
  readonly card?: string;
  readonly peer?: string;
  readonly guest?: string;
  readonly workload?: string;
  readonly end?: string;
}

/** Six lines, the workload in the last one, and then `end`. */
export const scenario = ({ card, peer, guest, workload = "{ kind: receive }", end }: Parts = {}): string =>
  `name: small
cards:
  - { name: rtl0, kind: rtl8139${card ? `, ${card}` : ""} }
wire: { peers: [{ kind: echo, name: gateway }${peer ? `, ${peer}` : ""}] }
guests:
  - { name: alice, ${guest ? `${guest}, ` : ""}workload: ${workload} }
${end ?? ""}`;
