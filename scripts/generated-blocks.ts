/**
 * Blocks of a Markdown text that vpio itself writes. Each names its command:
 *
 *     <!-- vpio export arbiter --format mermaid -->
 *     <!-- end -->
 *
 * What the command prints stands between the two lines, fenced.
 */
import { runCli } from "../src/cli/program.ts";
import { PLAIN } from "../src/export/table.ts";

const BLOCK = /^<!-- vpio (export [^\n]*) -->\n[\s\S]*?^<!-- end -->$/gm;

/** The commands of a text's blocks, in order. */
export const commandsIn = (text: string): readonly string[] =>
  [...text.matchAll(BLOCK)].map(([, command = ""]) => command);

/** `text` with every block as its command would write it now. */
export async function regenerated(text: string): Promise<string> {
  const outputs = new Map<string, string>();
  for (const command of commandsIn(text)) outputs.set(command, await outputOf(command));
  return text.replace(BLOCK, (_, command: string) => {
    const fence = /--format mermaid\b/.test(command) ? "```mermaid" : "```";
    return `<!-- vpio ${command} -->\n${fence}\n${outputs.get(command)}\`\`\`\n<!-- end -->`;
  });
}

async function outputOf(command: string): Promise<string> {
  const [out, err]: [string[], string[]] = [[], []];
  const terminal = {
    out: (data: string | Uint8Array) => void out.push(String(data)),
    err: (text: string) => void err.push(text),
    outStyle: PLAIN,
    errStyle: PLAIN,
    window: () => undefined,
  };
  const noRun = () => Promise.reject(new Error("a document is written without threads"));
  const code = await runCli(command.split(" "), terminal, noRun);
  if (code !== 0) throw new Error(`vpio ${command}: exit code ${code}\n${err.join("")}`);
  return out.join("");
}
