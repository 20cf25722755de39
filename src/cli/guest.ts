/** `vpio guest`: the images of guests that run Linux, in the user's cache. */

import { Command, InvalidArgumentError } from "commander";
import { EXIT, VpioError } from "../base/errors.ts";
import { exactSize, formatDuration, formatSize, NS_PER_MS } from "../base/units.ts";
import { left, right, tableLines } from "../export/table.ts";
import { name as nameField } from "../scenario/fields.ts";
import { DEBIAN_IMAGE, LINUX_MEMORY_BYTES } from "../scenario/scenario.ts";
import { type Built, buildGuestImage, type OwnFiles } from "../x86/image/build.ts";
import { type CachedImage, cachedImages, guestsFolder } from "../x86/image/cache.ts";
import { isCurrent } from "../x86/image/load.ts";
import { IMAGE_FILES, type Manifest } from "../x86/image/manifest.ts";
import { sizeBytes } from "./arguments.ts";
import { type Context, examples } from "./context.ts";
import { interruptible } from "./interrupt.ts";
import { ProgressLine } from "./progress-line.ts";
import type { Terminal } from "./terminal.ts";

interface BuildChoices {
  readonly memory?: number;
  readonly name?: string;
  readonly kernel?: string;
  readonly initrd?: string;
  readonly bios?: string;
  readonly force?: true;
  readonly json?: true;
  readonly quiet?: true;
}

export function guestCommand(context: Context): Command {
  return new Command("guest")
    .summary("build and list the images of guests that run Linux")
    .description(
      "Guests of kind linux run an unmodified kernel on an x86 machine. Their images are built once, and kept in the user's cache.",
    )
    .helpCommand("help [command]", "print help on a command")
    .addHelpText(
      "after",
      examples(
        ["vpio guest build", "what scenarios with Linux guests need"],
        ["vpio guest list", "what is there"],
      ),
    )
    .addCommand(buildCommand(context))
    .addCommand(listCommand(context));
}

function buildCommand({ terminal, finish }: Context): Command {
  return new Command("build")
    .summary("build an image: fetch Debian's kernel and busybox, boot once, save the machine")
    .description(
      "Fetches Debian's 32-bit kernel and busybox with apt (about 60 MB; nobody needs to be root), boots them once and saves the machine. With --kernel and --initrd: of your own files.",
    )
    .option(
      "--memory <size>",
      `of the guest (default: ${exactSize(LINUX_MEMORY_BYTES.usual)})`,
      sizeBytes(LINUX_MEMORY_BYTES.least, LINUX_MEMORY_BYTES.most),
    )
    .option("--kernel <file>", "a bzImage of your own")
    .option("--initrd <file>", "an initial RAM disk of your own, which speaks on ttyS1 (docs/guests.md)")
    .option("--bios <file>", "with --kernel: a BIOS of your own (default: Debian's SeaBIOS)")
    .option("--name <name>", "with --kernel: what scenarios call the image", imageName)
    .option("--force", "build it anew, of the packages as they are now")
    .option("--json", "what has been built, as JSON")
    .option("--quiet", "no narration")
    .addHelpText(
      "after",
      examples(
        ["vpio guest build", "what scenarios with Linux guests need"],
        ["vpio guest build --memory 128MiB", "for guests with more memory"],
        ["vpio guest build --name mine --kernel bzImage --initrd initrd.gz", "your own"],
      ),
    )
    .action(async (choices: BuildChoices) => {
      const built = await watchedBuild(choices, terminal);
      terminal.out(choices.json ? `${JSON.stringify(jsonOf(built), null, 2)}\n` : `${built.image.folder}\n`);
      finish(EXIT.ok);
    });
}

/** As scenarios can write it. */
function imageName(text: string): string {
  if (nameField().safeParse(text).success) return text;
  throw new InvalidArgumentError("Expected a letter, then up to 31 letters, digits or '-'.");
}

/** Narrates on stderr; Ctrl-C ends it and leaves nothing behind. */
async function watchedBuild(choices: BuildChoices, terminal: Terminal): Promise<Built> {
  const own = ownFiles(choices);
  const narration = new Narration(terminal, choices.quiet === true);
  const interruption = interruptible(() => narration.say("ending early"));
  try {
    const built = await buildGuestImage({
      name: choices.name ?? DEBIAN_IMAGE,
      memoryBytes: choices.memory ?? LINUX_MEMORY_BYTES.usual,
      own,
      force: choices.force === true,
      folder: guestsFolder(),
      signal: interruption.signal,
      onProgress: (text) => narration.progress(text),
    });
    narration.say(summary(built));
    return built;
  } catch (error) {
    if (interruption.signal.aborted)
      throw new VpioError("INCONCLUSIVE", "interrupted: no image was built, and nothing was kept");
    throw error;
  } finally {
    narration.end();
    interruption.release();
  }
}

