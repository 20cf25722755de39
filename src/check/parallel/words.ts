/** States that leave their thread for good: each word as text, with the states of statecharts by name. */
import type { Handoff } from "../handoff.ts";
import { kindAt } from "./naming.ts";

interface WithState {
  readonly state: number;
}

export const toWords = (system: Handoff, state: Int32Array): readonly string[] =>
  [...state].map((word, at) => spelled(system, word, at));

function spelled(system: Handoff, word: number, at: number): string {
  const { charts } = system.parts;
  switch (kindAt(at)) {
    case "arbiters":
      return withName(system.arbiters.named.item(word), charts.arbiter);
    case "nics":
      return withName(system.nics.named.item(word), charts.nic);
    case "guests":
      return withName(system.guests.named.item(word), charts.guest);
    case "channels":
      return JSON.stringify(system.channels.list(word));
  }
}

export const fromWords = (system: Handoff, words: readonly string[]): Int32Array =>
  Int32Array.from(words, (word, at) => numberOf(system, word, at));

function numberOf(system: Handoff, word: string, at: number): number {
  const { charts } = system.parts;
  switch (kindAt(at)) {
    case "arbiters":
      return system.arbiters.named.id(withNumber(word, charts.arbiter));
    case "nics":
      return system.nics.named.id(withNumber(word, charts.nic));
    case "guests":
      return system.guests.named.id(withNumber(word, charts.guest));
    case "channels":
      return system.channels.named.id(JSON.parse(word));
  }
}

interface Chart {
  readonly stateCount: number;
  name(state: number): string;
}

const withName = (data: WithState, chart: Chart): string =>
  JSON.stringify({ ...data, state: chart.name(data.state) });

function withNumber<T extends WithState>(word: string, chart: Chart): T {
  const data = JSON.parse(word) as { readonly state: string };
  let state = 0;
  while (state < chart.stateCount && chart.name(state) !== data.state) state++;
  return { ...data, state } as unknown as T;
}
