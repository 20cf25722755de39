/** Boots an image once, up to where it waits for its script, and saves the machine as it is then. */
import { setImmediate as eventLoopTurn, setTimeout as sleep } from "node:timers/promises";
import { VpioError } from "../../base/errors.ts";
import { GuestEvents } from "../guest-events.ts";
import { X86Machine } from "../machine.ts";

export interface BootOptions {
  readonly bios: Uint8Array;
  readonly kernel: Uint8Array;
  readonly initrd: Uint8Array;
  readonly cmdline: string;
  readonly memoryBytes: number;
  /** How long it may take. */
  readonly limitMs: number;
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

export interface Booted {
  readonly state: Uint8Array;
  readonly bootMs: number;
  readonly saveMs: number;
}

/** The event loop is served at least so often. */
const EVENT_LOOP_MS = 20;
/** As much of the console as an error shows. */
const CONSOLE_CHARACTERS = 1500;

/** Throws a GUEST_IMAGE error with the end of the console's text when the guest does not get ready. */
export async function bootToReady(options: BootOptions): Promise<Booted> {
  const { limitMs, signal, onProgress } = options;
  onProgress("booting");
  const events = new GuestEvents();
  let isReady = false;
  let text = "";
  const fail = (what: string): never => {
    const shown = text.trim().replaceAll("\r", "") || "(nothing)";
    throw new VpioError("GUEST_IMAGE", `the guest ${what}; its console says:\n${shown}`);
  };
  const machine = await X86Machine.create({
    ...options,
    onSerial: (port, bytes) => {
      if (port === 1) isReady ||= events.read(bytes).some(({ kind }) => kind === "ready");
      else text = (text + Buffer.from(bytes).toString("latin1")).slice(-CONSOLE_CHARACTERS);
    },
    onReset: () => fail("has reset itself"),
  });
  const beganMs = performance.now();
  let servedMs = beganMs;
  for (;;) {
    const idleMs = machine.runSlice();
    if (isReady && idleMs > 0) break;
    const nowMs = performance.now();
    if (machine.isDead) fail("has halted for good");
    if (nowMs - beganMs > limitMs)
      fail(`has not said @ready on ttyS1 within ${Math.round(limitMs / 1000)} s`);
    if (nowMs - servedMs < EVENT_LOOP_MS && idleMs === 0) continue;
    signal.throwIfAborted();
    onProgress(`booting: ${Math.floor((nowMs - beganMs) / 1000)} s`);
    await (idleMs > 0 ? sleep(idleMs) : eventLoopTurn());
    servedMs = performance.now();
  }
  const bootedMs = performance.now();
  const state = machine.saveState();
  return { state, bootMs: bootedMs - beganMs, saveMs: performance.now() - bootedMs };
}
