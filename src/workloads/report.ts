/**
 * What a workload has done so far, as plain data; the same shape for each kind, with zeros where a kind has
 * no such thing.
 */
import { Histogram, type HistogramData } from "../base/histogram.ts";
import { type FlowReport, FlowTable } from "../ethernet/flows.ts";

export interface WorkloadReport {
  /** True when the workload has come to its own end, and its last frame has left the card. */
  readonly finished: boolean;
  /** Why it gave up; undefined when it did not. */
  readonly failure: string | undefined;
  /**
   * Frames of the workload that the card has taken; what the kernel sends by itself (ARP, ping replies) is
   * apart.
   */
  readonly sentFrames: number;
  /** Bytes of those frames, without padding. */
  readonly sentBytes: number;
  /** Replies or probes that were waited for and are intact. */
  readonly receivedFrames: number;
  /** Bytes of their payloads. */
  readonly receivedBytes: number;
  /** Waits for a reply that ended without one. */
  readonly timeouts: number;
  /** Requests sent again. */
  readonly retries: number;
  /** Requests that stayed without a reply, all retries included. */
  readonly lost: number;
  /** Replies nobody waited for: late, doubled, or never asked for. */
  readonly unexpected: number;
  /** Replies or probes with a wrong checksum or pattern. */
  readonly corrupted: number;
  /** Operations of an attack. */
  readonly attempts: number;
  /**
   * Nanoseconds. ping, request-response, dhcp: from the first request's handing over to its reply; receive: from
   * the sender's handing over to here; stream, replay: how long handing over took, with every wait for the
   * card.
   */
  readonly latency: HistogramData;
  /** Flows of probes that arrived here. */
  readonly flows: readonly FlowReport[];
  /** Probes of more flows than a report has room for. */
  readonly untracked: number;
  /** What else a reader should know, and what a user's program logged; at most 1,000 lines. */
  readonly notes: readonly string[];
}

const MAX_NOTES = 1000;

/** A report in the making. */
export class Report {
  finished = false;
  failure: string | undefined;
  sentFrames = 0;
  sentBytes = 0;
  receivedFrames = 0;
  receivedBytes = 0;
  timeouts = 0;
  retries = 0;
  lost = 0;
  unexpected = 0;
  corrupted = 0;
  attempts = 0;
  readonly latency = new Histogram();
  readonly flows = new FlowTable();
  readonly #notes: string[] = [];

  countSent(frame: Uint8Array): void {
    this.sentFrames++;
    this.sentBytes += frame.length;
  }

  countReceived(payloadBytes: number): void {
    this.receivedFrames++;
    this.receivedBytes += payloadBytes;
  }

  note(text: string): void {
    if (this.#notes.length < MAX_NOTES) this.#notes.push(text);
    else this.#notes[MAX_NOTES - 1] = "further notes are left out";
  }

  snapshot(): WorkloadReport {
    return {
      finished: this.finished,
      failure: this.failure,
      sentFrames: this.sentFrames,
      sentBytes: this.sentBytes,
      receivedFrames: this.receivedFrames,
      receivedBytes: this.receivedBytes,
      timeouts: this.timeouts,
      retries: this.retries,
      lost: this.lost,
      unexpected: this.unexpected,
      corrupted: this.corrupted,
      attempts: this.attempts,
      latency: this.latency.data(),
      flows: this.flows.report(),
      untracked: this.flows.untracked,
      notes: [...this.#notes],
    };
  }
}
