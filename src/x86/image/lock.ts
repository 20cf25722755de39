/**
 * One build at a time. The lock is a socket with an abstract name: it is the kernel's, and is gone with whoever holds it,
 * however that ends. Elsewhere than on Linux there is none: an image comes into the cache in one step, so that two builds
 * at once are only twice the work.
 */
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { sha256 } from "./manifest.ts";

export interface LockOptions {
  readonly signal: AbortSignal;
  /** Somebody else has it. */
  readonly onWait: () => void;
}

/** Does `work` when nobody else does any under the lock of that name. */
export async function withLock<T>(
  name: string,
  { signal, onWait }: LockOptions,
  work: () => Promise<T>,
): Promise<T> {
  if (process.platform !== "linux") return work();
  const path = `\0vpio-${process.getuid?.() ?? 0}-${sha256(name)}`;
  let release = await take(path);
  for (; release === undefined; release = await take(path)) {
    onWait();
    await untilReleased(path, signal);
  }
  try {
    return await work();
  } finally {
    release();
  }
}

/** Answers how to give it back; undefined when somebody else has it. */
async function take(path: string): Promise<(() => void) | undefined> {
  const server = createServer((waiting) => {
    waiting.on("error", () => {});
    waiters.add(waiting);
    waiting.once("close", () => waiters.delete(waiting));
  });
  const waiters = new Set<{ destroy(): void }>();
  server.unref();
  try {
    server.listen(path);
    await once(server, "listening");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return undefined;
    throw error;
  }
  return () => {
    server.close();
    for (const waiting of waiters) waiting.destroy();
  };
}

/** Whoever has it holds the other end of our connection. */
async function untilReleased(path: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const socket = connect(path);
  const stop = (): void => void socket.destroy();
  signal.addEventListener("abort", stop);
  socket.resume();
  await new Promise<void>((resolve) => {
    // It may have been given back before we were connected.
    socket.on("error", () => {});
    socket.once("close", () => resolve());
  });
  signal.removeEventListener("abort", stop);
  signal.throwIfAborted();
}
