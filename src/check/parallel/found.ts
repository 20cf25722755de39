/** States that were found and are not yet looked up, each with its parent; the lists are used again and again. */
export class Found {
  readonly states: Int32Array[] = [];
  readonly parents: number[] = [];
  count = 0;

  clear(): void {
    this.count = 0;
  }

  /** The state is kept as it is, not copied. */
  push(state: Int32Array, parent: number): void {
    this.states[this.count] = state;
    this.parents[this.count++] = parent;
  }
}
