import { callbackKey } from '@phi/core';
import type { JobCallback } from '../../contract/job-request.js';

/** Where remote modules may tell of changes, and what they sign by. */
export interface CallbackSettings {
  /** The API's base address as modules reach it. */
  readonly url: string;
  /** The same as the API has. */
  readonly secret: string;
}

/** What a module is told for one stage of one execution. */
export const callbackOf = (
  { url, secret }: CallbackSettings,
  executionId: string,
  stage: string,
): JobCallback => {
  const path = ['callbacks', executionId, stage].map(encodeURIComponent).join('/');
  return {
    url: `${url.replace(/\/+$/, '')}/v1/${path}`,
    secret: `whsec_${callbackKey(secret, executionId, stage).toString('base64')}`,
  };
};

/** Wakes those who wait for a remote job when its module says that something has changed. */
export class Callbacks {
  readonly #waiting = new Map<string, () => void>();

  /** @returns ends it */
  listen(executionId: string, stage: string, wake: () => void): () => void {
    const name = nameOf(executionId, stage);
    this.#waiting.set(name, wake);
    return () => {
      if (this.#waiting.get(name) === wake) this.#waiting.delete(name);
    };
  }

  /** Nothing where nobody waits here. */
  announce(executionId: string, stage: string): void {
    this.#waiting.get(nameOf(executionId, stage))?.();
  }
}

const nameOf = (executionId: string, stage: string): string => `${executionId}/${stage}`;
