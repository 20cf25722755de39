/** The numbers that a bench is told on its command line. */
import { Command } from "commander";
import { EXIT } from "../src/base/errors.ts";
import { wholeNumber } from "../src/cli/arguments.ts";

export interface BenchNumber {
  readonly name: string;
  readonly what: string;
  readonly most: number;
  /** What it is unless told. */
  readonly usual: number;
}

/** Each as told, or as usual; ends the process when they are wrong, or only its help is wanted. */
export function benchNumbers(
  script: string,
  about: string,
  numbers: readonly BenchNumber[],
): readonly number[] {
  const command = new Command(`npm run ${script} --`)
    .description(about)
    .helpOption("-h, --help", "print help")
    .showHelpAfterError(`Try: npm run ${script} -- --help`)
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? EXIT.ok : EXIT.usage));
  for (const { name, what, most, usual } of numbers)
    command.argument(`[${name}]`, what, wholeNumber(1, most), usual);
  return command.parse().processedArgs as number[];
}
