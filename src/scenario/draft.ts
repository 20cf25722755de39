/**
 * What can be said of a scenario file whatever else is wrong with it: its entries that are well-formed, and the names of
 * all. So that one run reports wrong references and wrong values together.
 */
import type { z } from "zod";
import {
  type CardBlock,
  cardSchema,
  type GuestBlock,
  guestSchema,
  hostSchema,
  type PeerBlock,
  peerSchema,
} from "./schema.ts";
import type { Path } from "./source.ts";

/** One item of a list of the file. */
export interface Entry<Block> {
  readonly path: Path;
  /** Undefined when it has none, or one that is no text. */
  readonly name: string | undefined;
  /** Undefined when it is malformed, which is reported elsewhere. */
  readonly block: Block | undefined;
}

export interface Draft {
  /** Undefined when it is malformed. */
  readonly hostMemoryBytes: number | undefined;
  readonly cards: readonly Entry<CardBlock>[];
  readonly guests: readonly Entry<GuestBlock>[];
  readonly peers: readonly Entry<PeerBlock>[];
}

/** Whatever `value` has at `key`; undefined when it is no map. */
function at(value: unknown, key: string): unknown {
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
  return isMap && Object.hasOwn(value, key) ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
}

function entries<Block>(items: unknown, path: Path, schema: z.ZodType<Block>): readonly Entry<Block>[] {
  if (!Array.isArray(items)) return [];
  return items.map((item: unknown, index) => {
    const name = at(item, "name");
    return {
      path: [...path, index],
      name: typeof name === "string" ? name : undefined,
      block: schema.safeParse(item).data,
    };
  });
}

/** `value`: the plain data of the file. */
export function draftOf(value: unknown): Draft {
  return {
    hostMemoryBytes: hostSchema.safeParse(at(value, "host") ?? {}).data?.memory,
    cards: entries(at(value, "cards"), ["cards"], cardSchema),
    guests: entries(at(value, "guests"), ["guests"], guestSchema),
    peers: entries(at(at(value, "wire"), "peers"), ["wire", "peers"], peerSchema),
  };
}

/** The names of the guests that one entry makes. */
export const instanceNames = (name: string, count: number): readonly string[] =>
  count === 1 ? [name] : Array.from({ length: count }, (_, index) => `${name}-${index + 1}`);
