/** A file that somebody has named. */
import { readFileSync } from "node:fs";
import { VpioError } from "../base/errors.ts";

/** Throws a USAGE error when the file cannot be read. */
export function textOfFile(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new VpioError("USAGE", `${file}: ${whyNot(error)}`);
  }
}

function whyNot(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case "ENOENT":
      return "found no such file";
    case "EISDIR":
      return "found a folder, expected a file";
    case "EACCES":
      return "found no permission to read it";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
