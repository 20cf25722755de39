/** Things that come again and again, each once: by number, and by what makes two of them equal. */
export class Table<T> {
  readonly #keyOf: (item: T) => string;
  readonly #items: T[] = [];
  readonly #ids = new Map<string, number>();

  constructor(keyOf: (item: T) => string) {
    this.#keyOf = keyOf;
  }

  get length(): number {
    return this.#items.length;
  }

  get(id: number): T | undefined {
    return this.#items[id];
  }

  /** The number of an item, which is taken in when it is new. */
  id(item: T): number {
    const key = this.#keyOf(item);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    this.#ids.set(key, this.#items.length);
    return this.#items.push(item) - 1;
  }

  /** The items from number `start` on. */
  from(start: number): readonly T[] {
    return this.#items.slice(start);
  }
}
