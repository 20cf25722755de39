/**
 * The building blocks of the scenario language. The `error` of each says only what is expected there ("a
 * duration such as ..."): issues.ts puts in front what was found. Each accepts what a person writes and
 * yields what the program counts.
 */
import { z } from "zod";
import {
  DURATION_UNITS,
  parseDuration,
  parseRate,
  parseSize,
  RATE_UNITS,
  SIZE_UNITS,
} from "../base/units.ts";
import { parseIpv4Address } from "../ethernet/ipv4.ts";
import { isMulticast, type Mac, parseMac } from "../ethernet/mac.ts";
import { unknownName } from "./suggest.ts";

interface Quantity {
  readonly what: string;
  readonly examples: string;
  readonly units: readonly string[];
  readonly parse: (text: string) => number | undefined;
}

/** `low` and `high`, both included, in the units of the quantity itself. */
function quantity({ what, examples, units, parse }: Quantity, low: string, high: string) {
  const expected = `${what} such as ${examples} (units ${units.join(", ")})`;
  const [least, most] = [parse(low) ?? Number.NaN, parse(high) ?? Number.NaN];
  return z
    .string({ error: expected })
    .regex(new RegExp(`^\\d+(\\.\\d+)?\\s*(${units.join("|")})$`), { error: expected })
    .transform((text, context) => {
      const value = parse(text);
      if (value !== undefined && value >= least && value <= most) return value;
      context.issues.push({ code: "custom", message: `${what} from ${low} to ${high}`, input: text });
      return z.NEVER;
    });
}

const DURATION: Quantity = {
  what: "a duration",
  examples: "250us, 10ms, 5s",
  units: DURATION_UNITS,
  parse: parseDuration,
};
const SIZE: Quantity = { what: "a size", examples: "256KiB, 4MiB", units: SIZE_UNITS, parse: parseSize };
const RATE: Quantity = { what: "a rate", examples: "10Mbit/s, 1Gbit/s", units: RATE_UNITS, parse: parseRate };

/** Yields nanoseconds. */
export const duration = (low: string, high: string) => quantity(DURATION, low, high);
/** Yields bytes. */
export const size = (low: string, high: string) => quantity(SIZE, low, high);
/** Yields bits per second. */
export const rate = (low: string, high: string) => quantity(RATE, low, high);

export function whole(low: number, high: number) {
  const error = `a whole number from ${low} to ${high}`;
  return z.int({ error }).min(low, { error }).max(high, { error });
}

/** True or false, which YAML 1.2 writes only so. */
export const flag = () => z.boolean({ error: "true or false" });

/** Anything written as one string of 1 to `most` characters. */
export function text(most: number, what: string) {
  const error = `${what} of 1 to ${most} characters`;
  return z.string({ error }).min(1, { error }).max(most, { error });
}

/** What guests, peers, cards and scenarios are called: it also names threads, tracks and files. */
export function name() {
  const error = "a name: a letter, then up to 31 letters, digits or '-'";
  return z.string({ error }).regex(/^[A-Za-z][A-Za-z0-9-]{0,31}$/, { error });
}

export const choice = <const Values extends readonly [string, ...string[]]>(values: Values) =>
  z.enum(values, { error: `one of ${values.join(", ")}` });

const isStationAddress = (mac: Mac): boolean => !isMulticast(mac) && mac.some((byte) => byte !== 0);

/** The address of one station; yields six bytes. */
export function mac() {
  const error = "a unicast MAC address such as 02:00:00:00:00:01";
  return z
    .string({ error })
    .regex(/^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$/, { error })
    .transform((written, context) => {
      const parsed = parseMac(written);
      if (parsed !== undefined && isStationAddress(parsed)) return parsed;
      context.issues.push({ code: "custom", message: error, input: written });
      return z.NEVER;
    });
}

/**
 * Neither "this network" (0/8), loopback (127/8), multicast nor reserved (224/3): RFC 1122, section 3.2.1.3.
 */
function isHostAddress(address: number): boolean {
  const network = address >>> 24;
  return network !== 0 && network !== 127 && network < 224;
}

/** The address of one host; yields an unsigned 32-bit integer. */
export function ipv4() {
  const error = "the IPv4 address of a host, such as 10.0.0.1";
  return z
    .string({ error })
    .regex(/^\d{1,3}(\.\d{1,3}){3}$/, { error })
    .transform((written, context) => {
      const address = parseIpv4Address(written);
      if (address !== undefined && isHostAddress(address)) return address;
      context.issues.push({ code: "custom", message: error, input: written });
      return z.NEVER;
    });
}

/** "127.0.0.1:5555", "host.example:5555" or "[::1]:5555"; yields both parts. `low` is the lowest port. */
export function endpoint(low: number) {
  const error = `HOST:PORT such as 127.0.0.1:5555, the port from ${low} to 65535`;
  return z
    .string({ error })
    .regex(/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]{1,255}):\d{1,5}$/, { error })
    .transform((written, context) => {
      const colon = written.lastIndexOf(":");
      const port = Number(written.slice(colon + 1));
      const host = written.slice(0, colon).replace(/^\[|\]$/g, "");
      if (port >= low && port <= 65_535) return { host, port };
      context.issues.push({ code: "custom", message: error, input: written });
      return z.NEVER;
    });
}

/** A map in which every key is known. An issue about unknown keys has one line for each of them, in order. */
export function block<Shape extends z.core.$ZodLooseShape>(shape: Shape, what = "a map") {
  const keys = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => unknownName("key", key, keys)).join("\n")
        : `${what} with ${keys.join(", ")}`,
  });
}

type Variant = z.ZodObject<{ kind: z.ZodLiteral<string> }>;

/** The kinds of several maps, in their order. */
export const kindsOf = <const Options extends readonly Variant[]>(options: Options) =>
  options.map((option) => option.shape.kind.value) as {
    readonly [Index in keyof Options]: Options[Index]["shape"]["kind"]["value"];
  };

/** One of several maps, told apart by `kind`. */
export function variants<const Options extends readonly [Variant, ...Variant[]]>(options: Options) {
  const kinds = kindsOf(options).join(", ");
  return z.discriminatedUnion("kind", options, {
    error: (issue) =>
      issue.code === "invalid_union" ? `one of ${kinds}` : `a map with kind: one of ${kinds}`,
  });
}
