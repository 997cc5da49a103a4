import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { posix } from 'node:path';
import { join } from 'node:path';
import type { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { PhiError } from '@phi/core';
import { request } from 'undici';
import type { Dispatcher } from 'undici';
import type { HttpOptions } from '../contract/ingestion-job-request.js';
import { boundedBytes } from '../files/bounded-bytes.js';
import { createGuardedDispatcher } from '../http/guarded-dispatcher.js';
import { connectionFailure, shownUrl, statusFailure } from '../http/http-failure.js';
import type { FailedRequest } from '../http/http-failure.js';
import type { SourceFile } from './source-files.js';

export interface FetchOptions {
  readonly urls: readonly string[];
  readonly http: HttpOptions;
  readonly maxBytes: number;
  readonly http_allow: readonly string[];
  /** Where the files go. */
  readonly directory: string;
  readonly signal: AbortSignal;
  /** Called after each. */
  onFetched(name: string, bytes: number): void;
}

const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

const UNPACKERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

const failureOf = (url: URL): FailedRequest => ({
  url: shownUrl(url),
  operation: 'alpha.fetch',
  refusedCode: 'EXEC_001_INGESTION_FAILED',
});

const failed = (url: URL, reason: string): PhiError =>
  new PhiError('EXEC_001_INGESTION_FAILED', `${shownUrl(url)} ${reason}`, {
    operation: 'alpha.fetch',
    data: { url: shownUrl(url) },
  });

const single = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header.join(', ') : header;

const redirectTarget = (from: URL, location: string | undefined): URL => {
  if (location === undefined || !URL.canParse(location, from.href))
    throw failed(from, 'redirects to nowhere');
  const target = new URL(location, from);
  if (target.protocol !== 'http:' && target.protocol !== 'https:')
    throw failed(from, `redirects to ${target.protocol}, which is not HTTP`);
  return target;
};

/** The first answer that is no redirect. What the author's headers hold is for the origin that the author named, and for no other. */
const answerOf = async (
  start: URL,
  headers: Readonly<Record<string, string>>,
  dispatcher: Dispatcher,
  signal: AbortSignal,
): Promise<{ url: URL; answer: Dispatcher.ResponseData }> => {
  let url = start;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const answer = await request(url, {
      dispatcher,
      signal,
      headers: {
        'user-agent': 'phi',
        'accept-encoding': 'gzip, deflate, br',
        ...(url.origin === start.origin ? headers : {}),
      },
    });
    if (!REDIRECTS.has(answer.statusCode)) return { url, answer };
    await answer.body.dump();
    url = redirectTarget(url, single(answer.headers.location));
  }
  throw failed(start, `redirects more than ${String(MAX_REDIRECTS)} times`);
};

const unpackersOf = (url: URL, encoding: string | undefined): Transform[] =>
  (encoding ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity')
    .toReversed()
    .map((name) => {
      const unpacker = UNPACKERS[name];
      if (unpacker === undefined)
        throw failed(url, `is packed as "${name}"; accepted: ${Object.keys(UNPACKERS).join(', ')}`);
      return unpacker();
    });

const fetchInto = async (
  start: URL,
  path: string,
  options: FetchOptions,
  dispatcher: Dispatcher,
  signal: AbortSignal,
): Promise<number> => {
  const { url, answer } = await answerOf(start, options.http.headers, dispatcher, signal);
  // Nothing but a whole answer: 206 is part of one, and 204 none.
  if (answer.statusCode !== 200) {
    await answer.body.dump();
    throw statusFailure(answer.statusCode, failureOf(url));
  }
  const bounded = boundedBytes(options.maxBytes, () =>
    failed(url, `has more than source.max_bytes (${String(options.maxBytes)})`),
  );
  const unpackers = unpackersOf(url, single(answer.headers['content-encoding']));
  await pipeline([answer.body, ...unpackers, bounded.stream, createWriteStream(path)], { signal });
  return bounded.bytes();
};

const fetchOne = async (
  url: URL,
  path: string,
  options: FetchOptions,
  dispatcher: Dispatcher,
): Promise<number> => {
  const timeout = AbortSignal.timeout(options.http.timeout_seconds * 1000);
  const signal = AbortSignal.any([options.signal, timeout]);
  try {
    return await fetchInto(url, path, options, dispatcher, signal);
  } catch (error) {
    options.signal.throwIfAborted();
    if (timeout.aborted) {
      throw new PhiError(
        'EXEC_018_CONNECTION_FAILED',
        `${shownUrl(url)} took longer than source.http.timeout_seconds (${String(options.http.timeout_seconds)})`,
        { operation: 'alpha.fetch', data: { url: shownUrl(url) } },
      );
    }
    throw connectionFailure(error, failureOf(url), signal);
  }
};

/**
 * Fetches each URL into a file of its own, in order.
 *
 * @throws PhiError EXEC_018_CONNECTION_FAILED if there is no answer, not a whole one, a 5xx or it takes too long;
 *   EXEC_019_RATE_LIMITED at 429; EXEC_020_PERMISSION_DENIED at 401, 403 and for an address that is not allowed;
 *   EXEC_001_INGESTION_FAILED at any other status and for what is too large
 */
export const fetchSources = async (options: FetchOptions): Promise<SourceFile[]> => {
  await mkdir(options.directory, { recursive: true });
  const dispatcher = createGuardedDispatcher({ allow: options.http_allow });
  try {
    const files: SourceFile[] = [];
    for (const [index, text] of options.urls.entries()) {
      const url = new URL(text);
      const base = posix.basename(url.pathname).replaceAll(/[^\w.-]/g, '_');
      const path = join(options.directory, `${String(index)}-${base.slice(-100)}`);
      options.onFetched(shownUrl(url), await fetchOne(url, path, options, dispatcher));
      files.push({ path, name: shownUrl(url) });
    }
    return files;
  } finally {
    await dispatcher.destroy();
  }
};
