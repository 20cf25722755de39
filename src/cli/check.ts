/** `vpio check`: every interleaving of the handoff protocol; or a device model against its card. */
import { Command, Option } from "commander";
import { VpioError } from "../base/errors.ts";
import { GUESTS_MAX, PASSED_MAX } from "../check/plan.ts";
import { POLICIES, type PolicyName } from "../check/policies.ts";
import { MODEL_NAMES, type ModelName } from "../check/soundness/check-model.ts";
import { EXPLORED_FAULTS, type ExploredFault, WORLDS, type World } from "../check/worlds.ts";
import { namesAmong, wholeNumber } from "./arguments.ts";
import { checkModel, type ModelChoices } from "./check-model.ts";
import { checkProtocol } from "./check-protocol.ts";
import { type Context, examples } from "./context.ts";

interface CheckOptions extends ModelChoices {
  readonly guests?: number;
  readonly policy?: PolicyName;
  readonly world?: World;
  readonly faults: readonly ExploredFault[];
  readonly passed?: number;
  readonly reduce?: true;
  readonly liveness: boolean;
  readonly jobs: number;
  readonly counterexample?: string;
  readonly model?: ModelName;
}

/** Options that say nothing of a model. */
const OF_PROTOCOL: ReadonlySet<string> = new Set<keyof CheckOptions>([
  "guests",
  "policy",
  "passed",
  "world",
  "faults",
  "reduce",
  "liveness",
  "jobs",
  "counterexample",
]);
/** Options that say nothing of the protocol. */
const OF_MODELS: ReadonlySet<string> = new Set<keyof CheckOptions>([
  "steps",
  "seconds",
  "hooks",
  "walk",
  "seed",
]);

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
    .option(
      "--passed <n>",
      `operations that a guest may pass through in one ownership, 0 to ${PASSED_MAX} (default: 1 with two guests in order, else 0)`,
      wholeNumber(0, PASSED_MAX),
    )
    .option(
      "--reduce",
      "fewer states, by partial-order reduction: all properties but that channels are bounded",
    )
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
    .addOption(
      new Option(
        "--model <model>",
        "a device model instead of the protocol; of a card that is built in",
      ).choices(MODEL_NAMES),
    )
    .option("--steps <n>", "of a model: ways of at most so many steps, in every world", wholeNumber(1, 1000))
    .option("--seconds <n>", "of a model: the check is inconclusive after that", wholeNumber(1, 1_000_000))
    .option("--hooks", "of a model: which hooks are needed, and what breaks without each")
    .option("--walk <n>", "of a model: so many steps at random", wholeNumber(1, 1_000_000_000))
    .option("--seed <n>", "of a walk (default: 1)", wholeNumber(0, 0xffff_ffff))
    .option("--json", "as JSON")
    .option("--quiet", "nothing on stderr but errors")
    .addHelpText(
      "after",
      examples(
        ["vpio check", "the protocol with two guests"],
        ["vpio check --guests 3 --world order", "three guests, one world"],
        ["vpio check noisy-neighbour --reduce", "each card of a scenario, under its policy"],
        ["vpio check --faults crash --world order", "workers of guests may die at any point"],
        ["vpio check --model rtl8139", "the device model of a card beside the card"],
        ["vpio check --model ne2000 --hooks", "its minimal hooked list"],
        ["vpio check --model paper/rtl8139", "the holes in a published device model"],
      ),
    )
    .addHelpText(
      "after",
      "\nExit codes: 0 all properties hold, 1 one is violated, 2 usage or scenario error, 3 inconclusive: out of memory or stopped before the end.",
    )
    .action(async (scenario: string | undefined, options: CheckOptions, command: Command) => {
      const { model, world, guests, policy, passed, counterexample, memory } = options;
      if (model !== undefined) {
        const stray = scenario ?? firstGiven(command, OF_PROTOCOL);
        if (stray !== undefined)
          throw new VpioError("USAGE", `found ${stray} with --model, expected one of them`);
        return context.finish(await checkModel(model, options, context));
      }
      const stray = firstGiven(command, OF_MODELS);
      if (stray !== undefined) throw new VpioError("USAGE", `found ${stray} without --model`);
      context.finish(
        await checkProtocol(
          {
            ...options,
            scenario,
            guests,
            policy,
            passed,
            counterexample,
            worlds: world === undefined ? (Object.keys(WORLDS) as World[]) : [world],
            memoryBytes: memory * 2 ** 20,
          },
          context,
        ),
      );
    });
}

/** Of these options the first one that was given. */
const firstGiven = (command: Command, names: ReadonlySet<string>): string | undefined =>
  command.options.find(
    (option) =>
      names.has(option.attributeName()) && command.getOptionValueSource(option.attributeName()) === "cli",
  )?.long;
