import type { ElectionStore } from '@phi/core';

import type { FunctionLibrary } from './function-library.js';

/** Elections in Redis; see the port in `@phi/core`. */
export class RedisElectionStore implements ElectionStore {
  constructor(private readonly library: FunctionLibrary) {}

  async elect(task: string, process: string, forMs: number): Promise<'ELECTED' | 'OTHER'> {
    const word = await this.library.callForWord('elect', [task, process, forMs]);
    return word === 'ELECTED' ? 'ELECTED' : 'OTHER';
  }
}
