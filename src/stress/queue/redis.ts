/** The way to Redis: a clear error when nobody is there, and patience when it goes away for a while. */
import type { Redis } from "ioredis";
import { VpioError } from "../../base/errors.ts";

/** Between two tries to have it back. */
const RETRY_MS = 500;
const CONNECT_MS = 5000;
/** A server that owes an answer for so long is taken for gone. */
const SILENCE_MS = 30_000;
export const PATIENCE_MS = 5 * 60_000;

export interface LinkOptions {
  /** How long it may be away before it is given up. */
  readonly patienceMs?: number;
  readonly onAway?: (why: string) => void;
  readonly onBack?: () => void;
}

/** Reads "redis://user:password@host:6379/0". Throws a USAGE error, without the password. */
export function parseRedisUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const known = url?.protocol === "redis:" || url?.protocol === "rediss:";
  if (url !== undefined && known && url.hostname !== "" && /^\/?\d*$/.test(url.pathname)) return url;
  const found = text.replace(/:[^:@/]*@/, ":***@");
  throw new VpioError("USAGE", `found '${found}', expected a Redis such as redis://127.0.0.1:6379`);
}

/** For people: without the password. */
export function placeOf(url: URL): string {
  const shown = new URL(url);
  shown.password = "";
  return shown.href;
}

export class RedisLink {
  readonly client: Redis;
  readonly place: string;
  /** How often it was lost and had again. */
  comebacks = 0;
  #away = false;
  #over = false;

  private constructor(client: Redis, url: URL) {
    this.client = client;
    this.place = placeOf(url);
  }

  /** Throws a USAGE error when there is no Redis that lets us in. */
  static async open(url: URL, options: LinkOptions = {}): Promise<RedisLink> {
    const { Redis } = await import("ioredis");
    let patienceMs = 0;
    let why = "no answer";
    const client = new Redis(url.href, {
      lazyConnect: true,
      // A command waits for Redis as long as its connection does.
      maxRetriesPerRequest: null,
      connectTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      retryStrategy: (tries) => (tries * RETRY_MS > patienceMs ? null : RETRY_MS),
    });
    client.on("error", ({ message }) => {
      why = message;
    });
    client.on("ready", () => {
      why = "it has closed the connection";
    });
    try {
      await client.connect();
    } catch {
      client.disconnect();
      throw unreachable(placeOf(url), why);
    }
    patienceMs = options.patienceMs ?? PATIENCE_MS;
    const link = new RedisLink(client, url);
    link.#watch(options, () => why);
    return link;
  }

  /** True when it was given up. */
  get isGone(): boolean {
    return this.client.status === "end";
  }

  get isAway(): boolean {
    return this.#away;
  }

  /** What an error on the way to Redis means to people; `rest` says what becomes of what is not done. */
  explain(error: unknown, rest: string): unknown {
    if (error instanceof VpioError) return error;
    if (this.isGone)
      return new VpioError("INCONCLUSIVE", `${this.place}: has been away for too long; ${rest}`);
    if (error instanceof Error && error.name === "ReplyError")
      return new VpioError("USAGE", `${this.place}: refuses to serve (${error.message}); ${rest}`);
    return error;
  }

  close(): void {
    this.#over = true;
    this.client.disconnect();
  }

  #watch({ onAway, onBack }: LinkOptions, why: () => string): void {
    this.client.on("close", () => {
      if (this.#over || this.#away) return;
      this.#away = true;
      onAway?.(why());
    });
    this.client.on("ready", () => {
      this.#away = false;
      this.comebacks++;
      onBack?.();
    });
  }
}

function unreachable(place: string, why: string): VpioError {
  const locked = /NOAUTH|WRONGPASS|NOPERM/.test(why);
  const advice = locked
    ? "it wants a user and password, as in redis://user:password@host:6379"
    : "start one there (`redis-server`), or name another one";
  return new VpioError("USAGE", `${place}: found no Redis that lets us in (${why}): ${advice}`);
}
