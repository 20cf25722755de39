/** `vpio check`: every interleaving of the handoff protocol; or a device model against its card. */
import { Command, Option } from "commander";
import { EXIT, type ExitCode } from "../base/errors.ts";
import { checkModel, MODEL_NAMES, type ModelFinding, type ModelName } from "../check/model-soundness.ts";
import { GUESTS_MAX } from "../check/plan.ts";
import { POLICIES, type PolicyName } from "../check/policies.ts";
import { EXPLORED_FAULTS, type ExploredFault, WORLDS, type World } from "../check/worlds.ts";
import { left, right, type Style, tableLines } from "../export/table.ts";
import { namesAmong, wholeNumber } from "./arguments.ts";
import { checkProtocol } from "./check-protocol.ts";
import { type Context, examples } from "./context.ts";

interface CheckOptions {
  readonly guests?: number;
  readonly policy?: PolicyName;
  readonly world?: World;
  readonly faults: readonly ExploredFault[];
  readonly reduce?: true;
  readonly liveness: boolean;
  readonly jobs: number;
  readonly memory: number;
  readonly counterexample?: string;
  readonly model?: ModelName;
  readonly json?: true;
  readonly quiet?: true;
}

export function checkCommand(context: Context): Command {
  return new Command("check")
    .summary("check the handoff protocol exhaustively")
    .description(
      "Explores every interleaving of the statecharts that run, with small abstract bodies, breadth first; each world leaves something else out. With --model: a device model against its card.",
    )
    .argument(
      "[scenario]",
      "a scenario, for its cards' policies and guests: a file, or one that ships by name",
    )
    .option(
      "--guests <n>",
      `guests that share the card, 1 to ${GUESTS_MAX} (default: 2; of a scenario up to 3)`,
      wholeNumber(1, GUESTS_MAX),
    )
    .addOption(
      new Option(
        "--policy <policy>",
        "who is next; any: whoever, whenever (default: the scenario's, or fifo)",
      ).choices(Object.keys(POLICIES)),
    )
    .addOption(new Option("--world <world>", "one world only").choices(Object.keys(WORLDS)))
    .option(
      "--faults <list>",
      `in every world, of ${Object.keys(EXPLORED_FAULTS).join(", ")}; or all`,
      namesAmong(Object.keys(EXPLORED_FAULTS) as ExploredFault[]),
      [],
    )
    .option("--reduce", "fewer states, by partial-order reduction: all safety but that channels are bounded")
    .option("--no-liveness", "safety only")
    .option("--jobs <n>", "threads; the search for liveness takes one", wholeNumber(1, 16), 1)
    .option(
      "--memory <MiB>",
      "memory for states; beyond it the check is inconclusive",
      wholeNumber(1, 99_999),
      2048,
    )
    .option(
      "--counterexample <file>",
      "play a violation on the seeded engine, and write it there for vpio replay if it happens",
    )
    .addOption(new Option("--model <model>", "a device model instead of the protocol").choices(MODEL_NAMES))
    .option("--json", "as JSON")
    .option("--quiet", "nothing on stderr but errors")
    .addHelpText(
      "after",
      examples(
        ["vpio check", "the protocol with two guests"],
        ["vpio check --guests 3 --world order", "three guests, one world"],
        ["vpio check noisy-neighbour --reduce", "each card of a scenario, under its policy"],
        ["vpio check --faults crash --world order", "workers of guests may die at any point"],
        ["vpio check --model paper/rtl8139", "a hole in a published device model"],
      ),
    )
    .addHelpText(
      "after",
      "\nExit codes: 0 all properties hold, 1 one is violated, 2 usage or scenario error, 3 inconclusive: out of memory or stopped before the end.",
    )
    .action(async (scenario: string | undefined, options: CheckOptions) => {
      const { model, world, guests, policy, counterexample, memory } = options;
      if (model !== undefined) return context.finish(sayModel(options, context));
      context.finish(
        await checkProtocol(
          {
            ...options,
            scenario,
            guests,
            policy,
            counterexample,
            worlds: world === undefined ? (Object.keys(WORLDS) as World[]) : [world],
            memoryBytes: memory * 2 ** 20,
          },
          context,
        ),
      );
    });
}

function sayModel({ model, json }: CheckOptions, { terminal }: Context): ExitCode {
  const found = checkModel(model ?? "rtl8139");
  terminal.out(json ? `${JSON.stringify(found, null, 2)}\n` : `${modelText(found, terminal.outStyle)}\n`);
  return found.hole === undefined ? EXIT.ok : EXIT.violated;
}

function modelText({ model, states, transitions, depth, hole }: ModelFinding, style: Style): string {
  const head = `${style.bold(model)}: ${states} states, ${transitions} transitions, depth ${depth}`;
  if (hole === undefined) return `${head}\nreusable means that the card is done: ${style.good("holds")}`;
  const rows = hole.steps.map(({ what, state }, i) => [String(i + 1), what, state]);
  return [
    head,
    style.bad(`hole: ${hole.what}`),
    "",
    ...tableLines([right("step"), left("what happens"), left("model")], rows, style),
  ].join("\n");
}
