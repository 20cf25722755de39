/**
 * What can be said of a scenario file whatever else is wrong with it: its entries that are well-formed, and
 * the names of all. So that one run reports wrong references and wrong values together.
 */
import type { z } from "zod";
import {
  type CardBlock,
  cardSchema,
  type GuestBlock,
  guestSchema,
  hostSchema,
  type PeerBlock,
  type PluginBlock,
  peerSchema,
  pluginSchema,
  type UplinkBlock,
  type UplinkHostBlock,
  uplinkHostSchema,
  uplinkSchema,
} from "./schema.ts";
import type { Path } from "./source.ts";

/** One item of a list of the file. */
export interface Entry<Block> {
  readonly path: Path;
  /** Undefined when it has none, or one that is no text. */
  readonly name: string | undefined;
  /** Undefined when it is malformed, which is reported elsewhere. */
  readonly block: Block | undefined;
  /** The item as it is written, as plain data. */
  readonly item: unknown;
}

export interface Draft {
  /** Undefined when it is malformed. */
  readonly hostMemoryBytes: number | undefined;
  readonly plugins: readonly Entry<PluginBlock>[];
  readonly cards: readonly Entry<CardBlock>[];
  readonly guests: readonly Entry<GuestBlock>[];
  readonly peers: readonly Entry<PeerBlock>[];
  readonly uplinks: readonly Entry<UplinkBlock>[];
  /** What is behind each uplink, of all together. */
  readonly hosts: readonly Entry<UplinkHostBlock>[];
}

/** Whatever stands at the end of `keys` in plain data; undefined when there is nothing. */
export function valueAt(value: unknown, ...keys: readonly string[]): unknown {
  for (const key of keys) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

/** The text at the end of `keys`; undefined when there is none. */
export function textAt(value: unknown, ...keys: readonly string[]): string | undefined {
  const found = valueAt(value, ...keys);
  return typeof found === "string" ? found : undefined;
}

function entries<Block>(items: unknown, path: Path, schema: z.ZodType<Block>): readonly Entry<Block>[] {
  if (!Array.isArray(items)) return [];
  return items.map((item: unknown, index) => ({
    path: [...path, index],
    name: textAt(item, "name"),
    block: schema.safeParse(item).data,
    item,
  }));
}

/** `value`: the plain data of the file. */
export function draftOf(value: unknown): Draft {
  const uplinks = entries(valueAt(value, "wire", "uplinks"), ["wire", "uplinks"], uplinkSchema);
  return {
    hostMemoryBytes: hostSchema.safeParse(valueAt(value, "host") ?? {}).data?.memory,
    plugins: entries(valueAt(value, "plugins"), ["plugins"], pluginSchema),
    cards: entries(valueAt(value, "cards"), ["cards"], cardSchema),
    guests: entries(valueAt(value, "guests"), ["guests"], guestSchema),
    peers: entries(valueAt(value, "wire", "peers"), ["wire", "peers"], peerSchema),
    uplinks,
    hosts: uplinks.flatMap(({ path, item }) =>
      entries(valueAt(item, "hosts"), [...path, "hosts"], uplinkHostSchema),
    ),
  };
}

/** The names of the guests that one entry makes. */
export const instanceNames = (name: string, count: number): readonly string[] =>
  count === 1 ? [name] : Array.from({ length: count }, (_, index) => `${name}-${index + 1}`);
