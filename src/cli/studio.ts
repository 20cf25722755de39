/** `vpio studio`: shows a run in the browser. */
import { spawn } from "node:child_process";
import { Command } from "commander";
import { EXIT } from "../base/errors.ts";
import { readBundle } from "../server/page.ts";
import { serveStudio } from "../server/server.ts";
import { Session } from "../server/session.ts";
import { openSource } from "../server/source.ts";
import { wholeNumber } from "./arguments.ts";
import { type Context, examples } from "./context.ts";
import { interruptible } from "./interrupt.ts";
import { scenarioPath } from "./scenario-file.ts";

interface Choices {
  readonly port: number;
  readonly seed?: number;
  readonly open: boolean;
}

export function studioCommand(context: Context): Command {
  return new Command("studio")
    .summary("look at a run in the browser")
    .description(
      "Serves the studio on this machine only, and opens it: statecharts, ownership and messages of a run, move by move. A scenario runs on the seeded engine, and can be stepped and forked; a counterexample too; a recorded run is shown as it was. Ctrl-C ends it.",
    )
    .argument(
      "[what]",
      "a scenario, or a file that `vpio stress` or `vpio run --record` has written",
      "two-tenants",
    )
    .option("--port <number>", "where to listen; 0 is any port that is free", wholeNumber(0, 65_535), 0)
    .option("--seed <number>", "the seed of a scenario's run", wholeNumber(0, 4_294_967_295))
    .option("--no-open", "leave the browser alone")
    .addHelpText(
      "after",
      examples(
        ["vpio studio", "two tenants, from their first move on"],
        ["vpio studio my.yaml --seed 7 --port 8080", "a scenario of your own"],
        ["vpio studio duel-17.vpio", "a counterexample, and what else was possible"],
      ),
    )
    .action(async (what: string, choices: Choices) => {
      await serve(what, choices, context);
      context.finish(EXIT.ok);
    });
}

async function serve(what: string, { port, seed, open }: Choices, { terminal }: Context): Promise<void> {
  const { out, err, errStyle } = terminal;
  const source = await openSource(scenarioPath(what), { seed });
  const server = await serveStudio(new Session(source), readBundle(), port);
  const { signal } = interruptible(() => undefined);
  out(`${server.url}\n`);
  err(`${errStyle.dim("Ctrl-C ends the studio")}\n`);
  if (open) openInBrowser(server.url);
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  await server.close();
}

/** As far as there is one: the address has been printed. */
function openInBrowser(url: string): void {
  const command = process.platform === "darwin" ? "open" : "xdg-open";
  spawn(command, [url], { detached: true, stdio: "ignore" })
    .on("error", () => undefined)
    .unref();
}
