/** The mutants of both cards, and the rows that docs/oracle.md has of them. */
import { ORACLE_CARDS, type OracleCard } from "../../../src/oracle/cards.ts";
import type { Mutation } from "./mutant.ts";
import { NE2000_MUTANTS } from "./ne2000.ts";
import { RTL8139_MUTANTS } from "./rtl8139.ts";

export const MUTANTS: readonly (readonly [OracleCard, readonly Mutation[]])[] = [
  [ORACLE_CARDS.rtl8139, RTL8139_MUTANTS],
  [ORACLE_CARDS.ne2000, NE2000_MUTANTS],
];

export const MUTANT_HEAD = ["behaviour", "what is broken", "found within", "by its"] as const;

/** A row of the table, as markdown; `operations` is how many it took. */
export function mutantRow({ behaviour, broken }: Mutation, operations: number, kind: string): string {
  const within = 10 ** Math.ceil(Math.log10(operations));
  return `| ${behaviour} | ${broken} | ${within.toLocaleString("en-US")} operations | ${kind} |`;
}
