/** One of two workers that exchange numbered cells; bundled and started by threads.test.ts. */
import { parentPort, workerData } from "node:worker_threads";
import { Prng } from "../../src/base/prng.ts";
import { Doorbell, type DoorbellSpec } from "../../src/transport/doorbell.ts";
import { Inbox } from "../../src/transport/inbox.ts";
import { RingReader, type RingSpec, RingWriter } from "../../src/transport/ring.ts";
import { AdaptiveWait, type WaitLimits } from "../../src/transport/wait.ts";

export interface PeerJob {
  readonly role: "exchange" | "serve" | "return";
  readonly count: number;
  readonly seed: number;
  readonly limits: Partial<WaitLimits>;
  readonly incoming: RingSpec;
  readonly outgoing: RingSpec;
  readonly own: DoorbellSpec;
  readonly peer: DoorbellSpec;
}

export interface PeerReport {
  readonly received: number;
  /** The first cell that was not the expected one. */
  readonly disorder: string | undefined;
  /** Waits that ended without work: with a long sleep allowed, each is a lost wake-up. */
  readonly timeouts: number;
  readonly sleeps: number;
  readonly notifies: number;
}

const job = workerData as PeerJob;
const prng = new Prng(job.seed);
const writer = new RingWriter(job.outgoing);
const own = new Doorbell(job.own);
const peer = new Doorbell(job.peer);
const nowNs = (): number => performance.now() * 1e6;
const giveUpNs = nowNs() + 50e9;
const inbox = new Inbox({
  rings: [{ reader: new RingReader(job.incoming), producer: peer }],
  doorbell: own,
  nowNs,
  wait: new AdaptiveWait(job.limits),
});

let sent = 0;
let received = 0;
let timeouts = 0;
let disorder: string | undefined;

/** Each cell carries its number at both ends, so that a cell read too early shows. */
function receive(_: number, reader: RingReader, offset: number): void {
  const first = reader.i32[offset >> 2];
  const last = reader.f64[(offset >> 3) + 7];
  if (first !== received || last !== received) disorder ??= `cell ${received} holds ${first} and ${last}`;
  received++;
}

function post(): boolean {
  const offset = writer.reserve();
  if (offset === undefined) return false;
  writer.i32[offset >> 2] = sent;
  writer.f64[(offset >> 3) + 7] = sent;
  writer.advance();
  sent++;
  return true;
}

function publish(): void {
  if (writer.publish()) peer.ring();
}

function wait(full?: RingWriter): void {
  if (inbox.wait(giveUpNs, full) === "timeout") timeouts++;
  if (nowNs() > giveUpNs) throw new Error(`gave up: sent ${sent}, received ${received} of ${job.count}`);
}

/** Sends bursts of chance sizes and receives what there is, until all have gone both ways. */
function exchange(): void {
  while (sent < job.count || received < job.count) {
    const burst = Math.min(prng.below(100), job.count - sent);
    let posted = 0;
    while (posted < burst && post()) posted++;
    publish();
    const full = posted < burst;
    if (inbox.poll(receive) > 0) continue;
    if (full) wait(writer);
    else if (sent === job.count && received < job.count) wait();
  }
}

/** One cell goes to and fro; each side dawdles by chance, so that it publishes as the other falls asleep. */
function rally(serves: boolean): void {
  if (serves) {
    post();
    publish();
  }
  while (received < job.count) {
    if (inbox.poll(receive) === 0) {
      wait();
      continue;
    }
    for (let i = prng.below(4000); i > 0; i--) inbox.isEmpty();
    if (sent < job.count) post();
    publish();
  }
}

if (job.role === "exchange") exchange();
else rally(job.role === "serve");

const report: PeerReport = {
  received,
  disorder,
  timeouts,
  sleeps: own.sleeps,
  notifies: peer.notifies,
};
parentPort?.postMessage(report);
