import type { Freezable } from '@phi/core';

/**
 * What remote work passes before each call: closed while the executor is frozen, so that nothing is sent by one that may have
 * lost its lease.
 */
export class Gate implements Freezable {
  #opened: Promise<void> = Promise.resolve();
  #open: (() => void) | undefined;

  #freezes = 0;

  get isOpen(): boolean {
    return this.#open === undefined;
  }

  get isFrozen(): boolean {
    return !this.isOpen;
  }

  /** How often it was closed. */
  get freezes(): number {
    return this.#freezes;
  }

  /** Resolves as soon as the gate is open; to be awaited before every call, not once. */
  async passed(): Promise<void> {
    while (!this.isOpen) await this.#opened;
  }

  async freeze(): Promise<void> {
    if (!this.isOpen) return;
    this.#freezes += 1;
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  async thaw(): Promise<void> {
    this.#open?.();
    this.#open = undefined;
  }
}
