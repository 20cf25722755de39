/** A file that somebody has named. */
import { readFileSync } from "node:fs";
import { VpioError } from "../base/errors.ts";

/** Throws a USAGE error when the file cannot be read. */
export function textOfFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new VpioError("USAGE", `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
