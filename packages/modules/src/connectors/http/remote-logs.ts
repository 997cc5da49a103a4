import type { LogLevel } from '../../contract/module-context.js';
import type { ModuleClient } from './module-client.js';

/** Takes over what a remote job writes, each line once. */
export class RemoteLogs {
  #after = 0;

  constructor(
    private readonly client: Pick<ModuleClient, 'logs'>,
    private readonly onLine: (level: LogLevel, message: string) => void,
  ) {}

  /** Lines that cannot be had now are had the next time. */
  async fetch(ref: string): Promise<void> {
    const { lines } = await this.client.logs({ ref }, this.#after).catch(() => ({ lines: [] }));
    for (const { sequence, level, message } of lines) {
      if (sequence <= this.#after) continue;
      this.#after = sequence;
      this.onLine(level, message);
    }
  }
}
