/** The exported Graphviz files: by Graphviz itself where it is installed, and by their structure everywhere. */
import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { MACHINE_NAMES, MACHINES, type MachineName } from "../../../src/export/machines/catalogue.ts";
import { exportMachine } from "../../../src/export/machines/formats.ts";
import { statesOf, transitionsOf } from "./states.ts";

const hasGraphviz = spawnSync("dot", ["-V"]).error === undefined;

interface Cluster {
  readonly name: string;
  readonly parent: string | undefined;
}
interface Edge {
  readonly from: string;
  readonly to: string;
  readonly attributes: ReadonlyMap<string, string>;
}
interface Graph {
  readonly clusters: readonly Cluster[];
  /** With the cluster that each is in. */
  readonly nodes: ReadonlyMap<string, string | undefined>;
  readonly edges: readonly Edge[];
}

const STRING = '"((?:[^"\\\\]|\\\\.)*)"';
const attributesOf = (text = ""): ReadonlyMap<string, string> =>
  new Map(
    [...text.matchAll(new RegExp(`(\\w+)=(?:${STRING}|(\\w+))`, "g"))].map((m) => [
      m[1] ?? "",
      (m[2] ?? m[3] ?? "").replaceAll("\\n", "\n"),
    ]),
  );

/** Reads the part of the language that is written, line by line; any other line is an error. */
function parseDot(text: string): Graph {
  const clusters: Cluster[] = [];
  const nodes = new Map<string, string | undefined>();
  const edges: Edge[] = [];
  const open: string[] = [];
  const rules: readonly (readonly [RegExp, (m: RegExpExecArray) => void])[] = [
    [new RegExp(`^digraph ${STRING} \\{$`), ([, name = ""]) => void open.push(name)],
    [
      new RegExp(`^subgraph ${STRING} \\{$`),
      ([, name = ""]) => {
        clusters.push({ name, parent: open.length > 1 ? open.at(-1) : undefined });
        open.push(name);
      },
    ],
    [/^\}$/, () => void open.pop()],
    [/^(?:node|edge) \[.*\];$/, () => undefined],
    [new RegExp(`^\\w+=(?:${STRING}|\\w+);$`), () => undefined],
    [
      new RegExp(`^${STRING} -> ${STRING}(?: \\[(.*)\\])?;$`),
      ([, from = "", to = "", rest]) => void edges.push({ from, to, attributes: attributesOf(rest) }),
    ],
    [
      new RegExp(`^${STRING} \\[.*\\];$`),
      ([, name = ""]) => void nodes.set(name, open.length > 1 ? open.at(-1) : undefined),
    ],
  ];
  for (const line of text
    .trimEnd()
    .split("\n")
    .map((one) => one.trim())) {
    const rule = rules.find(([pattern]) => pattern.test(line));
    const match = rule?.[0].exec(line);
    if (rule === undefined || match === null || match === undefined) throw new Error(`cannot read: ${line}`);
    rule[1](match);
  }
  if (open.length > 0) throw new Error(`${open.length} braces are open`);
  return { clusters, nodes, edges };
}

const graphOf = (name: MachineName): Graph => parseDot(exportMachine(name, "dot"));

/** The clusters around a node or a cluster, innermost first. */
function around({ clusters, nodes }: Graph, name: string): readonly string[] {
  const parent = nodes.has(name) ? nodes.get(name) : clusters.find((one) => one.name === name)?.parent;
  return parent === undefined ? [] : [parent, ...around({ clusters, nodes, edges: [] }, parent)];
}

describe.each(MACHINE_NAMES)("dot of %s", (name) => {
  const graph = graphOf(name);
  const { machine } = MACHINES[name];
  const isLeaf = (id: string): boolean => !statesOf(machine).some(({ parent }) => parent === id);

  it("has each state, in the cluster of its parent", () => {
    for (const { id, parent } of statesOf(machine)) {
      const key = isLeaf(id) ? id : `cluster ${id}`;
      expect(around(graph, key)[0]).toBe(parent === undefined ? undefined : `cluster ${parent}`);
    }
    const known =
      graph.nodes.size - [...graph.nodes.keys()].filter((key) => /^(start|any) /.test(key)).length;
    expect(known + graph.clusters.length).toBe(statesOf(machine).length);
  });

  it("joins nodes that there are, and cuts edges off only at clusters around one end", () => {
    for (const { from, to, attributes } of graph.edges) {
      expect(graph.nodes.has(from) && graph.nodes.has(to)).toBe(true);
      const [tail, head] = [attributes.get("ltail"), attributes.get("lhead")];
      if (tail !== undefined) expect(around(graph, from)).toContain(tail);
      if (head !== undefined) expect(around(graph, to)).toContain(head);
      // Graphviz draws no edge that is cut off where its other end lies within.
      if (tail !== undefined) expect(around(graph, to)).not.toContain(tail);
      if (head !== undefined) expect(around(graph, from)).not.toContain(head);
    }
  });

  it("has each transition as an edge", () => {
    const ends = graph.edges.map(({ from, to, attributes }) => ({
      from: attributes.get("ltail")?.slice("cluster ".length) ?? from,
      to: attributes.get("lhead")?.slice("cluster ".length) ?? to,
      label: attributes.get("label") ?? "",
    }));
    for (const { source, target, event } of transitionsOf(machine)) {
      if (target === undefined) continue;
      const labels = ends
        .filter(({ from, to }) => to === target && (from === source || from.startsWith("any ")))
        .map(({ label }) => label);
      expect(labels.join(), `${source} to ${target}`).toMatch(new RegExp(`\\b${event}\\b`));
    }
  });

  it.skipIf(!hasGraphviz)("is taken by Graphviz without a warning", () => {
    const { status, stderr } = spawnSync("dot", ["-Tsvg"], { input: exportMachine(name, "dot") });
    expect([status, String(stderr)]).toEqual([0, ""]);
  });
});
