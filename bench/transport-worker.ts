/** The answering side of bench/transport.ts: adds 1 to each number it is sent. */
import { type MessagePort, workerData } from "node:worker_threads";
import { type Endpoint, expose } from "comlink";
import { Doorbell, type DoorbellSpec } from "../src/transport/doorbell.ts";
import { Inbox } from "../src/transport/inbox.ts";
import { RingReader, type RingSpec, RingWriter } from "../src/transport/ring.ts";

/** What to serve; `stop` is the number that ends the worker. */
export type EchoJob = { readonly stop: number } & (
  | { readonly kind: "raw"; readonly ping: Int32Array; readonly pong: Int32Array }
  | {
      readonly kind: "mailbox";
      readonly request: RingSpec;
      readonly response: RingSpec;
      readonly client: DoorbellSpec;
      readonly server: DoorbellSpec;
    }
  | { readonly kind: "postMessage" | "comlink"; readonly port: MessagePort }
);

/** The object that the comlink client calls. */
const echo = { next: (value: number): number => value + 1 };
export type Echo = typeof echo;

function serveRaw(ping: Int32Array, pong: Int32Array, stop: number): void {
  for (let seen = 0; seen !== stop; ) {
    const value = Atomics.load(ping, 0);
    if (value === seen) continue;
    seen = value;
    Atomics.store(pong, 0, value + 1);
  }
}

function serveMailbox(job: EchoJob & { readonly kind: "mailbox" }): void {
  const client = new Doorbell(job.client);
  const writer = new RingWriter(job.response);
  const inbox = new Inbox({
    rings: [{ reader: new RingReader(job.request), producer: client }],
    doorbell: new Doorbell(job.server),
    nowNs: () => performance.now() * 1e6,
  });
  let running = true;
  const answer = (_: number, reader: RingReader, offset: number): void => {
    const value = reader.i32[offset >> 2] ?? job.stop;
    running = value !== job.stop;
    const cell = writer.reserve();
    if (!running || cell === undefined) return;
    writer.i32[cell >> 2] = value + 1;
    writer.advance();
    if (writer.publish()) client.ring();
  };
  while (running) if (inbox.poll(answer) === 0) inbox.wait();
}

function servePort(port: MessagePort, stop: number): void {
  port.on("message", (value: number) => {
    if (value === stop) port.close();
    else port.postMessage(value + 1);
  });
}

function serve(job: EchoJob): void {
  switch (job.kind) {
    case "raw":
      serveRaw(job.ping, job.pong, job.stop);
      break;
    case "mailbox":
      serveMailbox(job);
      break;
    case "postMessage":
      servePort(job.port, job.stop);
      break;
    case "comlink":
      expose(echo, job.port as unknown as Endpoint);
      break;
  }
}

serve(workerData as EchoJob);
