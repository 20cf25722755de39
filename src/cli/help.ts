/** `vpio help`: on everything, on a command, or on one of its own commands. */
import { Command } from "commander";
import { VpioError } from "../base/errors.ts";
import { unknownName } from "../scenario/suggest.ts";
import { examples } from "./context.ts";

/** `program`: whose commands there is help on. */
export function helpCommand(program: Command): Command {
  return new Command("help")
    .summary("print help on a command")
    .description("Prints help on a command.")
    .argument("[command...]", "its name; of its own commands the name behind it")
    .addHelpText(
      "after",
      examples(["vpio help", "what commands there are"], ["vpio help guest build", "all its options"]),
    )
    .action((names: readonly string[]) => names.reduce(commandOf, program).outputHelp());
}

function commandOf(parent: Command, name: string): Command {
  const command = parent.commands.find((one) => one.name() === name);
  if (command !== undefined) return command;
  const names = parent.commands.map((one) => one.name());
  throw new VpioError("USAGE", unknownName("command", name, names));
}
