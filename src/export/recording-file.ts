/** A recorded run as a file: one JSON object, its logs packed, so that a race found on threads can be sent to somebody. */
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { z } from "zod";
import type { RunRecording } from "../engine/report.ts";
import type { Address } from "../protocol/address.ts";
import { ScenarioError } from "../scenario/errors.ts";
import { filesBeside } from "../scenario/load.ts";
import { readScenario } from "../scenario/read.ts";
import type { Overrides, Scenario } from "../scenario/scenario.ts";
import { parseFile, sourceFields } from "./source-fields.ts";

export const RECORDING_FORMAT = "vpio recording";
const VERSION = 1;

/** A recording with the scenario it is of. */
export interface RecordedRun {
  /** The version of vpio that recorded it: another one may behave otherwise. */
  readonly vpio: string;
  /** Where the scenario was, for the files it names; and what it said. */
  readonly file: string;
  readonly text: string;
  readonly overrides: Overrides;
  readonly recording: RunRecording;
}

/** One that has been read. */
export interface FiledRun extends RecordedRun {
  /** What the file of the recording is called in errors. */
  readonly name: string;
}

const packed = z.string().transform((text) => inflateRawSync(Buffer.from(text, "base64")));
const schema = z.object({
  format: z.literal(RECORDING_FORMAT),
  version: z.literal(VERSION),
  ...sourceFields,
  capture: z.boolean(),
  finalHash: z.string(),
  logs: z.array(z.object({ actor: z.number(), events: packed, values: packed })),
});

const pack = (numbers: readonly number[]): string =>
  deflateRawSync(new Uint8Array(Float64Array.from(numbers).buffer)).toString("base64");

function unpack(bytes: Buffer): readonly number[] {
  const aligned = bytes.buffer.slice(
    bytes.byteOffset,
    bytes.byteOffset + bytes.byteLength - (bytes.byteLength % 8),
  );
  return [...new Float64Array(aligned)];
}

export function writeRecording({ vpio, file, text, overrides, recording }: RecordedRun): string {
  const { capture, finalHash, logs } = recording;
  const packedLogs = [...logs].map(([actor, log]) => ({
    actor,
    events: pack(log.events),
    values: pack(log.values),
  }));
  const whole = {
    format: RECORDING_FORMAT,
    version: VERSION,
    vpio,
    file,
    text,
    overrides,
    capture,
    finalHash,
  };
  return `${JSON.stringify({ ...whole, logs: packedLogs })}\n`;
}

/** Throws a USAGE error that names `name` when `text` is no recording of this version. */
export function readRecording(text: string, name: string): FiledRun {
  const read = parseFile(schema, text, name, `recording of version ${VERSION}`);
  const { vpio, file, text: scenario, overrides, capture, finalHash, logs } = read;
  const unpacked = logs.map(({ actor, events, values }) => {
    const log = { events: unpack(events), values: unpack(values) };
    return [actor as Address, log] as const;
  });
  return {
    name,
    vpio,
    file,
    text: scenario,
    overrides,
    recording: { capture, finalHash, logs: new Map(unpacked) },
  };
}

/** The scenario that was run. Throws a ScenarioError under the recording's name: what is wrong is in there. */
export function scenarioOf({ name, file, text, overrides }: FiledRun): Scenario {
  try {
    return readScenario(text, file, filesBeside(file), overrides);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    const within = `${name}: in its scenario ${file}`;
    const [first, ...others] = error.problems.map(({ place, message }) => ({
      place: { ...place, file: within },
      message,
    }));
    throw first === undefined ? error : new ScenarioError([first, ...others]);
  }
}
