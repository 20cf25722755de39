/**
 * Unmodified Linux on our cards, beside the same image without VPIO: `node dist/bench/linux.js [MIB]` (5 unless told). Each
 * guest pings the gateway, then fetches a file and compares its checksum; all rows are of one run, so that their ratios
 * mean something. Needs `vpio guest build`.
 */
import { VpioError } from "../src/base/errors.ts";
import type { BuiltInKind } from "../src/devices/catalogue.ts";
import { runOnThreads } from "../src/engine/threads.ts";
import { summarize } from "../src/export/summarize.ts";
import { textReport } from "../src/export/text-report.ts";
import { readScenario } from "../src/scenario/read.ts";
import type { Mode } from "../src/scenario/scenario.ts";
import { runWithOwnCard } from "./linux-own-card.ts";
import { benchNumbers } from "./numbers.ts";

interface Row {
  readonly what: string;
  readonly pingMs: number;
  readonly kibPerS: number;
  readonly exitsPerPacket: number | undefined;
  readonly handoffs: number;
}

interface Setup {
  readonly what: string;
  readonly mode: Mode;
  readonly kind: BuiltInKind;
  readonly guests: number;
  readonly shares: boolean;
}

const PINGS = 10;

const commandsOf = (mib: number): readonly string[] => [
  `ping -q -c ${PINGS} -i 0.2 10.0.0.254`,
  `fetch http://10.0.0.253/${mib * 2 ** 20}`,
];

function textOf({ mode, kind, guests, shares }: Setup, mib: number): string {
  const cards = shares ? 1 : guests;
  const card = (i: number): string =>
    `{ name: card${i}, kind: ${kind}, rate: 100Mbit/s, policy: round-robin, receive: arrival }`;
  const commands = JSON.stringify(commandsOf(mib));
  const guest = (i: number): string =>
    `  - { name: penguin${i}, kind: linux, card: card${shares ? 0 : i}, commands: ${commands} }`;
  return `
name: linux
duration: 5min
mode: ${mode}
host: { memory: 512MiB }
cards: [${Array.from({ length: cards }, (_, i) => card(i)).join(", ")}]
wire: { peers: [{ kind: echo, name: gateway, ip: 10.0.0.254 }, { kind: http, name: server, ip: 10.0.0.253 }] }
guests:
${Array.from({ length: guests }, (_, i) => guest(i)).join("\n")}
`;
}

/** The average of "round-trip min/avg/max = 1.2/3.4/5.6 ms", over all guests that have printed it. */
function pingMs(text: string): number {
  const averages = [...text.matchAll(/round-trip min\/avg\/max = [\d.]+\/([\d.]+)\//g)].map(([, ms]) =>
    Number(ms),
  );
  return averages.reduce((sum, ms) => sum + ms, 0) / averages.length;
}

async function measure(setup: Setup, mib: number): Promise<Row> {
  const files = { locate: (file: string) => file, read: () => undefined };
  const scenario = readScenario(textOf(setup, mib), "linux.yaml", files);
  let shown = "";
  const { report } = await runOnThreads(scenario, {
    onConsole: (_, bytes) => {
      shown += new TextDecoder().decode(bytes);
    },
  });
  const fetches = report.guests.flatMap(({ linux }) => linux?.fetched ?? []);
  if (fetches.length < setup.guests || fetches.some(({ outcome }) => outcome !== "ok")) {
    process.stderr.write(`${textReport(report, scenario)}\n${shown}\n`);
    throw new VpioError(
      "VIOLATED",
      `${setup.what}: not every guest has fetched its file within five minutes`,
    );
  }
  const { totals } = summarize(report, scenario);
  return {
    what: setup.what,
    pingMs: pingMs(shown),
    kibPerS: fetches.reduce((sum, { bytes, ms }) => sum + (bytes / 1024 / ms) * 1000, 0),
    exitsPerPacket: totals.exitsPerPacket,
    handoffs: totals.handoffs,
  };
}

const SETUPS: readonly Setup[] = (["rtl8139", "ne2000"] as const).flatMap((kind): readonly Setup[] => [
  { what: `${kind} of its own, passthrough`, mode: "passthrough", kind, guests: 1, shares: false },
  { what: `${kind} of its own, vpio`, mode: "vpio", kind, guests: 1, shares: false },
  { what: `two guests, ${kind} each, passthrough`, mode: "passthrough", kind, guests: 2, shares: false },
  { what: `two guests share an ${kind}, vpio`, mode: "vpio", kind, guests: 2, shares: true },
]);

async function main(mib: number): Promise<void> {
  const own = await runWithOwnCard(commandsOf(mib));
  const yardstick: Row = {
    what: "v86's own ne2k, in the guest's thread",
    pingMs: pingMs(own.console),
    kibPerS: (own.bytes / 1024 / own.ms) * 1000,
    exitsPerPacket: undefined,
    handoffs: 0,
  };
  const show = ({ what, ...row }: Row): void => {
    const ratio = (value: number, of: number): string => `${(value / of).toFixed(2)}x`;
    const exits = row.exitsPerPacket?.toFixed(2) ?? "-";
    process.stdout.write(
      `| ${what} | ${row.pingMs.toFixed(2)} ms | ${ratio(row.pingMs, yardstick.pingMs)} | ${row.kibPerS.toFixed(0)} KiB/s | ` +
        `${ratio(row.kibPerS, yardstick.kibPerS)} | ${exits} | ${row.handoffs} |\n`,
    );
  };
  process.stdout.write(
    "| | ping | | fetched, all guests together | | exits per packet | handoffs |\n|---|---|---|---|---|---|---|\n",
  );
  show(yardstick);
  for (const setup of SETUPS) show(await measure(setup, mib));
}

const [mib = 0] = benchNumbers("bench:linux", "Linux on our cards, beside the same image without VPIO.", [
  { name: "mib", what: "how much each guest fetches", most: 64, usual: 5 },
]);
await main(mib);
