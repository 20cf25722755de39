/** The studio in Chromium, as somebody uses it: a live run, a counterexample, and what everybody must be able to see. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { duel } from "../stress/support.ts";
import { VpioProcess } from "../support/command.ts";
import { installMutant, REVOKE_NOT_AWAITED } from "../support/mutant-installation.ts";
import { axeFindings, isSkipped, launch, open, studio } from "./browser.ts";

let browser: Browser;
beforeAll(async () => {
  if (!isSkipped) browser = await launch();
});
afterAll(async () => {
  await browser?.close();
});
afterEach(async () => {
  for (const context of browser?.contexts() ?? []) await context.close();
  await VpioProcess.killAll();
});

const cursorOf = async (page: Page): Promise<number> =>
  Number(await page.locator("output[data-cursor]").getAttribute("data-cursor"));

/** Waits until the cursor is at that move. */
const atMove = (page: Page, move: number): Promise<void> =>
  page.locator(`output[data-cursor="${move}"]`).waitFor();

/** The states that the large chart shows as active. */
const activeStates = (page: Page): Promise<readonly string[]> =>
  page
    .locator(".large [data-active]")
    .evaluateAll((nodes) => nodes.map((node) => String(node.getAttribute("data-state"))));

const pick = (page: Page, actor: string): Promise<void> =>
  page.locator(".tile", { hasText: actor }).first().click();

describe.skipIf(isSkipped)("a live run of two-tenants", () => {
  it("shows a handoff happen in the statechart, and the way back to before it", async () => {
    const { url, process } = await studio(["two-tenants", "--seed", "1"]);
    const { page, complaints } = await open(browser, url);
    await pick(page, "arbiter of rtl0");
    await page.getByRole("combobox", { name: "Speed" }).selectOption("as fast as it goes");
    await page.getByRole("button", { name: "▶ Run" }).click();
    // Both have been its owner by then.
    for (const guest of [0, 1]) await page.locator(`.track [fill="url(#guest-${guest})"]`).first().waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("button", { name: "▶ Run" }).waitFor();
    const end = await cursorOf(page);
    expect(end).toBeGreaterThan(500);
    const taken = await page.locator(".edge.taken text", { hasText: "REVOKE" }).first().textContent();
    expect(taken).toMatch(/REVOKE ×[1-9]/);

    await page.getByRole("button", { name: "Begin" }).click();
    await atMove(page, 0);
    expect(await activeStates(page)).toContain("resetting");
    expect(await page.locator(".edge.taken").count()).toBe(0);
    await page.keyboard.press("End");
    await atMove(page, end);

    // Scrubbing: the slider by mouse, to its middle.
    const track = await page.getByRole("slider", { name: "Cursor" }).boundingBox();
    if (track === null) throw new Error("the timeline is not there");
    await page.mouse.click(track.x + track.width / 2, track.y + 10);
    const middle = await cursorOf(page);
    expect(Math.abs(middle - end / 2)).toBeLessThan(end / 50);
    await page.waitForURL(new RegExp(`move=${middle}`));
    expect(complaints).toEqual([]);
    process.kill("SIGINT");
    expect((await process.ended).code).toBe(0);
  });

  it("steps, steps one actor, and shows the same again under the same address", async () => {
    const { url } = await studio(["two-tenants"]);
    const { page } = await open(browser, url);
    await page.keyboard.press("ArrowRight");
    await atMove(page, 1);
    await page.getByRole("button", { name: "Step ▶" }).click();
    await atMove(page, 2);
    await pick(page, "bob");
    await page.keyboard.press("a");
    await page.locator(".status", { hasText: /bob (steps|receives|notices)/ }).waitFor();
    await page.getByRole("tab", { name: "Differences" }).click();
    await page.keyboard.press("ArrowLeft");
    const there = await cursorOf(page);
    await page.waitForURL(/panel=differences/);
    const again = await open(browser, page.url());
    await atMove(again.page, there);
    expect(await again.page.getByRole("tab", { name: "Differences" }).getAttribute("aria-selected")).toBe(
      "true",
    );
    expect(await again.page.locator(".large h2").textContent()).toContain("bob");
    // An address beyond what there is makes the run come to it.
    const far = await open(browser, `${url}#move=700&panel=moves`);
    await atMove(far.page, 700);
  });

  it("shows what a move depends on, and folds lanes", async () => {
    const { url } = await studio(["two-tenants"]);
    const { page } = await open(browser, `${url}#move=300`);
    await atMove(page, 300);
    await page.locator('[data-move="300"]').hover();
    await page.locator(".move.past").first().waitFor();
    expect(
      await page.locator('[data-move="299"] .row-number, [data-move="298"] .row-number').allTextContents(),
    ).toEqual(expect.arrayContaining([expect.stringContaining("▴")]));
    await page.getByRole("button", { name: "Lane of wire" }).click();
    expect(await page.getByRole("button", { name: "Lane of wire" }).getAttribute("aria-expanded")).toBe(
      "false",
    );
  });

  it("says what the keys do", async () => {
    const { url } = await studio(["two-tenants"]);
    const { page } = await open(browser, url);
    await page.keyboard.press("?");
    const dialog = page.getByRole("dialog", { name: "Keys" });
    await dialog.waitFor();
    expect(await dialog.textContent()).toContain("to the next finding");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
  });

  it.each(["light", "dark"] as const)(
    "gives axe nothing to complain about in the %s",
    async (colorScheme) => {
      const { url } = await studio(["two-tenants"]);
      const { page, complaints } = await open(browser, `${url}#move=1500&actor=3`, {
        colorScheme,
        reducedMotion: "reduce",
      });
      await atMove(page, 1500);
      for (const name of ["Moves", "Differences", "Plots", "Findings"]) {
        await page.getByRole("tab", { name }).click();
        await page.locator(".panel > section").first().waitFor();
        expect(await axeFindings(page), name).toEqual([]);
      }
      await page.keyboard.press("?");
      expect(await axeFindings(page), "help").toEqual([]);
      expect(complaints).toEqual([]);
    },
  );
});

