/**
 * The states of a connection that was opened by the other side (RFC 9293, section 3.3.2), without LISTEN, which
 * is the server's, and what moves a connection from one to the next.
 */
import { NS_PER_S } from "../../base/units.ts";

/** How long somebody who has connected may take to ask for something. */
const PATIENCE_NS = 30 * NS_PER_S;
/** How long somebody who has got everything may take to close. */
const CLOSING_NS = 60 * NS_PER_S;
/** Twice the time that a segment may live: no segment is older than a second here. */
const TIME_WAIT_NS = 2 * NS_PER_S;

/** How a connection ended. */
export type Ending = "finished" | "reset" | "timed out";

export type State =
  | { readonly kind: "syn-received" }
  /** `untilNs`: when it is given up; undefined when the answer is up to us. */
  | { readonly kind: "established"; readonly untilNs: number | undefined }
  | { readonly kind: "close-wait" }
  | { readonly kind: "last-ack" }
  | { readonly kind: "fin-wait-1" }
  | { readonly kind: "fin-wait-2"; readonly untilNs: number }
  | { readonly kind: "closing" }
  | { readonly kind: "time-wait"; readonly untilNs: number }
  | { readonly kind: "closed"; readonly ending: Ending };

/** When the state ends by itself. */
export function endsNs(state: State): number | undefined {
  switch (state.kind) {
    case "established":
    case "fin-wait-2":
    case "time-wait":
      return state.untilNs;
    case "syn-received":
    case "close-wait":
    case "last-ack":
    case "fin-wait-1":
    case "closing":
    case "closed":
      return undefined;
  }
}

export const closed = (ending: Ending): State => ({ kind: "closed", ending });

/** Our SYN has arrived. */
export const opened = (nowNs: number): State => ({ kind: "established", untilNs: nowNs + PATIENCE_NS });

/** Our FIN has been sent, for the first time or again. */
export function afterFinSent(state: State): State {
  switch (state.kind) {
    case "established":
      return { kind: "fin-wait-1" };
    case "close-wait":
      return { kind: "last-ack" };
    case "syn-received":
    case "last-ack":
    case "fin-wait-1":
    case "fin-wait-2":
    case "closing":
    case "time-wait":
    case "closed":
      return state;
  }
}

/** Our FIN has arrived. */
export function afterFinArrived(state: State, nowNs: number): State {
  switch (state.kind) {
    case "fin-wait-1":
      return { kind: "fin-wait-2", untilNs: nowNs + CLOSING_NS };
    case "closing":
      return timeWait(nowNs);
    case "last-ack":
      return closed("finished");
    case "syn-received":
    case "established":
    case "close-wait":
    case "fin-wait-2":
    case "time-wait":
    case "closed":
      return state;
  }
}

/** The other side's FIN is here. */
export function afterFinReceived(state: State, nowNs: number): State {
  switch (state.kind) {
    case "established":
      return { kind: "close-wait" };
    case "fin-wait-1":
      return { kind: "closing" };
    case "fin-wait-2":
      return timeWait(nowNs);
    case "syn-received":
    case "close-wait":
    case "last-ack":
    case "closing":
    case "time-wait":
    case "closed":
      return state;
  }
}

export const timeWait = (nowNs: number): State => ({ kind: "time-wait", untilNs: nowNs + TIME_WAIT_NS });

/** The other side may still send. */
export const receives = ({ kind }: State): boolean =>
  kind === "established" || kind === "fin-wait-1" || kind === "fin-wait-2";
