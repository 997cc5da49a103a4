import { PhiError } from '@phi/core';
import { request } from 'undici';
import type { Dispatcher } from 'undici';
import type { HttpLoader } from '../contract/cache-definition.js';
import { connectionFailure, statusFailure } from '../http/http-failure.js';
import type { FailedRequest } from '../http/http-failure.js';
import type { CachedRecord } from './cache-entry.js';
import type { RecordLoader } from './lookup-cache.js';

const AT_ONCE = 8;
const MAX_BYTES = 1_048_576;

const bodyOf = async (answer: Dispatcher.ResponseData, shown: string): Promise<CachedRecord> => {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of answer.body) {
    bytes += (piece as Buffer).length;
    if (bytes > MAX_BYTES) throw notARecord(shown, `more than ${String(MAX_BYTES)} bytes`);
    pieces.push(piece as Buffer);
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(pieces).toString());
  } catch {
    throw notARecord(shown, 'what is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw notARecord(shown, 'JSON that is no object');
  return value as CachedRecord;
};

const notARecord = (shown: string, what: string): PhiError =>
  new PhiError('EXEC_006_MODULE_FAILED', `${shown} answered ${what}; expected a JSON object`, {
    operation: 'cache.load',
  });

/** Asks a URL for each key; 404 and 410 say that there is no record. Redirects are not followed. */
export const httpLoader = (
  { url, headers, timeout_seconds }: HttpLoader,
  dispatcher: Dispatcher,
  stop: AbortSignal,
): RecordLoader => {
  const ask = async (key: string): Promise<CachedRecord | null> => {
    const target = new URL(url.replace('{key}', encodeURIComponent(key)));
    const failure: FailedRequest = {
      // A path may be a key as well, and this is kept where no runner takes secrets out.
      url: target.origin,
      operation: 'cache.load',
      refusedCode: 'EXEC_006_MODULE_FAILED',
    };
    const signal = AbortSignal.any([stop, AbortSignal.timeout(timeout_seconds * 1000)]);
    try {
      const answer = await request(target, {
        dispatcher,
        signal,
        headers: { 'user-agent': 'phi', accept: 'application/json', ...headers },
      });
      if (answer.statusCode === 200) return await bodyOf(answer, failure.url);
      await answer.body.dump();
      if (answer.statusCode === 404 || answer.statusCode === 410) return null;
      throw statusFailure(answer.statusCode, failure);
    } catch (error) {
      throw connectionFailure(error, failure, stop);
    }
  };
  return {
    withinMs: timeout_seconds * 1000,
    keysAtOnce: AT_ONCE,
    load: async (keys) => new Map(await Promise.all(keys.map(async (key) => [key, await ask(key)] as const))),
  };
};
