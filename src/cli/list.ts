/** `vpio list`: the scenarios that ship, and what a scenario can be made of. */
import { Command } from "commander";
import { EXIT } from "../base/errors.ts";
import { DEVICES } from "../devices/catalogue.ts";
import { left, right, type Style, tableLines } from "../export/table.ts";
import { loadScenario } from "../scenario/load.ts";
import {
  ATTACKS,
  type Attack,
  MODES,
  type Mode,
  RECEIVE_STRATEGIES,
  type ReceiveStrategy,
} from "../scenario/scenario.ts";
import { guestSchema, peerSchema, policySchema, uplinkSchema, workloadSchema } from "../scenario/schema.ts";
import { type Context, examples } from "./context.ts";
import { shippedPath, shippedScenarios, stressScenarios } from "./scenario-file.ts";

interface Shipped {
  readonly name: string;
  readonly description: string;
  readonly mode: Mode;
  readonly guests: number;
  readonly cards: readonly string[];
}

interface Named {
  readonly name: string;
  readonly description: string;
}

interface Catalogue {
  readonly scenarios: readonly Shipped[];
  /** Scenarios made for `vpio stress`. */
  readonly stress: readonly Named[];
  readonly modes: readonly Named[];
  readonly cards: readonly Named[];
  readonly guests: readonly Named[];
  readonly workloads: readonly Named[];
  readonly attacks: readonly Named[];
  readonly policies: readonly Named[];
  readonly receive: readonly Named[];
  readonly peers: readonly Named[];
  readonly uplinks: readonly Named[];
}

const MODE_TEXTS: Readonly<Record<Mode, string>> = {
  passthrough: "one guest has the card to itself",
  vpio: "the guests take turns with the card",
  vnic: "each guest has a virtual card, the VMM the physical one",
};
const RECEIVE_TEXTS: Readonly<Record<ReceiveStrategy, string>> = {
  drop: "counts and drops frames for a guest that does not hold the card",
  hold: "keeps them until the guest gets the card",
  arrival: "keeps them and asks for the card on the guest's behalf",
};
const ATTACK_TEXTS: Readonly<Record<Attack, string>> = {
  "dma-outside": "gives the card DMA addresses in memory that is not its own",
  "dma-over-end": "gives it addresses that run over the end of its own memory",
  "never-idle": "sees to it that the card never becomes reusable",
  "touch-unheld": "uses ports of cards that it has no business with",
};

export function listCommand({ terminal, finish }: Context): Command {
  return new Command("list")
    .summary("list what ships: scenarios, cards, guests, workloads, policies, peers")
    .description("Lists the scenarios that ship and what a scenario can be made of.")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      examples(["vpio list", "for people"], ["vpio list --json | jq .scenarios", "for programs"]),
    )
    .action(({ json }: { readonly json?: true }) => {
      const catalogue = catalogueOfAll();
      terminal.out(json ? `${JSON.stringify(catalogue, null, 2)}\n` : listing(catalogue, terminal.outStyle));
      finish(EXIT.ok);
    });
}

function catalogueOfAll(): Catalogue {
  return {
    scenarios: shippedScenarios().map((name) => shipped(name)),
    stress: stressScenarios().map((name) => {
      const { description } = shipped(name);
      return { name, description };
    }),
    modes: MODES.map((name) => ({ name, description: MODE_TEXTS[name] })),
    cards: Object.entries(DEVICES).map(([name, { description }]) => ({ name, description })),
    guests: kindsOf(guestSchema.options),
    workloads: kindsOf(workloadSchema.options),
    attacks: ATTACKS.map((name) => ({ name, description: ATTACK_TEXTS[name] })),
    policies: kindsOf(policySchema.options[1].options),
    receive: RECEIVE_STRATEGIES.map((name) => ({ name, description: RECEIVE_TEXTS[name] })),
    peers: kindsOf(peerSchema.options),
    uplinks: kindsOf(uplinkSchema.options),
  };
}

function shipped(name: string): Shipped {
  const { description, mode, guests, cards } = loadScenario(shippedPath(name));
  return { name, description, mode, guests: guests.length, cards: cards.map(({ kind }) => kind) };
}

interface Kind {
  readonly value: string;
  readonly description?: string | undefined;
}
/** The kind that goes without saying may be left out. */
interface Block {
  readonly shape: { readonly kind: Kind | { unwrap(): Kind } };
}

/** As the scenario language describes them. */
const kindsOf = (options: readonly Block[]): readonly Named[] =>
  options.map(({ shape: { kind } }) => {
    const { value, description = "" } = "unwrap" in kind ? kind.unwrap() : kind;
    return { name: value, description };
  });

function listing(catalogue: Catalogue, style: Style): string {
  const { scenarios, ...parts } = catalogue;
  const table = tableLines(
    [left("scenario"), left("mode"), right("guests"), left("cards"), left("what it shows")],
    scenarios.map(({ name, mode, guests, cards, description }) => [
      name,
      mode,
      String(guests),
      cards.join(", "),
      description,
    ]),
    style,
  );
  const rest = Object.entries(parts).flatMap(([what, named]: readonly [string, readonly Named[]]) => [
    "",
    ...tableLines(
      [left(what), left("")],
      named.map(({ name, description }) => [name, description]),
      style,
    ),
  ]);
  return `${[...table, ...rest].join("\n")}\n`;
}
