/** The application as HTML: in parts for the server, or whole with a trace inside, for a file. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { VpioError } from "../base/errors.ts";
import { packageRoot } from "../engine/root.ts";
import { encode } from "../trace/codec.ts";
import type { News } from "../trace/studio-talk.ts";
import type { Trace } from "../trace/trace.ts";

export interface Bundle {
  readonly script: string;
  readonly style: string;
}

/** What the build has made of src/studio. */
export function readBundle(): Bundle {
  const folder = join(packageRoot(), "dist/studio");
  const read = (name: string): string => {
    const path = join(folder, name);
    if (existsSync(path)) return readFileSync(path, "utf8");
    throw new VpioError("USAGE", `${path}: found no such file, expected the studio's bundle: npm run build`);
  };
  return { script: read("main.js"), style: read("main.css") };
}

/** Nothing but what comes from the studio's own server. */
export const SERVED_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export const servedPage = (): string =>
  pageOf({
    title: "vpio studio",
    head: '<link rel="stylesheet" href="/main.css">',
    body: '<script type="module" src="/main.js"></script>',
  });

interface PageParts {
  readonly title: string;
  readonly head: string;
  readonly body: string;
}

function pageOf({ title, head, body }: PageParts): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<link rel="icon" href="data:,">
${head}
</head>
<body>
<div id="studio"></div>
${body}
</body>
</html>
`;
}

/** `original`: of a counterexample, the run before it was shrunk. */
export interface ReportTraces {
  readonly trace: Trace;
  readonly original: Trace | undefined;
}

/** One file that opens from disk and asks nobody for anything: its policy lets it run what is inside, and no more. */
export function reportPage({ trace, original }: ReportTraces, news: News, { script, style }: Bundle): string {
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return pageOf({
    title: `${trace.head.scenario}: vpio report`,
    head: `<meta http-equiv="Content-Security-Policy" content="${policy}">\n<style>${style}</style>`,
    body: [
      dataScript("report-head", inScript({ head: trace.head, original: original?.head, news })),
      dataScript("report-trace", packed(trace)),
      ...(original === undefined ? [] : [dataScript("report-original", packed(original))]),
      `<script type="module">${script}</script>`,
    ].join("\n"),
  });
}

/** What is no script that runs. */
const dataScript = (id: string, text: string): string =>
  `<script type="text/plain" id="${id}">${text}</script>`;

const packed = (trace: Trace): string => deflateRawSync(encode(trace)).toString("base64");
const hashOf = (text: string): string => `sha256-${createHash("sha256").update(text).digest("base64")}`;
const inScript = (value: unknown): string => JSON.stringify(value).replaceAll("<", "\\u003c");
const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
