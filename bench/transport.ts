/**
 * Round trips between this thread and one worker, by transport, and of a guest's port reads on the engine that stands on
 * them, as ratios to a bare spin on one shared word in the same run. Wall clock: the ratios depend on how many cores are
 * free.
 */
import { once } from "node:events";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { type Endpoint, wrap } from "comlink";
import { Histogram } from "../src/base/histogram.ts";
import { NS_PER_MS, NS_PER_S, NS_PER_US } from "../src/base/units.ts";
import type { Mode } from "../src/scenario/scenario.ts";
import { createDoorbell, Doorbell } from "../src/transport/doorbell.ts";
import { Inbox } from "../src/transport/inbox.ts";
import { createRing, RingReader, RingWriter } from "../src/transport/ring.ts";
import { portReads } from "./port-reads.ts";
import type { Echo, EchoJob } from "./transport-worker.ts";

export interface TransportRow {
  readonly transport: string;
  readonly roundTripsPerS: number;
  readonly medianUs: number;
  readonly p99Us: number;
  /** The raw ping-pong's median in this run is 1. */
  readonly medianRatio: number;
}

const WARM_UP_NS = 200 * NS_PER_MS;
const MEASURE_NS = 800 * NS_PER_MS;
const CELL = { cells: 16, cellBytes: 64 } as const;
const STOP = -1;

const nowNs = (): number => performance.now() * 1e6;

/** Makes trips until the time is over and records how long each took. */
type Trips = (untilNs: number, into: Histogram) => void | Promise<void>;

interface Client {
  readonly trips: Trips;
  /** Ends the worker. */
  readonly stop: () => unknown;
}

/** The synchronous clients: `trip` blocks until the answer is there. */
function blocking(trip: () => void): Trips {
  return (untilNs, into) => {
    for (let startNs = nowNs(); startNs < untilNs; ) {
      trip();
      const endNs = nowNs();
      into.record(endNs - startNs);
      startNs = endNs;
    }
  };
}

function awaiting(trip: () => Promise<unknown>): Trips {
  return async (untilNs, into) => {
    for (let startNs = nowNs(); startNs < untilNs; ) {
      await trip();
      const endNs = nowNs();
      into.record(endNs - startNs);
      startNs = endNs;
    }
  };
}

function start(job: EchoJob, transfer: MessagePort[] = []): Worker {
  const url = new URL("./transport-worker.js", import.meta.url);
  return new Worker(url, { workerData: job, transferList: transfer });
}

function rawClient(): Client {
  const [ping, pong] = [
    new Int32Array(new SharedArrayBuffer(128)),
    new Int32Array(new SharedArrayBuffer(128)),
  ];
  const worker = start({ kind: "raw", stop: STOP, ping, pong });
  let value = 0;
  const trip = (): void => {
    value += 2;
    Atomics.store(ping, 0, value);
    while (Atomics.load(pong, 0) !== value + 1);
  };
  const stop = (): Promise<unknown> => {
    Atomics.store(ping, 0, STOP);
    return once(worker, "exit");
  };
  return { trips: blocking(trip), stop };
}

function mailboxClient(): Client {
  const [request, response] = [createRing(CELL), createRing(CELL)];
  const [client, server] = [createDoorbell(), createDoorbell()];
  const worker = start({ kind: "mailbox", stop: STOP, request, response, client, server });
  const [doorbell, bell, writer] = [new Doorbell(client), new Doorbell(server), new RingWriter(request)];
  const inbox = new Inbox({ rings: [{ reader: new RingReader(response) }], doorbell, nowNs });
  const send = (value: number): void => {
    writer.i32[(writer.reserve() ?? 0) >> 2] = value;
    writer.advance();
    if (writer.publish()) bell.ring();
  };
  let value = 0;
  const receive = (_: number, reader: RingReader, offset: number): void => {
    value = reader.i32[offset >> 2] ?? 0;
  };
  const trip = (): void => {
    send(value);
    while (inbox.poll(receive) === 0) inbox.wait();
  };
  const stop = (): Promise<unknown> => {
    send(STOP);
    return once(worker, "exit");
  };
  return { trips: blocking(trip), stop };
}

function postMessageClient(): Client {
  const { port1, port2 } = new MessageChannel();
  const worker = start({ kind: "postMessage", stop: STOP, port: port2 }, [port2]);
  let value = 0;
  let answered = (_: number): void => {};
  port1.on("message", (answer: number) => answered(answer));
  const trip = async (): Promise<void> => {
    value = await new Promise<number>((resolve) => {
      answered = resolve;
      port1.postMessage(value);
    });
  };
  const stop = (): Promise<unknown> => {
    port1.postMessage(STOP);
    return once(worker, "exit");
  };
  return { trips: awaiting(trip), stop };
}

function comlinkClient(): Client {
  const { port1, port2 } = new MessageChannel();
  const worker = start({ kind: "comlink", stop: STOP, port: port2 }, [port2]);
  const remote = wrap<Echo>(port1 as unknown as Endpoint);
  let value = 0;
  const trip = async (): Promise<void> => {
    value = await remote.next(value);
  };
  const stop = (): Promise<unknown> => {
    port1.close();
    return worker.terminate();
  };
  return { trips: awaiting(trip), stop };
}

async function measure(transport: string, open: () => Client, rawMedianNs?: number): Promise<TransportRow> {
  const client = open();
  await client.trips(nowNs() + WARM_UP_NS, new Histogram());
  const trips = new Histogram();
  const startNs = nowNs();
  await client.trips(startNs + MEASURE_NS, trips);
  const elapsedNs = nowNs() - startNs;
  await client.stop();
  const medianNs = trips.percentile(50);
  return {
    transport,
    roundTripsPerS: (trips.count / elapsedNs) * NS_PER_S,
    medianUs: medianNs / NS_PER_US,
    p99Us: trips.percentile(99) / NS_PER_US,
    medianRatio: medianNs / (rawMedianNs ?? medianNs),
  };
}

async function measureReads(transport: string, mode: Mode, rawMedianNs: number): Promise<TransportRow> {
  const { trips, elapsedNs, medianNs, p99Ns } = await portReads(mode);
  return {
    transport,
    roundTripsPerS: (trips / elapsedNs) * NS_PER_S,
    medianUs: medianNs / NS_PER_US,
    p99Us: p99Ns / NS_PER_US,
    medianRatio: medianNs / rawMedianNs,
  };
}

/** Six rows, about a second each; the raw ping-pong is first. */
export async function transportBench(): Promise<readonly TransportRow[]> {
  const raw = await measure("raw spin", rawClient);
  const rawMedianNs = raw.medianUs * NS_PER_US;
  return [
    raw,
    await measure("ring mailbox", mailboxClient, rawMedianNs),
    await measure("postMessage", postMessageClient, rawMedianNs),
    await measure("comlink", comlinkClient, rawMedianNs),
    await measureReads("port read, passed through", "passthrough", rawMedianNs),
    await measureReads("port read, trapped", "vpio", rawMedianNs),
  ];
}

/** The rows as a table for a terminal. */
export function transportTable(rows: readonly TransportRow[]): string {
  const head = ["transport", "round trips/s", "median µs", "p99 µs", "to raw"];
  const body = rows.map((row) => [
    row.transport,
    Math.round(row.roundTripsPerS).toLocaleString("en"),
    row.medianUs.toFixed(2),
    row.p99Us.toFixed(2),
    `${row.medianRatio.toFixed(1)}x`,
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...body.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  ");
  return [head, ...body].map(line).join("\n");
}

if (process.argv[1]?.endsWith("/bench/transport.js")) console.log(transportTable(await transportBench()));
