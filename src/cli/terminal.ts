/** Where a command writes: data to stdout, narration to stderr. */
import type { WriteStream } from "node:tty";
import { makeStyle, type Style } from "../export/table.ts";

export interface Terminal {
  /** Bytes go to files and pipes: captures. */
  readonly out: (data: string | Uint8Array) => void;
  readonly err: (text: string) => void;
  readonly outStyle: Style;
  readonly errStyle: Style;
  /** The window that stderr goes to; undefined when it goes to no terminal. */
  readonly window: () => { readonly columns: number; readonly rows: number } | undefined;
}

/** NO_COLOR (no-color.org) and FORCE_COLOR go before what the stream is. */
function wantsColours(stream: Pick<WriteStream, "isTTY">, env: NodeJS.ProcessEnv): boolean {
  if (env["NO_COLOR"]) return false;
  if (env["FORCE_COLOR"]) return env["FORCE_COLOR"] !== "0";
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

export function processTerminal({ stdout, stderr, env }: NodeJS.Process): Terminal {
  return {
    out: (data) => void stdout.write(data),
    err: (text) => void stderr.write(text),
    outStyle: makeStyle(wantsColours(stdout, env)),
    errStyle: makeStyle(wantsColours(stderr, env)),
    window: () =>
      stderr.isTTY && env["TERM"] !== "dumb"
        ? { columns: stderr.columns || 80, rows: stderr.rows || 24 }
        : undefined,
  };
}
