/** The entry of `npm run oracle`. */
import { runOracleCommand } from "../src/oracle/command.ts";

process.exitCode = await runOracleCommand(process.argv.slice(2), {
  out: (text) => void process.stdout.write(`${text}\n`),
  err: (text) => void process.stderr.write(`${text}\n`),
});
