/** Mermaid itself, which wants a browser's window around it. */
import { Window } from "happy-dom";

export interface Mermaid {
  initialize(config: { readonly startOnLoad: boolean }): void;
  /** Throws where the text is no diagram. */
  parse(text: string): Promise<{ readonly diagramType: string }>;
  readonly mermaidAPI: { getDiagramFromText(text: string): Promise<{ readonly db: unknown }> };
}

/** Call it before a test file's tests: its globals stay. */
export async function loadMermaid(): Promise<Mermaid> {
  const window = new Window();
  Object.assign(globalThis, { window, document: window.document });
  const mermaid = (await import("mermaid")).default as unknown as Mermaid;
  mermaid.initialize({ startOnLoad: false });
  return mermaid;
}