describe.skipIf(isSkipped)("a report", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "vpio-report-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each(["light", "dark"] as const)(
    "opens from disk in the %s, asks nobody, and works",
    async (colorScheme) => {
      const file = join(folder, `${colorScheme}.html`);
      const line = ["run", "two-tenants", "--duration", "200ms", "--report", file];
      const { code, err } = await new VpioProcess(line).ended;
      expect(code, err).toBe(0);
      const url = pathToFileURL(file).href;
      const { page, complaints, requests } = await open(browser, url, { colorScheme });
      await page.locator(".status", { hasText: "over: the recorded run is over" }).waitFor();
      await page.getByRole("button", { name: "End ▶|" }).click();
      await page.locator("button:disabled", { hasText: "End" }).waitFor();
      const end = await cursorOf(page);
      expect(err).toContain(`${end.toLocaleString("en-US")} moves to look at in ${file}`);
      await page.getByRole("button", { name: "◀ Back" }).click();
      await atMove(page, end - 1);
      await pick(page, "arbiter of rtl0");
      expect(await page.locator(".large [data-active]").count()).toBeGreaterThan(0);
      await page.getByRole("tab", { name: "Plots" }).click();
      await page.locator(".uplot canvas").first().waitFor();
      expect(await axeFindings(page)).toEqual([]);
      expect(complaints).toEqual([]);
      expect(requests).toEqual([url]);
    },
  );
});

describe.skipIf(isSkipped)("a counterexample", () => {
  let root: string;
  let file: string;
  beforeAll(async () => {
    root = await installMutant(REVOKE_NOT_AWAITED);
    const scenario = join(root, "duel.yaml");
    writeFileSync(scenario, duel("rtl8139"));
    const line = ["stress", scenario, "--seeds", "75", "--bail", "--json", "--output", root, "--jobs", "1"];
    const { out, code, err } = await new VpioProcess(line, root).ended;
    expect(code, err).toBe(1);
    file = JSON.parse(out).failures[0].shrunk.file;
  });
  afterAll(() => rmSync(root, { recursive: true }));

  it("is stepped through to the violation, which is said in words, and forked before it", async () => {
    const { url } = await studio([file], root);
    const { page, complaints } = await open(browser, url);
    await page.locator(".status", { hasText: "over: a property is violated" }).waitFor();
    await page.getByRole("button", { name: "Next finding" }).click();
    const violated = await cursorOf(page);
    expect(violated).toBeGreaterThan(10);
    await page.getByRole("tab", { name: "Findings" }).click();
    const finding = page.locator(".finding.violation");
    expect(await finding.locator(".property").textContent()).toMatch(/^\d: .+ \(.+\)$/);
    for (const move of [violated - 1, violated - 2]) {
      await page.keyboard.press("ArrowLeft");
      await atMove(page, move);
    }
    await page.keyboard.press("ArrowRight");
    await atMove(page, violated - 1);

    await page.getByRole("tab", { name: "Moves" }).click();
    for (let move = violated - 2; (await page.locator(".choice").count()) === 0; move--) {
      await page.keyboard.press("ArrowLeft");
      await atMove(page, move);
    }
    const at = await cursorOf(page);
    const choice = page.locator(".choice").first();
    const words = String(await choice.textContent()).replace("⑂ ", "");
    await choice.click();
    await page
      .locator(".branches button", { hasText: `behind move ${at.toLocaleString("en-US")}` })
      .waitFor();
    await atMove(page, at + 1);
    expect(await page.locator(".status").textContent()).toContain(words);
    expect(await page.locator(".status").textContent()).not.toContain("over:");
    await page.getByRole("button", { name: "Step ▶" }).click();
    await atMove(page, at + 2);
    await page.getByRole("button", { name: "the first run" }).click();
    await page.locator(".status", { hasText: "over: a property is violated" }).waitFor();
    expect(complaints).toEqual([]);
  });
});
