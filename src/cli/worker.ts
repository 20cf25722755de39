/** `vpio worker`: takes ranges of seeds from a queue and runs them, for whoever has put them there. */
import { randomBytes } from "node:crypto";
import { availableParallelism, hostname } from "node:os";
import { Command, Option } from "commander";
import { EXIT, type ExitCode } from "../base/errors.ts";
import { formatDuration, NS_PER_MS, NS_PER_S } from "../base/units.ts";
import { plural } from "../export/numbers.ts";
import { parseRedisUrl, placeOf, RedisLink } from "../stress/queue/redis.ts";
import { LOCK_MS, serveQueue } from "../stress/queue/serve.ts";
import { buildName, openThreads } from "../stress/queue/threads.ts";
import { durationNs, wholeNumber } from "./arguments.ts";
import { type Context, examples } from "./context.ts";
import { interruptible } from "./interrupt.ts";
import { servedText, WorkerNews } from "./worker-news.ts";

interface Choices {
  readonly queue: URL;
  readonly jobs: number;
  readonly once?: true;
  readonly untilIdle?: true;
  readonly lock: number;
  readonly quiet?: true;
}

const LOCK_NS = LOCK_MS * NS_PER_MS;

export function workerCommand(context: Context): Command {
  return new Command("worker")
    .summary("run what `vpio stress --queue` asks for, here")
    .description(
      "Takes ranges of seeds from a queue in Redis and runs them on threads of this machine. Ctrl-C lets it finish what it has begun; a second one ends it at once, and others take over.",
    )
    .requiredOption("--queue <url>", "the Redis that holds the queue", parseRedisUrl)
    .option("--jobs <n>", "threads", wholeNumber(1, 256), availableParallelism())
    .addOption(new Option("--once", "end after one range").conflicts("untilIdle"))
    .option("--until-idle", "end when no range is left that anybody might still have to run")
    .addOption(
      new Option(
        "--lock <time>",
        "a worker that gives no sign of life for so long loses its ranges to others",
      )
        .argParser(durationNs(100 * NS_PER_MS, 3600 * NS_PER_S))
        .default(LOCK_NS, formatDuration(LOCK_NS)),
    )
    .option("--quiet", "no narration")
    .addHelpText(
      "after",
      examples(
        ["vpio worker --queue redis://10.0.0.1", "on each machine that has time"],
        ["vpio worker --queue redis://10.0.0.1 --until-idle", "as long as there is something to do"],
        ["vpio stress --seeds 1000000 --queue redis://10.0.0.1", "what they all work on"],
      ),
    )
    .action(async (choices: Choices) => {
      context.finish(await work(choices, context));
    });
}

async function work(choices: Choices, { terminal }: Context): Promise<ExitCode> {
  const { queue, jobs, once, untilIdle, lock, quiet = false } = choices;
  const build = buildName();
  const news = new WorkerNews(terminal, build, quiet);
  const place = placeOf(queue);
  const link = await RedisLink.open(queue, {
    onAway: (why) => news.say(`${place} is away (${why}); waiting for it`),
    onBack: () => news.say(`${place} is back`),
  });
  const threads = openThreads(jobs);
  const interruption = interruptible(() =>
    news.say("finishing what has begun; once more, and others take it over"),
  );
  const name = workerName();
  try {
    news.say(`worker ${name} of vpio ${build} on ${plural(jobs, "thread")}, at ${place}`);
    const served = await serveQueue({
      ...{ link, build, name, jobs, executor: threads, signal: interruption.signal },
      until: once ? "once" : untilIdle ? "idle" : "stopped",
      lockMs: lock / NS_PER_MS,
      onNews: (one) => news.tell(one),
    });
    news.clear();
    terminal.out(`${servedText(served)}\n`);
    return EXIT.ok;
  } finally {
    news.clear();
    interruption.release();
    link.close();
    await threads.close();
  }
}

/** Two containers may both be process 1 of the same host. */
const workerName = (): string => `${hostname()}-${process.pid}-${randomBytes(2).toString("hex")}`;
