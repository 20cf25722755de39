/**
 * Reads ISR of an RTL8139 over and over, as a driver does, and says how long each read took: what a guest waits for its
 * card. Run in passthrough mode the reads go straight to the card; in mode vpio they are hooked, and the VMM asks the card.
 */
import type { UserMachine } from "../../src/workloads/program.ts";

const ISR = 0x3e;
const WARM_UP_NS = 200_000_000;
const MEASURE_NS = 800_000_000;

export default function* ({ ioBase, inw, clock, log }: UserMachine): Generator<unknown, void, number> {
  // The first waits for the card.
  yield inw(ioBase + ISR);
  const warmNs = (yield clock) + WARM_UP_NS;
  while ((yield clock) < warmNs) yield inw(ioBase + ISR);
  const tripsNs: number[] = [];
  const beganNs = yield clock;
  let nowNs = beganNs;
  while (nowNs < beganNs + MEASURE_NS) {
    const startNs = nowNs;
    yield inw(ioBase + ISR);
    nowNs = yield clock;
    tripsNs.push(nowNs - startNs);
  }
  tripsNs.sort((a, b) => a - b);
  const [medianNs, p99Ns] = [0.5, 0.99].map((part) => tripsNs[Math.floor(part * tripsNs.length)]);
  log(JSON.stringify({ trips: tripsNs.length, elapsedNs: nowNs - beganNs, medianNs, p99Ns }));
}
