/**
 * Every error a user can meet, with the exit code that tells a verdict from a breakage.
 * A code is stable: scripts may match on it.
 */

/** 0 holds, 1 property violated, 2 usage or scenario error, 3 inconclusive, 4 replay diverged, 5 internal error. */
export const EXIT = { ok: 0, violated: 1, usage: 2, inconclusive: 3, diverged: 4, internal: 5 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const CATALOGUE = {
  USAGE: EXIT.usage,
  SCENARIO: EXIT.usage,
  CAPTURE: EXIT.usage,
  FRAME: EXIT.usage,
  PROGRAM: EXIT.usage,
  PLUGIN: EXIT.usage,
  GUEST_IMAGE: EXIT.usage,
  VIOLATED: EXIT.violated,
  INCONCLUSIVE: EXIT.inconclusive,
  DIVERGED: EXIT.diverged,
  INTERNAL: EXIT.internal,
} as const satisfies Record<string, ExitCode>;

export type ErrorCode = keyof typeof CATALOGUE;

/** A place in a file the user gave; line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** `message` says what was found and what was expected; `place` says where. */
export class VpioError extends Error {
  readonly code: ErrorCode;
  readonly place: Place | undefined;

  constructor(code: ErrorCode, message: string, place?: Place) {
    super(place ? `${place.file}:${place.line}:${place.column}: ${message}` : message);
    this.name = "VpioError";
    this.code = code;
    this.place = place;
  }

  get exitCode(): ExitCode {
    return CATALOGUE[this.code];
  }
}

/** For states that the types cannot rule out and the code does: reaching one is a defect of vpio. */
export function unreachable(what: never, where: string): never {
  throw new VpioError("INTERNAL", `${where}: unexpected ${JSON.stringify(what)}`);
}

/** Asserts an invariant of vpio itself; a failure is an internal error, never the user's. */
export function invariant(holds: boolean, what: string): asserts holds {
  if (!holds) throw new VpioError("INTERNAL", `invariant broken: ${what}`);
}
