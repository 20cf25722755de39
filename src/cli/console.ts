/** `vpio console`: types into a Linux guest of a run that is under way in another terminal. */
import { connect } from "node:net";
import type { Writable } from "node:stream";
import { Command, Option } from "commander";
import { EXIT, VpioError } from "../base/errors.ts";
import { list } from "../scenario/suggest.ts";
import { wholeNumber } from "./arguments.ts";
import { type ConsoleSocket, consolesFolder, findConsoles } from "./console-sockets.ts";
import { type Context, examples } from "./context.ts";

interface Choices {
  readonly pid?: number;
  readonly list?: true;
}

/** Ctrl-], as telnet has it. */
const DETACH = 0x1d;
const MAX_PID = 2 ** 22;

export function consoleCommand(context: Context): Command {
  return new Command("console")
    .summary("type into a Linux guest that runs")
    .description(
      "Connects to the console of a Linux guest of a `vpio run` in another terminal. Ctrl-] leaves it, and the guest runs on.",
    )
    .argument("[guest]", "its name; may be left out when there is only one")
    .addOption(
      new Option("--pid <number>", "of which run, when several have a guest of that name").argParser(
        wholeNumber(1, MAX_PID),
      ),
    )
    .option("--list", "the consoles that there are, a line each")
    .addHelpText(
      "after",
      examples(
        ["vpio console --list", "what there is to connect to"],
        ["vpio console penguin-1", "and press return for a prompt"],
        ["echo 'ip addr' | vpio console penguin-1", "types a line, and shows what comes until Ctrl-C"],
      ),
    )
    .action(async (guest: string | undefined, choices: Choices) => {
      const found = findConsoles(consolesFolder()).filter(
        ({ pid }) => choices.pid === undefined || pid === choices.pid,
      );
      if (choices.list) context.terminal.out(found.map(line).join(""));
      else await attach(chosen(found, guest), context);
      context.finish(EXIT.ok);
    });
}

const line = ({ guest, pid }: ConsoleSocket): string => `${guest} of process ${pid}\n`;

/** Throws a USAGE error unless exactly one is meant. */
export function chosen(consoles: readonly ConsoleSocket[], guest: string | undefined): ConsoleSocket {
  const meant = consoles.filter(({ guest: name }) => guest === undefined || name === guest);
  const [only, second] = meant;
  if (only !== undefined && second === undefined) return only;
  if (consoles.length === 0)
    throw new VpioError("USAGE", "no `vpio run` with Linux guests is under way for this user");
  const names = list([...new Set(consoles.map(({ guest: name }) => name))]);
  if (only === undefined) throw new VpioError("USAGE", `found guest '${guest}', expected one of ${names}`);
  throw new VpioError(
    "USAGE",
    guest === undefined
      ? `found no guest, expected one of ${names}`
      : `found guest '${guest}' in several runs, expected --pid ${list(meant.map(({ pid }) => String(pid)))}`,
  );
}

/** Passes on what is typed and what is shown, until either end has enough. */
async function attach({ guest, path }: ConsoleSocket, { terminal }: Context): Promise<void> {
  const { stdin } = process;
  const socket = connect(path);
  terminal.err(`${terminal.errStyle.dim(`console of ${guest}; Ctrl-] leaves it`)}\n`);
  socket.on("data", (bytes) => process.stdout.write(bytes));
  if (stdin.isTTY) stdin.setRawMode(true);
  stdin.on("data", (bytes) => pass(bytes, socket));
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on("close", () => resolve());
      socket.on("error", (error) =>
        reject(new VpioError("USAGE", `the console of ${guest}: ${error.message}`)),
      );
    });
  } finally {
    if (stdin.isTTY) stdin.setRawMode(false);
    stdin.pause();
  }
  terminal.err("\n");
}

/** What is typed behind Ctrl-] is for nobody, though the other end may take its time to hang up. */
export function pass(bytes: Buffer, socket: Writable): void {
  if (socket.writableEnded) return;
  const end = bytes.indexOf(DETACH);
  if (end < 0) socket.write(bytes);
  else socket.end(bytes.subarray(0, end));
}
