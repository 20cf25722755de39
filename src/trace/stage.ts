/** The actors of a run as a recorder sees them, and the head of the trace of it. */
import { arbiterMachine } from "../../actors/arbiter.ts";
import { guestMachine } from "../../actors/guest.ts";
import { nicMachine } from "../../actors/nic.ts";
import { passthroughMachine } from "../../actors/passthrough.ts";
import { vnicMachine } from "../../actors/vnic.ts";
import { lineMachine } from "../../actors/wire.ts";
import { type Devices, deviceOf } from "../devices/catalogue.ts";
import type { CardKind } from "../devices/device.ts";
import type { Cast } from "../engine/build.ts";
import { formatMac } from "../ethernet/mac.ts";
import { arbiterAddress, guestAddress, nicAddress, WIRE } from "../protocol/address.ts";
import type { Scenario } from "../scenario/scenario.ts";
import { type Chart, chartOf } from "./chart.ts";
import type { TraceActor, TraceHead } from "./head.ts";

/** A run, built and not begun. */
export interface Stage extends Cast {
  readonly scenario: Scenario;
}

const VMM_MACHINES = { vpio: arbiterMachine, passthrough: passthroughMachine, vnic: vnicMachine };

export function headOf(scenario: Scenario, devices: Devices, time: TraceHead["time"]): TraceHead {
  const { mode, cards, guests } = scenario;
  const charts: Chart[] = [guestMachine, nicMachine, VMM_MACHINES[mode]].map(chartOf);
  const modelCharts = new Map<CardKind, number>();
  for (const { kind } of mode === "vpio" ? cards : []) {
    if (!modelCharts.has(kind))
      modelCharts.set(kind, charts.push(chartOf(deviceOf(devices, kind).model.automaton.machine)) - 1);
  }
  const lineChart = charts.push(chartOf(lineMachine)) - 1;
  return {
    scenario: scenario.name,
    description: scenario.description,
    mode,
    seed: scenario.seed,
    time,
    actors: [
      ...actorsIn(scenario),
      ...modelsIn(scenario, modelCharts),
      ...linesIn(scenario).map((name): TraceActor => {
        return { ...NOBODY, name, address: undefined, role: "line", chart: lineChart };
      }),
    ],
    cards: cards.map(({ name, kind, port }) => {
      return { name, kind, ioBase: port, ...deviceOf(devices, kind).registerMap };
    }),
    guests: guests.map(({ name, card, mac }) => ({ name, card, mac: formatMac(mac) })),
    charts,
  };
}

const NOBODY = { chart: undefined, card: undefined, guest: undefined };

function actorsIn({ mode, cards, guests }: Scenario): readonly TraceActor[] {
  return [
    ...guests.map(({ id, name, card }): TraceActor => {
      return { name, address: guestAddress(id), role: "guest", chart: 0, card, guest: id };
    }),
    ...cards.map(({ id, name }): TraceActor => {
      return { ...NOBODY, name, address: nicAddress(id), role: "nic", chart: 1, card: id };
    }),
    ...cards.map(({ id, name }): TraceActor => {
      const vmm = mode === "vpio" ? `arbiter of ${name}` : `VMM of ${name}`;
      return { ...NOBODY, name: vmm, address: arbiterAddress(id), role: "arbiter", chart: 2, card: id };
    }),
    { ...NOBODY, name: "wire", address: WIRE, role: "wire" },
  ];
}

/** What the wire runs: a line each way at each port of its switch, in the order of its parts. */
const linesIn = ({ cards, wire }: Scenario): readonly string[] =>
  [...cards, ...wire.peers].flatMap(({ name }) => [`line from ${name}`, `line to ${name}`]);

/** What the VMM knows of each guest's card. */
function modelsIn({ cards, guests }: Scenario, charts: ReadonlyMap<CardKind, number>): readonly TraceActor[] {
  return guests.flatMap(({ id, name, card }): readonly TraceActor[] => {
    const { kind, name: cardName } = cards[card] ?? {};
    const chart = kind === undefined ? undefined : charts.get(kind);
    if (chart === undefined) return [];
    return [
      { name: `model of ${cardName} for ${name}`, address: undefined, role: "model", chart, card, guest: id },
    ];
  });
}
