/** The files that workloads name: captures, and programs of the user's. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { runOnThreads } from "../../src/engine/threads.ts";
import { loadWorkload } from "../../src/engine/workload-files.ts";
import { loadScenario } from "../../src/scenario/load.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "vpio-"));
});

async function programOf(source: string) {
  const path = join(folder, `program-${Math.abs(source.length)}.ts`);
  await writeFile(path, source);
  return { kind: "program", file: "mine.ts", path } as const;
}

describe("a user's program", () => {
  it("runs as the scenario says, and what it logs is in the report", async () => {
    const done = new AbortController();
    const { report } = await runOnThreads(loadScenario("scenarios/own-driver.yaml", { durationNs: 30e9 }), {
      signal: done.signal,
      onProgress: ({ guests }) => guests[0]?.state.kind === "ended" && done.abort(),
    });
    const blinker = report.guests.find(({ name }) => name === "blinker");
    expect(blinker?.state).toEqual({ kind: "ended" });
    expect(blinker?.software?.workload.notes).toEqual([
      "the card says that I am 52:56:50:00:00:01",
      "100 frames sent",
    ]);
  });

  it("must export a function", async () => {
    await expect(loadWorkload(await programOf("export const x = 1;"))).rejects.toMatchObject({
      code: "PROGRAM",
      message: "mine.ts: found no default export, expected a generator function",
    });
  });

  it("is refused with its file's name when it does not parse", async () => {
    const failure = await loadWorkload(await programOf("export default function* ( {")).catch(
      (error) => error,
    );
    expect(failure).toMatchObject({ code: "PROGRAM" });
    expect(failure.message).toContain("mine.ts");
  });
});

describe("a capture", () => {
  it("comes with its frames", async () => {
    const path = "scenarios/captures/linux-slice.pcap";
    const workload = await loadWorkload({
      kind: "replay",
      file: "linux-slice.pcap",
      path,
      loop: false,
      timing: "asap",
    });
    expect(workload).toMatchObject({ kind: "replay", loop: false, timing: "asap" });
    expect(workload.kind === "replay" && workload.frames.length).toBe(120);
  });
});
