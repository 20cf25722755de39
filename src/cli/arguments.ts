/** Parsers of option values, for commander: each throws what the user should have given. */
import { InvalidArgumentError } from "commander";
import { formatDuration, formatSize, parseDuration, parseSize } from "../base/units.ts";

/** A whole number from `min` to `max`; underscores between digits are let pass: 1_000_000. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+(_\d+)*$/.test(text) ? Number(text.replaceAll("_", "")) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

/** Some of `names`, separated by commas; "all" is every one. */
export function namesAmong<Name extends string>(names: readonly Name[]): (text: string) => readonly Name[] {
  return (text) => {
    if (text === "all") return names;
    return text.split(",").map((part) => {
      const name = names.find((one) => one === part.trim());
      if (name === undefined)
        throw new InvalidArgumentError(`Found '${part}', expected all, or some of ${names.join(", ")}.`);
      return name;
    });
  };
}

/** A time such as 30s, from `min` to `max` nanoseconds. */
export function durationNs(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = parseDuration(text);
    if (value !== undefined && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a time from ${formatDuration(min)} to ${formatDuration(max)}.`);
  };
}

/** A size such as 16MiB, from `min` to `max` bytes. */
export function sizeBytes(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = parseSize(text);
    if (value !== undefined && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a size from ${formatSize(min)} to ${formatSize(max)}.`);
  };
}

/** A name that means the same to a shell, a file system and Redis. */
export function plainName(text: string): string {
  if (/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(text)) return text;
  throw new InvalidArgumentError("Expected a name of up to 64 letters, digits, '-', '_' and '.'.");
}
