/**
 * A trace as bytes, piece by piece: what was appended since a mark. A piece is a JSON object with the additions to the
 * tables and the lengths of the columns, and behind it the columns, each on a multiple of eight bytes.
 */
import type { Column } from "./column.ts";
import type { ChartStep, Trace, TraceChannel, TraceMove, TraceNote } from "./trace.ts";

/** Up to where somebody has a trace. */
export interface Mark {
  readonly moves: number;
  readonly messages: number;
  readonly words: number;
  readonly steps: number;
  readonly holds: number;
  readonly notes: number;
  readonly moveTable: number;
  readonly stepTable: number;
  readonly channelTable: number;
  readonly choiceTable: number;
}

export const NOTHING: Mark = {
  moves: 0,
  messages: 0,
  words: 0,
  steps: 0,
  holds: 0,
  notes: 0,
  moveTable: 0,
  stepTable: 0,
  channelTable: 0,
  choiceTable: 0,
};

export function markOf(trace: Trace): Mark {
  return {
    moves: trace.moves.length,
    messages: trace.types.length,
    words: trace.words.length,
    steps: trace.steps.length,
    holds: trace.holdMoves.length,
    notes: trace.notes.length,
    moveTable: trace.moveTable.length,
    stepTable: trace.stepTable.length,
    channelTable: trace.channelTable.length,
    choiceTable: trace.choiceTable.length,
  };
}

interface PieceHead {
  readonly lengths: readonly number[];
  readonly moves: readonly TraceMove[];
  readonly steps: readonly ChartStep[];
  readonly channels: readonly TraceChannel[];
  readonly choices: readonly (readonly number[])[];
  readonly notes: readonly TraceNote[];
}

/** The columns that are sent, with the count of a mark that says where each begins. */
const columnsOf = (trace: Trace): readonly (readonly [Column, keyof Mark])[] => [
  [trace.atNs, "moves"],
  [trace.moves, "moves"],
  [trace.choices, "moves"],
  [trace.delivered, "moves"],
  [trace.sentBy, "messages"],
  [trace.channels, "messages"],
  [trace.types, "messages"],
  [trace.bodies, "messages"],
  [trace.words, "words"],
  [trace.stepMoves, "steps"],
  [trace.stepActors, "steps"],
  [trace.steps, "steps"],
  [trace.holdMoves, "holds"],
  [trace.holdCards, "holds"],
  [trace.holdOwners, "holds"],
  [trace.holdHolders, "holds"],
  [trace.holdPhases, "holds"],
];

const padded = (bytes: number): number => (bytes + 7) & ~7;

/** What `trace` has beyond `mark`. */
export function encode(trace: Trace, mark: Mark = NOTHING): Uint8Array {
  const parts = columnsOf(trace).map(([column, count]) => column.slice(mark[count], column.length));
  const head: PieceHead = {
    lengths: parts.map(({ length }) => length),
    moves: trace.moveTable.from(mark.moveTable),
    steps: trace.stepTable.from(mark.stepTable),
    channels: trace.channelTable.from(mark.channelTable),
    choices: trace.choiceTable.from(mark.choiceTable),
    notes: trace.notes.slice(mark.notes),
  };
  const json = new TextEncoder().encode(JSON.stringify(head));
  const columnsAt = padded(4 + json.length);
  const bytes = new Uint8Array(parts.reduce((at, part) => at + padded(part.byteLength), columnsAt));
  new DataView(bytes.buffer).setUint32(0, json.length, true);
  bytes.set(json, 4);
  let at = columnsAt;
  for (const part of parts) {
    bytes.set(new Uint8Array(part.buffer, part.byteOffset, part.byteLength), at);
    at += padded(part.byteLength);
  }
  return bytes;
}

/** Appends a piece to a trace that is where the piece begins. */
export function decode(trace: Trace, bytes: Uint8Array): void {
  const aligned = bytes.byteOffset % 8 === 0 && bytes.buffer instanceof ArrayBuffer ? bytes : bytes.slice();
  const buffer = aligned.buffer as ArrayBuffer;
  const jsonBytes = new DataView(buffer, aligned.byteOffset).getUint32(0, true);
  const head: PieceHead = JSON.parse(new TextDecoder().decode(aligned.subarray(4, 4 + jsonBytes)));
  for (const move of head.moves) trace.moveTable.id(move);
  for (const step of head.steps) trace.stepTable.id(step);
  for (const channel of head.channels) trace.channelTable.id(channel);
  for (const choice of head.choices) trace.choiceTable.id(choice);
  trace.notes.push(...head.notes);
  let at = aligned.byteOffset + padded(4 + jsonBytes);
  const parts = columnsOf(trace).map(([{ kind }], i) => {
    const part = kind.view(buffer, at, head.lengths[i] ?? 0);
    at += padded(part.byteLength);
    return part;
  });
  append(trace, parts);
}

type Part = ArrayLike<number>;

/** Row by row, as they were written: the indices grow with them. Messages first, for moves name them. */
function append(trace: Trace, parts: readonly Part[]): void {
  const [atNs, moves, choices, delivered, sentBy, channels, types, bodies, words, ...rest] = parts;
  const [stepMoves, stepActors, steps, holdMoves, holdCards, holdOwners, holdHolders, holdPhases] = rest;
  const at = (part: Part | undefined, i: number): number => part?.[i] ?? 0;
  for (let i = 0; i < (words?.length ?? 0); i++) trace.words.push(at(words, i));
  for (let i = 0; i < (types?.length ?? 0); i++)
    trace.message(at(sentBy, i), at(channels, i), at(types, i), at(bodies, i));
  for (let i = 0; i < (moves?.length ?? 0); i++)
    trace.move(at(atNs, i), at(moves, i), at(choices, i), at(delivered, i));
  for (let i = 0; i < (steps?.length ?? 0); i++)
    trace.step(at(stepMoves, i), at(stepActors, i), at(steps, i));
  for (let i = 0; i < (holdMoves?.length ?? 0); i++)
    trace.hold(at(holdMoves, i), at(holdCards, i), at(holdOwners, i), at(holdHolders, i), at(holdPhases, i));
}
