/** What ran on threads is judged when it is replayed: every property of the design, by the oracles of stress. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../../src/engine/root.ts";
import { MUTANTS } from "../stress/mutants/table.ts";
import { type Defect, installMutant, REVOKE_NOT_AWAITED } from "../support/mutant-installation.ts";

/** The drivers have no EEPROM to read: soon after the beginning the card is busy, and goes back and forth. */
const scenarioOn = (card: string, workload: string, peers: string): string => `
name: judged
duration: 10s
wire: { peers: [${peers}] }
cards: [{ name: card0, kind: ${card}, policy: { kind: round-robin, quantum: 10us } }]
guests:
  - { name: alice, memory: 256KiB, ${card === "rtl8139" ? "address: registers, " : ""}workload: { ${workload} } }
  - { name: bob, memory: 256KiB, ${card === "rtl8139" ? "address: registers, " : ""}workload: { ${workload} } }
`;

/** Two senders that take turns quickly. */
const duel = (card: string): string =>
  scenarioOn(card, "kind: stream, to: sink, size: 100, count: 10", "{ kind: sink, name: sink }");

/** Two that ask a peer; what comes for whoever has not the card is held. */
const talk = (card: string): string =>
  scenarioOn(card, "kind: request-response, to: echo, count: 10", "{ kind: echo, name: echo }");

/** A guest that aims the card at its neighbour's memory, which is the first of the host. */
const attack = duel("rtl8139").replace(
  /(name: bob.*workload: ){.*?}/,
  "$1{ kind: hostile, attack: dma-outside }",
);

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
    return {
      status: 0,
      stdout: execFileSync(process.execPath, [main, ...args], { stdio: "pipe" }).toString(),
    };
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
  const vpioMode = said();
  expect(vpioMode).toMatch(/\n +1 {2}holds +ownership +at most one owner.*\n/);
  expect(vpioMode).toMatch(/\nAll properties hold in [\d,]+ moves\.\n$/);
  const vnic = said("--mode", "vnic");
  expect(vnic).toMatch(/\n +1 {2}not judged {3}/);
  expect(vnic).toMatch(/\n +3 {2}holds +dma /);
  expect(vnic).toMatch(/\nAll judged properties hold in [\d,]+ moves\.\n$/);
  expect(said("--mode", "passthrough", "--duration", "100ms")).toMatch(
    /\nNo property is judged: in passthrough mode none is promised\.\n$/,
  );
});

const mutant = (name: string): Defect => {
  const [patch, ...more] = MUTANTS.find((one) => one.name === name)?.patches ?? [];
  if (patch === undefined || more.length > 0) throw new Error(`${name} is not one patch`);
  return patch;
};

/** Each shows at every handoff, or at every frame: no race is waited for. */
const DEFECTS: readonly (readonly [property: number, oracle: string, scenario: string, defect: Defect])[] = [
  [1, "ownership", duel("rtl8139"), REVOKE_NOT_AWAITED],
  [2, "reusable", duel("rtl8139"), mutant("receiver left armed")],
  [3, "dma", attack, mutant("buffer not checked")],
  [4, "twin", duel("rtl8139"), mutant("RCR not restored")],
  [5, "segment", talk("rtl8139"), mutant("held frames twice")],
  [6, "interrupts", talk("rtl8139"), mutant("interrupt to the previous owner")],
  [7, "progress", duel("rtl8139"), mutant("blocked guest not queued")],
];

describe("a run with a defect", () => {
  it.each(DEFECTS)(
    "violates property %d, as the oracle %s says",
    async (property, oracle, scenario, defect) => {
      const root = await installMutant(defect);
      try {
        const file = record(root, scenario, "--duration", "4s");
        const { status, stdout } = vpio(root, "replay", file);
        expect(status).toBe(1);
        expect(stdout).toMatch(new RegExp(`\\n +${property} {2}violated +`));
        expect(stdout).toContain("\nVIOLATED:\nproperty ");
        expect(stdout).toMatch(
          new RegExp(`property ${property} \\(.*\\), by the oracle "${oracle}":\n.*, move [\\d,]+\\)\n`),
        );
      } finally {
        rmSync(root, { recursive: true });
      }
    },
  );
});
