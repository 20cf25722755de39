/** A real browser for the tests of the studio: Debian's Chromium, without a window. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { VpioProcess } from "../support/command.ts";

/** Where Chromium is; undefined when it is nowhere. */
export const chromiumPath = ((): string | undefined => {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.map((folder) => join(folder, "chromium")).find((path) => existsSync(path));
})();

/** On a machine that has no Chromium nothing is tested, and that is said; where everything must be tested it fails. */
export const isSkipped = chromiumPath === undefined && process.env["CI"] !== "true";
if (isSkipped)
  console.warn(
    "\nSKIPPED: found no chromium in PATH: the studio's own tests are not run (apt-get install chromium)\n",
  );

/** A browser and a server share a machine with whatever else it does: what is waited for comes, but perhaps late. */
export const PATIENCE_MS = 240_000;

export function launch(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error("found no chromium in PATH, and CI=true wants it");
  return chromium.launch({ executablePath: chromiumPath, args: ["--no-sandbox"], timeout: PATIENCE_MS });
}

/** A page, with all that it complained about and asked for. */
export interface Watched {
  readonly page: Page;
  readonly complaints: readonly string[];
  readonly requests: readonly string[];
}

export async function open(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 1000 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", ({ message }) => complaints.push(message));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(url);
  return { page, complaints, requests };
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds wrong with the page as it is, by all its rules or by some. */
export async function axeFindings(page: Page, rules: readonly string[] = []): Promise<readonly string[]> {
  await page.evaluate(axe);
  const options = {
    resultTypes: ["violations"],
    ...(rules.length > 0 && { runOnly: { type: "rule", values: rules } }),
  };
  const found = (await page.evaluate(`axe.run(document, ${JSON.stringify(options)})`)) as {
    readonly violations: readonly {
      readonly id: string;
      readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
    }[];
  };
  return found.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}: ${failureSummary}`),
  );
}

/** `vpio studio`, serving. */
export async function studio(
  args: readonly string[],
  root?: string,
): Promise<{ readonly url: string; readonly process: VpioProcess }> {
  const child = new VpioProcess(["studio", ...args, "--no-open"], root);
  let over = false;
  void child.ended.then(() => {
    over = true;
  });
  for (;;) {
    const [url] = /http:\S+/.exec(child.out) ?? [];
    if (url !== undefined) return { url, process: child };
    if (over) throw new Error(`vpio studio has ended: ${child.err}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
