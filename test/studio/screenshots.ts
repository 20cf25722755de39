/**
 * The pictures of docs/studio.md: `npm run docs:screenshots`. The counterexample is of a VMM that was broken for it: it
 * saves a card without waiting for its owner.
 */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { packageRoot } from "../../src/engine/root.ts";
import { duel } from "../stress/support.ts";
import { VpioProcess } from "../support/command.ts";
import { installMutant, REVOKE_NOT_AWAITED } from "../support/mutant-installation.ts";
import { launch, open, studio } from "./browser.ts";

const FOLDER = join(packageRoot(), "docs/studio");
const SIZE = { width: 1280, height: 900 };

interface Picture {
  readonly name: string;
  readonly url: string;
  readonly colorScheme: NonNullable<BrowserContextOptions["colorScheme"]>;
  /** What is done before it is taken. */
  readonly pose: (page: Page) => Promise<void>;
}

async function take(browser: Browser, { name, url, colorScheme, pose }: Picture): Promise<void> {
  const { page } = await open(browser, url, { viewport: SIZE, colorScheme, reducedMotion: "reduce" });
  await pose(page);
  await page.screenshot({ path: join(FOLDER, `${name}.png`) });
  await page.context().close();
}

const atMove = (page: Page, move: number): Promise<void> =>
  page.locator(`output[data-cursor="${move}"]`).waitFor();

const browser = await launch();
const root = await installMutant(REVOKE_NOT_AWAITED);
try {
  const { url } = await studio(["two-tenants", "--seed", "1"]);
  await take(browser, {
    name: "moves",
    url: `${url}#move=2500&actor=3`,
    colorScheme: "light",
    pose: async (page) => {
      await atMove(page, 2500);
      await page.keyboard.press("ArrowLeft");
      await page.locator('[data-move="2499"]').hover();
      await page.locator(".move.past").first().waitFor();
    },
  });
  await take(browser, {
    name: "differences",
    url: `${url}#move=2500&actor=1&panel=differences&mark=1900`,
    colorScheme: "light",
    pose: (page) => atMove(page, 2500),
  });
  await take(browser, {
    name: "plots",
    url: `${url}#move=30000&actor=0&panel=plots&axis=time`,
    colorScheme: "dark",
    pose: async (page) => {
      await atMove(page, 30_000);
      await page.locator(".uplot canvas").last().waitFor();
      // Curves are drawn a few times a second.
      await page.waitForTimeout(1_000);
    },
  });

  const scenario = join(root, "duel.yaml");
  writeFileSync(scenario, duel("rtl8139"));
  const stress = ["stress", scenario, "--seeds", "75", "--bail", "--json", "--output", root, "--jobs", "1"];
  const { out } = await new VpioProcess(stress, root).ended;
  const counterexample = await studio([JSON.parse(out).failures[0].shrunk.file], root);
  await take(browser, {
    name: "counterexample",
    url: `${counterexample.url}#actor=3`,
    colorScheme: "light",
    pose: async (page) => {
      await page.locator(".status", { hasText: "over:" }).waitFor();
      await page.getByRole("button", { name: "Next finding" }).click();
      await page.getByRole("tab", { name: "Findings" }).click();
      await page.locator(".finding.violation").waitFor();
    },
  });
  await take(browser, {
    name: "runs",
    url: `${counterexample.url}#actor=3&panel=runs`,
    colorScheme: "light",
    pose: async (page) => {
      await page.locator(".status", { hasText: "over:" }).waitFor();
      await page.keyboard.press("d");
      await page.locator(".run-row.parts[aria-current]").first().waitFor();
    },
  });
} finally {
  await browser.close();
  await VpioProcess.killAll();
  rmSync(root, { recursive: true });
}
