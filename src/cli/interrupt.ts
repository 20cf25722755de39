/** Ctrl-C: the first one ends a run early, so that it still reports; the second one kills. */

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

export interface Interruption {
  readonly signal: AbortSignal;
  /** Gives the signals back. */
  readonly release: () => void;
}

/** `onFirst` is called when the first one comes. */
export function interruptible(onFirst: () => void): Interruption {
  const controller = new AbortController();
  const release = (): void => {
    for (const name of SIGNALS) process.off(name, stop);
  };
  // Without a listener the next signal does what it does to any process.
  function stop(): void {
    release();
    onFirst();
    controller.abort();
  }
  for (const name of SIGNALS) process.on(name, stop);
  return { signal: controller.signal, release };
}
