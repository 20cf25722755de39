import { afterEach, expect, test } from "vitest";
import { type Interruption, interruptible } from "../../src/cli/interrupt.ts";

let interruption: Interruption | undefined;
afterEach(() => interruption?.release());

const listeners = (): readonly number[] => [
  process.listenerCount("SIGINT"),
  process.listenerCount("SIGTERM"),
];

test.each(["SIGINT", "SIGTERM"] as const)(
  "the first %s aborts, the next one has nobody to stop it",
  (name) => {
    const before = listeners();
    let calls = 0;
    interruption = interruptible(() => calls++);
    expect(interruption.signal.aborted).toBe(false);
    process.emit(name);
    expect([calls, interruption.signal.aborted]).toEqual([1, true]);
    expect(listeners()).toEqual(before);
  },
);

test("after the run the signals are given back", () => {
  const before = listeners();
  interruption = interruptible(() => undefined);
  expect(listeners()).not.toEqual(before);
  interruption.release();
  expect(listeners()).toEqual(before);
});
