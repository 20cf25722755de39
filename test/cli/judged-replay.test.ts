/** What ran on threads is judged when it is replayed: every property of the design, by the oracles of stress. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../src/engine/root.ts";
import { duel, talk } from "../stress/support.ts";
import { type Defect, installMutant, REVOKE_NOT_AWAITED } from "../support/mutant-installation.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vpio-judged-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly status: number;
  readonly stdout: string;
}

/** `root`: the installation. */
function vpio(root: string, ...args: readonly string[]): Ended {
  try {
    const main = join(root, "dist/src/cli/main.js");
    return { status: 0, stdout: execFileSync(process.execPath, [main, ...args], { stdio: "pipe" }).toString() };
  } catch (error) {
    const { status, stdout } = error as { status: number; stdout: Buffer };
    return { status, stdout: stdout.toString() };
  }
}

/** Records a run of `scenario`; its file. */
function record(root: string, scenario: string, ...options: readonly string[]): string {
  const [yaml, file] = [join(folder, "scenario.yaml"), join(folder, "run.vpio")];
  writeFileSync(yaml, scenario);
  vpio(root, "run", yaml, "--record", file, "--quiet", ...options);
  return file;
}

interface Verdict {
  readonly property: number;
  readonly oracles: readonly string[];
  readonly verdict: string;
}
const verdicts = ({ stdout }: Ended): readonly Verdict[] => JSON.parse(stdout).properties;

describe.each(["rtl8139", "ne2000"])("a good run on the %s", (card) => {
  it("is judged by every oracle, and holds", () => {
    const replay = vpio(packageRoot(), "replay", record(packageRoot(), talk(card)), "--json");
    expect(replay.status).toBe(0);
    expect(JSON.parse(replay.stdout)).toMatchObject({ same: true });
    expect(JSON.parse(replay.stdout).sightings.handoffs).toBeGreaterThan(0);
    expect(verdicts(replay).map(({ property, oracles, verdict }) => [property, oracles, verdict])).toEqual([
      [1, ["ownership"], "holds"],
      [2, ["reusable"], "holds"],
      [3, ["dma"], "holds"],
      [4, ["twin", "drivers"], "holds"],
      [5, ["frames", "segment"], "holds"],
      [6, ["interrupts"], "holds"],
      [7, ["progress"], "holds"],
    ]);
  });
});

it("says in words what was judged, and what is judged only in mode vpio", () => {
  const said = (...options: readonly string[]): string =>
    vpio(packageRoot(), "replay", record(packageRoot(), duel("rtl8139"), ...options)).stdout;
  expect(said()).toMatch(/\n +1 {2}holds {4}ownership {5}at most one owner.*\n/);
  expect(said()).toMatch(/\nAll properties hold in [\d,]+ moves\.\n$/);
  const vnic = said("--mode", "vnic");
  expect(vnic).toMatch(/\n +1 {2}not judged {3}/);
  expect(vnic).toMatch(/\n +3 {2}holds +dma /);
  expect(vnic).toMatch(/\nAll judged properties hold in [\d,]+ moves\.\n$/);
  expect(said("--mode", "passthrough", "--duration", "100ms")).toMatch(
    /\nNo property is judged: in passthrough mode none is promised\.\n$/,
  );
});

const DEFECTS: readonly (readonly [property: number, oracle: string, defect: Defect])[] = [
  [1, "ownership", REVOKE_NOT_AWAITED],
];

describe("a run with a defect", () => {
  it.each(DEFECTS)("violates property %d, as the oracle %s says", async (property, oracle, defect) => {
    const root = await installMutant(defect);
    try {
      const file = record(root, duel("rtl8139"));
      const { status, stdout } = vpio(root, "replay", file);
      expect(status).toBe(1);
      expect(stdout).toContain(`VIOLATED:\nproperty ${property} (`);
      expect(stdout).toMatch(new RegExp(`by the oracle "${oracle}":\n.* \\(.*, move [\\d,]+\\)\n`));
      const json = vpio(root, "replay", file, "--json");
      expect(json.status).toBe(1);
      expect(verdicts(json).filter(({ verdict }) => verdict === "violated")[0]?.property).toBe(property);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
