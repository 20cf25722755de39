/**
 * What a guest waits for the answer to a port read, on the engine itself: passed through, it is answered by the card (two
 * threads, two messages); hooked, it exits to the VMM, which asks the card (three threads, four messages).
 */
import { join } from "node:path";
import { VpioError } from "../src/base/errors.ts";
import { packageRoot } from "../src/engine/root.ts";
import { runOnThreads } from "../src/engine/threads.ts";
import { readScenario } from "../src/scenario/read.ts";
import type { Mode } from "../src/scenario/scenario.ts";

export interface PortReads {
  readonly trips: number;
  readonly elapsedNs: number;
  readonly medianNs: number;
  readonly p99Ns: number;
}

export interface PortReadsRun extends PortReads {
  /** Reads of the program's port that went to the VMM, of all that it made, those of its warm-up among them. */
  readonly hooked: number;
  readonly passedThrough: number;
}

const SCENARIO = `
name: port-reads
duration: 60s
cards: [{ name: card0, kind: rtl8139 }]
guests: [{ name: alice, workload: { kind: program, file: port-reads.ts } }]
`;

const FILES = {
  locate: (file: string) => join(packageRoot(), "bench", "programs", file),
  read: () => new Uint8Array(),
};

/** A second of reads. */
export async function portReads(mode: Mode): Promise<PortReadsRun> {
  const { report } = await runOnThreads(readScenario(SCENARIO, "port-reads", FILES, { mode }));
  const [guest] = report.guests;
  const [said] = guest?.software?.workload.notes ?? [];
  if (guest === undefined || said === undefined)
    throw new VpioError("INTERNAL", `the guest that reads a port is ${JSON.stringify(guest?.state)}`);
  const [, hooked = 0] = guest.vmm.exitsByCause.find(([cause]) => cause === "read ISR") ?? [];
  return { ...(JSON.parse(said) as PortReads), hooked, passedThrough: guest.io.passthroughOperations };
}
