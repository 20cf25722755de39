/** Plain data as small integers: equal data, equal number. */

export class Interner<T> {
  readonly #ids = new Map<string, number>();
  readonly #items: T[] = [];

  /** Ids run from 0 in the order of first use. */
  id(item: T): number {
    const key = JSON.stringify(item);
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    this.#ids.set(key, this.#items.length);
    this.#items.push(item);
    return this.#items.length - 1;
  }

  item(id: number): T {
    return this.#items[id] as T;
  }

  get size(): number {
    return this.#items.length;
  }
}
