/** Brings in what a workload names by file: the frames of a capture, the function of a user's program. */
import { readFile } from "node:fs/promises";
import { transform } from "esbuild";
import { VpioError } from "../base/errors.ts";
import { readCapture } from "../ethernet/capture.ts";
import type { Workload as WorkloadChoice } from "../scenario/scenario.ts";
import type { Workload } from "../workloads/catalogue.ts";
import type { UserProgram } from "../workloads/program.ts";

/** The workload of a scenario, ready to run. Throws CAPTURE or PROGRAM errors that name the file. */
export async function loadWorkload(choice: WorkloadChoice | undefined): Promise<Workload> {
  if (choice === undefined) throw new VpioError("INTERNAL", "a guest without a workload");
  switch (choice.kind) {
    case "replay": {
      const { frames } = readCapture(await readFile(choice.path), choice.file);
      return { kind: "replay", frames, loop: choice.loop, timing: choice.timing };
    }
    case "program":
      return { kind: "program", program: await loadProgram(choice.path, choice.file) };
    case "linux":
      throw new VpioError(
        "USAGE",
        "the scenario has a guest that runs Linux: its virtual PC keeps time by the wall clock, so it is only for " +
          "`vpio run`; nothing can schedule, record or replay it",
      );
    default:
      return choice;
  }
}

/** The default export of a TypeScript or JavaScript file: one file by itself, without imports of its own. */
async function loadProgram(path: string, file: string): Promise<UserProgram> {
  const source = await readFile(path, "utf8");
  try {
    const { code } = await transform(source, {
      loader: "ts",
      format: "esm",
      sourcefile: file,
      target: "node20",
    });
    const module = (await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`)) as {
      readonly default?: unknown;
    };
    if (typeof module.default !== "function") {
      throw new VpioError("PROGRAM", `${file}: found no default export, expected a generator function`);
    }
    return module.default as UserProgram;
  } catch (error) {
    if (error instanceof VpioError) throw error;
    throw new VpioError("PROGRAM", `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
