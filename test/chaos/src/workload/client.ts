import { setTimeout as pause } from 'node:timers/promises';

import type { Random } from '../random.js';

/** An answer of the API, whatever it says. */
export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

/** How long a client waits for an answer, in milliseconds. */
const PATIENCE_MS = 6000;
/** One in so many requests loses its answer on the way. */
const LOST_SHARE = 0.05;
const LOST_WITHIN_MS = 40;
const PAUSE_MS = 150;

/** Not a refusal, but "not now". */
const LATER: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/** Somebody who asks the API and gets no answer now and then. */
export class Client {
  constructor(
    private readonly url: string,
    private readonly key: string,
    private readonly random: Random,
    /** Nothing is asked again after it. */
    private readonly ended: AbortSignal,
  ) {}

  /**
   * Asks again until there is an answer.
   *
   * @returns undefined where there was none until the end: what was asked may have been done
   */
  async insist(path: string, body: object, key?: string): Promise<Answer | undefined> {
    while (!this.ended.aborted) {
      const answer = await this.ask(path, body, key);
      if (answer !== undefined && !LATER.has(answer.status)) return answer;
      await pause(PAUSE_MS);
    }
    return undefined;
  }

  /** Asks once. @returns undefined where no answer came */
  private async ask(path: string, body: object, key: string | undefined): Promise<Answer | undefined> {
    const ms = this.random.chance(LOST_SHARE) ? this.random.whole(1, LOST_WITHIN_MS) : PATIENCE_MS;
    try {
      const response = await fetch(this.url + path, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${this.key}`,
          'content-type': 'application/json',
          ...(key === undefined ? {} : { 'idempotency-key': key }),
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(ms),
      });
      return { status: response.status, body: (await response.json()) as Answer['body'] };
    } catch {
      return undefined;
    }
  }
}
