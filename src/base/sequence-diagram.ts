/** A Mermaid sequence diagram as it is written: who takes part, and then one line for each message or note. */

export interface Participant {
  /** A word. */
  readonly key: string;
  readonly name: string;
}

/** Semicolons end a statement of Mermaid's, and a # begins the code of a character. */
const plain = (text: string): string => text.replaceAll(";", ",").replaceAll("#", "＃");

export class SequenceDiagram {
  readonly #lines: string[];

  constructor(participants: readonly Participant[]) {
    this.#lines = participants.map(({ key, name }) =>
      key === name ? `participant ${key}` : `participant ${key} as ${plain(name)}`,
    );
  }

  message(from: string, to: string, text: string): void {
    this.#lines.push(`${from}->>${to}: ${plain(text)}`);
  }

  /** Over one participant, or over all from the first to the last that is named. */
  note(over: readonly string[], text: string): void {
    this.#lines.push(`Note over ${[...new Set(over)].join(",")}: ${plain(text)}`);
  }

  /** Without a line break at its end. */
  get text(): string {
    return ["sequenceDiagram", ...this.#lines.map((line) => `  ${line}`)].join("\n");
  }
}
