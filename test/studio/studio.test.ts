/** The studio in Chromium, as somebody uses it: a live run, a counterexample, and what everybody must be able to see. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { duel } from "../stress/support.ts";
import { VpioProcess } from "../support/command.ts";
import { installMutant, REVOKE_NOT_AWAITED } from "../support/mutant-installation.ts";
import { axeFindings, isSkipped, launch, open, PATIENCE_MS, studio } from "./browser.ts";

let browser: Browser;
beforeAll(async () => {
  if (!isSkipped) browser = await launch();
}, PATIENCE_MS);
afterAll(async () => {
  await browser?.close();
}, PATIENCE_MS);
afterEach(async () => {
  for (const context of browser?.contexts() ?? []) await context.close();
  await VpioProcess.killAll();
}, PATIENCE_MS);

const cursorOf = async (page: Page): Promise<number> =>
  Number(await page.locator("output[data-cursor]").getAttribute("data-cursor"));

/** Waits until the cursor has left that move, and answers where it is then: pictures come after what they show. */
async function cursorBehind(page: Page, move: number): Promise<number> {
  await page.locator(`output[data-cursor]:not([data-cursor="${move}"])`).waitFor();
  return cursorOf(page);
}

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

describe.skipIf(isSkipped)("a live run of two-tenants", { timeout: PATIENCE_MS }, () => {
  it("shows a handoff happen in the statechart, and the way back to before it", async () => {
    const { url, process } = await studio(["two-tenants", "--seed", "1"]);
    const { page, complaints } = await open(browser, url);
    await pick(page, "arbiter of rtl0");
    // Far too slow for that, until it is told to hurry while it runs.
    await page.getByRole("combobox", { name: "Speed" }).selectOption("1 moves/s");
    await page.getByRole("button", { name: "▶ Run" }).click();
    await page.getByRole("button", { name: "Pause" }).waitFor();
    await page.getByRole("combobox", { name: "Speed" }).selectOption("as fast as it goes");
    // Both have been its owner by then.
    for (const guest of [0, 1]) await page.locator(`.track [fill="url(#guest-${guest})"]`).first().waitFor();
    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByRole("button", { name: "▶ Run" }).waitFor();
    const end = await cursorOf(page);
    expect(end).toBeGreaterThan(500);
    const taken = await page.locator(".edge-label.taken", { hasText: "REVOKE" }).first().textContent();
    expect(taken).toMatch(/REVOKE.* ×[1-9]\d* [\d.]+ (ns|µs|ms)/);

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
    const middle = await cursorBehind(page, end);
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
    const bobs = await cursorBehind(page, 2);
    expect(await page.locator(".status").textContent()).toMatch(/bob (steps|receives|notices)/);
    await page.getByRole("tab", { name: "Differences" }).click();
    await page.keyboard.press("ArrowLeft");
    const there = await cursorBehind(page, bobs);
    await page.waitForURL(new RegExp(`move=${there}&.*panel=differences`));
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

  it("shows time and exits at the edges of a guest, and the lines of the wire, all at the cursor", async () => {
    const { url } = await studio(["two-tenants", "--seed", "1"]);
    const { page, complaints } = await open(browser, `${url}#move=8000&actor=0`);
    await atMove(page, 8_000);
    await page.getByText("Edges in numbers").click();
    const trap = page.locator(".edge-table tr", { hasText: "TRAP" });
    const [taken, exits, each, inAll] = await trap.locator("td").allTextContents();
    expect(Number(taken)).toBeGreaterThan(10);
    expect(exits).toBe(taken);
    for (const time of [each, inAll]) expect(time).toMatch(/^[\d.]+ (ns|µs|ms)$/);
    expect(await page.locator(".edge-label", { hasText: "TRAP" }).textContent()).toContain(
      `×${taken} ${each}`,
    );
    expect(await page.locator(".edge .exits").count()).toBe(1);
    expect(await page.locator(".edge .glow").count()).toBeGreaterThan(3);
    expect(await axeFindings(page)).toEqual([]);
    await page.keyboard.press("Home");
    await atMove(page, 0);
    expect(await page.locator(".edge .exits, .edge .glow, .edge-table td").count()).toBe(0);

    await page.keyboard.press("End");
    await atMove(page, 8_000);
    await pick(page, "wire");
    await page.locator(".lines .chart").first().waitFor();
    // Two ways for the card and for each of two peers.
    expect(await page.locator(".lines .chart").count()).toBe(6);
    expect(await page.locator(".lines .edge-label.taken", { hasText: "ELAPSED" }).count()).toBeGreaterThan(0);
    expect(await axeFindings(page)).toEqual([]);
    await page.getByRole("button", { name: "line from rtl0: idle" }).click();
    await page.locator(".large h2", { hasText: "line from rtl0 runs the machine line" }).waitFor();
    expect(await activeStates(page)).toEqual(["", "idle"]);
    expect(complaints).toEqual([]);
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
    const lane = page.getByRole("button", { name: "Lane of wire" });
    await lane.click();
    await page.locator('.lane-names [aria-expanded="false"]').waitFor();
    expect(await lane.textContent()).toBe("⋮");
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

  // In the dark only the colours are others.
  it.each([
    ["light", []],
    ["dark", ["color-contrast"]],
  ] as const)("gives axe nothing to complain about in the %s", async (colorScheme, rules) => {
    const { url } = await studio(["two-tenants"]);
    const { page, complaints } = await open(browser, `${url}#move=1500&actor=3`, {
      colorScheme,
      reducedMotion: "reduce",
    });
    await atMove(page, 1500);
    for (const name of ["Moves", "Differences", "Plots", "Findings"]) {
      await page.getByRole("tab", { name }).click();
      await page.locator(".panel > section").first().waitFor();
      expect(await axeFindings(page, rules), name).toEqual([]);
    }
    await page.keyboard.press("?");
    expect(await axeFindings(page, rules), "help").toEqual([]);
    expect(complaints).toEqual([]);
  });
});

describe.skipIf(isSkipped)("a report", { timeout: PATIENCE_MS }, () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "vpio-report-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("opens from disk, asks nobody, and works", async () => {
    const file = join(folder, "run.html");
    const line = ["run", "two-tenants", "--duration", "200ms", "--report", file];
    const { code, err } = await new VpioProcess(line).ended;
    expect(code, err).toBe(0);
    const url = pathToFileURL(file).href;
    const { page, complaints, requests } = await open(browser, url);
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
    // The cursor is in the plots, too: near their end, then at their begin.
    await page.locator('.plot-cursor[data-place]:not([data-place="0"])').nth(4).waitFor();
    await page.keyboard.press("Home");
    await page.locator('.plot-cursor[data-place="0"]').nth(4).waitFor();
    expect(complaints).toEqual([]);
    expect(requests).toEqual([url]);
  });
});

describe.skipIf(isSkipped)("a counterexample", { timeout: PATIENCE_MS }, () => {
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
  }, PATIENCE_MS);
  afterAll(() => rmSync(root, { recursive: true }));

  it("is stepped through to the violation, which is said in words, and forked before it", async () => {
    const { url } = await studio([file], root);
    const { page, complaints } = await open(browser, url);
    await page.locator(".status", { hasText: "over: a property is violated" }).waitFor();
    await page.getByRole("button", { name: "Next finding" }).click();
    const violated = await cursorBehind(page, 0);
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

  it("is shown beside the run that it was shrunk from, from the move in which they part", async () => {
    const { moves, names, original } = JSON.parse(readFileSync(file, "utf8"));
    expect(original.moves.length).toBeGreaterThan(moves.length);
    const { url } = await studio([file], root);
    const { page, complaints } = await open(browser, url);
    await page.getByRole("tab", { name: "Both runs" }).click();
    expect(await page.locator(".runs .property").textContent()).toMatch(/^\d: .+ \(.+\)$/);
    const parting = Number(await page.locator("[data-parting]").textContent());
    expect(names[original.moves[parting - 1]]).not.toBe(names[moves[parting - 1]]);
    for (let before = 0; before < parting - 1; before++)
      expect(names[original.moves[before]]).toBe(names[moves[before]]);

    await page.keyboard.press("d");
    await standAt(page, parting, parting);
    for (const run of ["Original", "Shrunk"])
      expect(await row(page, run, parting).textContent(), run).toMatch(/^≠ /);
    await page.keyboard.press("ArrowRight");
    await standAt(page, parting + 1, parting + 1);
    await page.keyboard.press("]");
    await standAt(page, parting + 2, parting + 1);
    await page.getByRole("button", { name: "Shrunk: one move back" }).click();
    await standAt(page, parting + 2, parting);
    await page.getByRole("button", { name: /^Original to move/ }).click();
    await standAt(page, original.moves.length, parting);
    expect(await row(page, "Original", original.moves.length).textContent()).toMatch(/^▲ /);
    expect(await axeFindings(page)).toEqual([]);

    await page.waitForURL(new RegExp(`original=${original.moves.length}`));
    const again = await open(browser, page.url());
    await standAt(again.page, original.moves.length, parting);
    await again.page.getByRole("button", { name: "Step both together" }).click();
    await standAt(again.page, parting, parting);
    expect([...complaints, ...again.complaints]).toEqual([]);
  });

  it("is sent to somebody with that run, and each of them is replayed", async () => {
    const { moves, original } = JSON.parse(readFileSync(file, "utf8"));
    const html = join(root, "why.html");
    const shrunk = await new VpioProcess(["replay", file, "--report", html], root).ended;
    const whole = await new VpioProcess(["replay", file, "--original"], root).ended;
    expect([shrunk.code, whole.code], shrunk.err + whole.err).toEqual([1, 1]);
    expect(shrunk.out).toContain(`after ${moves.length} moves`);
    expect(whole.out).toContain(`after ${original.moves.length} moves`);
    const url = `${pathToFileURL(html).href}#panel=runs`;
    const { page, complaints, requests } = await open(browser, url);
    await page.getByRole("button", { name: /^Original to move/ }).click();
    await page.getByRole("button", { name: /^Shrunk to move/ }).click();
    await standAt(page, original.moves.length, moves.length);
    expect(complaints).toEqual([]);
    expect(requests).toEqual([url.replace(/#.*/, "")]);
  });
});

const row = (page: Page, run: string, move: number): Locator =>
  page.getByRole("region", { name: run }).locator(`[data-run-row="${move}"]`);

/** Waits until the two runs stand there. */
async function standAt(page: Page, original: number, shrunk: number): Promise<void> {
  await page.locator(`[aria-label="Original"][data-run-move="${original}"]`).waitFor();
  await page.locator(`[aria-label="Shrunk"][data-run-move="${shrunk}"]`).waitFor();
}
