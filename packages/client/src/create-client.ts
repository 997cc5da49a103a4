import { randomInt } from 'node:crypto';

import type { Execution } from '@phi/core';

import { Api } from './api.js';
import { cloudEvent, type EmitAnswer, type NewEvent } from './emit.js';
import { segment } from './exchange.js';
import { manualMessage, type TriggerAnswer, type TriggerOptions } from './trigger.js';
import { waitForChain, type WaitOptions } from './wait-for.js';

export interface ClientOptions {
  /** Where the API is, such as https://phi.example.org. */
  readonly url: string;
  /** A key whose role permits what the client is for: docs/security.md. */
  readonly apiKey: string;
  /** Default: the global one. */
  readonly fetch?: typeof fetch;
  /** The longest that one answer may take, in milliseconds. Default: 10,000. */
  readonly timeoutMs?: number;
  /** How often a call is tried in all while the API is away or the queue is full. Default: 5, which takes up to some seconds. */
  readonly tries?: number;
}

export interface CallOptions {
  /** Ends the call. Whether it took effect is not known then. */
  readonly signal?: AbortSignal;
}

/**
 * Phi, for other services. Every call can be repeated without doing anything twice, and is, while the API is away.
 *
 * Calls throw ApiProblem when the API refuses, and Unreachable when it does not answer.
 */
export interface PhiClient {
  /** Starts a run of a job (specification: Manual Triggers). */
  trigger(jobId: string, options?: TriggerOptions & CallOptions): Promise<TriggerAnswer>;
  /** Sends an event to every trigger that matches it (specification: Event-Based Triggers). */
  emit(event: NewEvent, options?: CallOptions): Promise<EmitAnswer>;
  /** An execution as it is now, which is one attempt of its job. */
  getExecution(executionId: string, options?: CallOptions): Promise<Execution>;
  /** The last attempt of an execution, as soon as it has ended, well or not. Throws WaitTimedOut. */
  waitFor(executionId: string, options?: WaitOptions): Promise<Execution>;
}

const TIMEOUT_MS = 10_000;
const TRIES = 5;
const RANDOM_STEPS = 1000;

/** @throws TypeError for an url or a key that is none */
export function createClient(options: ClientOptions): PhiClient {
  const { url, apiKey, fetch: send, timeoutMs = TIMEOUT_MS, tries = TRIES } = options;
  const address = { url: checkUrl(url), key: checkKey(apiKey) };
  const random = (): number => randomInt(RANDOM_STEPS) / RANDOM_STEPS;
  const api = new Api({ address, fetch: send, timeoutMs, tries, random });
  const getExecution = (executionId: string, signal: AbortSignal | undefined): Promise<Execution> =>
    api.ask<Execution>({ method: 'GET', path: `/v1/executions/${segment(executionId)}`, signal }, [
      'execution_id',
      'status',
    ]);
  return {
    async trigger(jobId, { signal, ...wishes } = {}) {
      const { job_id, ...body } = manualMessage(jobId, wishes);
      const path = `/v1/jobs/${segment(job_id)}/trigger`;
      return api.ask<TriggerAnswer>({ method: 'POST', path, body, signal }, [
        'execution_id',
        'run_id',
        'status',
      ]);
    },
    async emit(event, { signal } = {}) {
      const body = cloudEvent(event);
      return api.ask<EmitAnswer>({ method: 'POST', path: '/v1/events', body, signal }, ['outcome']);
    },
    getExecution: async (executionId, { signal } = {}) => getExecution(executionId, signal),
    waitFor: (executionId, wait = {}) => waitForChain(getExecution, executionId, wait),
  };
}

function checkUrl(url: string): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new TypeError(`url is no HTTP address: ${url}; accepted: http://host:port or https://host:port`);
  return url.replace(/\/+$/, '');
}

/** What is wrong with a key is said without it. */
function checkKey(key: string): string {
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new TypeError(
      'apiKey is no API key; accepted: visible ASCII characters, such as the line in admin.key',
    );
  return key;
}
