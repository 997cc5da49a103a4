import { randomNumbers } from '../../e2e/fixture/random-numbers.js';

/** Choices that follow from a seed: the same for the same seed, in the same order. */
export class Random {
  private readonly next: () => number;

  constructor(private readonly seed: number) {
    this.next = randomNumbers(seed);
    // The first numbers of neighbouring seeds lie close together.
    for (let skipped = 0; skipped < 8; skipped++) this.next();
  }

  /** From 0 to 1. */
  share(): number {
    return this.next();
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number, both bounds included. */
  whole(from: number, to: number): number {
    return Math.min(to, from + Math.floor(this.next() * (to - from + 1)));
  }

  /** One of them; undefined where there are none. */
  one<Item>(items: readonly Item[]): Item | undefined {
    return items[this.whole(0, items.length - 1)];
  }

  shuffled<Item>(items: readonly Item[]): Item[] {
    return items
      .map((item) => ({ item, at: this.next() }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ item }) => item);
  }

  /** Numbers of their own for something that goes on at the same time. */
  apart(number: number): Random {
    return new Random(this.seed * 1000 + number);
  }
}
