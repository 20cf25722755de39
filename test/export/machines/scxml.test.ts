/** The exported SCXML has every state and transition of the machine, and nothing else. */
import { describe, expect, it } from "vitest";
import { MACHINE_NAMES, MACHINES } from "../../../src/export/machines/catalogue.ts";
import { exportMachine } from "../../../src/export/machines/formats.ts";
import { elementsOf, parseXml, type XmlElement } from "../../support/xml.ts";
import { statesOf, transitionsOf } from "./states.ts";

const documentOf = (name: (typeof MACHINE_NAMES)[number]): XmlElement =>
  parseXml(exportMachine(name, "scxml"));
const isState = ({ name }: XmlElement): boolean => name === "state" || name === "parallel";
const idOf = ({ attributes }: XmlElement): string => attributes.get("id") ?? "";
const labelsOf = (content: XmlElement | undefined): readonly string[] =>
  (content?.children ?? []).map(({ attributes }) => attributes.get("label") ?? "");

describe.each(MACHINE_NAMES)("scxml of %s", (name) => {
  const document = documentOf(name);
  const { machine } = MACHINES[name];
  const states = elementsOf(document).filter(isState);

  it("is an SCXML document whose ids are unique and whose references lead somewhere", () => {
    expect(document.name).toBe("scxml");
    expect(Object.fromEntries(document.attributes)).toMatchObject({
      xmlns: "http://www.w3.org/2005/07/scxml",
      version: "1.0",
      datamodel: "null",
    });
    const ids = states.map(idOf);
    expect(new Set(ids).size).toBe(ids.length);
    const references = elementsOf(document).flatMap(({ attributes }) => [
      ...["initial", "target"].flatMap((key) => attributes.get(key) ?? []),
      ...[...(attributes.get("cond") ?? "").matchAll(/^In\((.*)\)$/g)].map(([, id = ""]) => id),
    ]);
    expect(references.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it("has every state in its place, with what it does on entry", () => {
    const found = states.map((element) => {
      const parent = states.find(({ children }) => children.includes(element));
      const kinds = { parallel: "parallel", state: element.children.some(isState) ? "compound" : "atomic" };
      return {
        id: idOf(element),
        parent: parent === undefined ? undefined : idOf(parent),
        kind: kinds[element.name as keyof typeof kinds],
        entry: labelsOf(element.children.find((child) => child.name === "onentry")),
      };
    });
    const byId = (a: { readonly id: string }, b: { readonly id: string }): number => (a.id < b.id ? -1 : 1);
    expect(found.toSorted(byId)).toEqual(statesOf(machine).toSorted(byId));
  });

  it("begins where the machine begins", () => {
    const compound = states.filter((element) => element.name === "state" && element.children.some(isState));
    for (const element of compound)
      expect(element.children.map(idOf)).toContain(element.attributes.get("initial"));
    expect(document.attributes.get("initial")).toBe(machine.id);
  });

  it("has every transition with its effects, those of one event in their order", () => {
    const found = states.flatMap((element) =>
      element.children
        .filter((child) => child.name === "transition")
        .map((child) => ({
          source: idOf(element),
          event: child.attributes.get("event") ?? "",
          target: child.attributes.get("target"),
          effects: labelsOf(child),
        })),
    );
    const key = ({ source, event }: { readonly source: string; readonly event: string }): string =>
      `${source} ${event}`;
    const sorted = <T extends { readonly source: string; readonly event: string }>(rows: readonly T[]) =>
      rows.toSorted((a, b) => key(a).localeCompare(key(b)));
    expect(sorted(found)).toEqual(sorted(transitionsOf(machine)));
  });
});

describe("scxml", () => {
  it("says what a guard asks with In()", () => {
    const conditions = elementsOf(documentOf("guest")).flatMap(
      ({ attributes }) => attributes.get("cond") ?? [],
    );
    expect(conditions).toEqual(["In(cpu.waitingCard)"]);
  });

  it("does not leave a state for one of its own: such transitions are internal", () => {
    const internal = elementsOf(documentOf("arbiter")).filter(
      ({ attributes }) => attributes.get("type") === "internal",
    );
    expect(internal.map(({ attributes }) => attributes.get("event"))).toEqual(["CARD_LOST"]);
  });
});