function ownFiles({ kernel, initrd, bios }: BuildChoices): OwnFiles | undefined {
  if (kernel !== undefined && initrd !== undefined) return { kernel, initrd, bios };
  if (kernel === undefined && initrd === undefined && bios === undefined) return undefined;
  throw new VpioError("USAGE", "expected --kernel and --initrd together; --bios is for these");
}

/** Each phase once, as it begins; how far it is on a line that is redrawn. */
class Narration {
  readonly #terminal: Terminal;
  readonly #isQuiet: boolean;
  readonly #line: ProgressLine;
  #phase = "";

  constructor(terminal: Terminal, isQuiet: boolean) {
    this.#terminal = terminal;
    this.#isQuiet = isQuiet;
    this.#line = new ProgressLine(terminal);
  }

  /** "phase", or "phase: how far it is". */
  progress(text: string): void {
    const [phase = ""] = text.split(":");
    if (phase !== this.#phase) this.say(phase);
    this.#phase = phase;
    if (!this.#isQuiet && phase !== text) this.#line.show(() => text);
  }

  say(text: string): void {
    this.#line.clear();
    if (!this.#isQuiet) this.#terminal.err(`${this.#terminal.errStyle.dim(text)}\n`);
  }

  end(): void {
    this.#line.clear();
  }
}

function summary({ image, costs }: Built): string {
  const what = `image '${image.manifest.name}', ${exactSize(image.manifest.memoryBytes)} of memory`;
  if (costs === undefined) return `${what}: it is there (--force builds it anew)`;
  const { downloadedBytes, downloadMs, bootMs } = costs;
  const fetched =
    downloadedBytes === 0 ? "" : `${formatSize(downloadedBytes)} fetched in ${durationText(downloadMs)}, `;
  return `${what}: ${fetched}booted in ${durationText(bootMs)}, ${formatSize(bytesOf(image.manifest))} on disk`;
}

const durationText = (ms: number): string => formatDuration(ms * NS_PER_MS);
const bytesOf = ({ files }: Manifest): number =>
  IMAGE_FILES.reduce((sum, name) => sum + files[name].bytes, 0);

const jsonOf = ({ image, costs }: Built) => ({
  version: 1,
  ...imageJson(image),
  built: costs !== undefined,
  ...(costs === undefined ? {} : { costs }),
});

const imageJson = ({ folder, manifest }: CachedImage) => ({ folder, manifest });

function listCommand({ terminal, finish }: Context): Command {
  return new Command("list")
    .summary("list the images that are there")
    .description("Lists the images in the user's cache. To remove one, remove its folder.")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      examples(["vpio guest list", "for people"], ["vpio guest list --json", "for programs"]),
    )
    .action(async ({ json }: { readonly json?: true }) => {
      const { out, err, outStyle, errStyle } = terminal;
      const images = await cachedImages(guestsFolder(), (error) =>
        err(`${errStyle.bad("damaged:")} ${error.message}\n`),
      );
      if (json) {
        const rows = images.map((image) => ({ ...imageJson(image), isCurrent: isCurrent(image.manifest) }));
        out(`${JSON.stringify({ version: 1, folder: guestsFolder(), images: rows }, null, 2)}\n`);
      } else if (images.length === 0) err(`no images in ${guestsFolder()}; run: vpio guest build\n`);
      else out(`${tableLines(COLUMNS, images.map(rowOf), outStyle).join("\n")}\n`);
      finish(EXIT.ok);
    });
}

const COLUMNS = [left("image"), right("memory"), right("size"), left("built"), left("of"), left("folder")];

function rowOf({ folder, manifest }: CachedImage): readonly string[] {
  const packages = Object.entries(manifest.packages).map(([name, version]) => `${name} ${version}`);
  const of = isCurrent(manifest) ? packages.join(", ") || "own files" : "another version of vpio";
  return [
    ...[manifest.name, exactSize(manifest.memoryBytes), formatSize(bytesOf(manifest))],
    ...[manifest.built.slice(0, 10), of, folder],
  ];
}
