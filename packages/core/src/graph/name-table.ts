/**
 * Numbers for names, in the order in which they were first seen. It only grows, so that what was compiled over it
 * before a name came stays as it is, and both can share it.
 */
export class NameTable {
  readonly #slots = new Map<string, number>();
  readonly #names: string[];

  /** @param names - the first ones, each once */
  constructor(names: readonly string[] = []) {
    this.#names = [...names];
    for (let slot = 0; slot < names.length; slot++) this.#slots.set(names[slot] ?? '', slot);
  }

  get size(): number {
    return this.#names.length;
  }

  /** The number of a name, a new one where it has none. */
  slotOf(name: string): number {
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    const slot = this.#names.length;
    this.#slots.set(name, slot);
    this.#names.push(name);
    return slot;
  }

  find(name: string): number | undefined {
    return this.#slots.get(name);
  }

  nameOf(slot: number): string {
    return this.#names[slot] ?? '';
  }
}
