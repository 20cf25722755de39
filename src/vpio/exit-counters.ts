/** Why guests exit to the VMM, counted by cause: what the report sets beside the paper's figures 7 to 9. */
export class ExitCounters {
  readonly #causes = new Map<string, number>();

  count(cause: string): void {
    this.#causes.set(cause, (this.#causes.get(cause) ?? 0) + 1);
  }

  get total(): number {
    let sum = 0;
    for (const count of this.#causes.values()) sum += count;
    return sum;
  }

  /** Causes with their counts, most frequent first. */
  byCause(): readonly (readonly [cause: string, count: number])[] {
    return [...this.#causes].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0]));
  }
}
