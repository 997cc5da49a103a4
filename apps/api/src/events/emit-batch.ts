import type { CloudEvent } from '@phi/core';

import { HttpProblem, invalid, problemDetails } from '../http/http-problem.js';
import { checkEvent } from './check-event.js';
import type { BatchAnswer, EventAnswer } from './event-answer.js';

const EVENTS_AT_MOST = 100;

/** What became of a batch, and which status the whole is answered with. */
export interface EmittedBatch {
  readonly status: 202 | 207;
  readonly answer: BatchAnswer;
  /** Of the first that was refused: when to come again, where it says so. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Emits the events of a batch one after another: what is wrong with one keeps back no other.
 *
 * @param emit - throws an HttpProblem for an event that is refused
 * @param requestId - stands in what each refused one is answered with
 * @throws HttpProblem 422 for what is no batch
 */
export async function emitBatch(
  value: unknown,
  emit: (event: CloudEvent) => Promise<EventAnswer>,
  requestId: string,
): Promise<EmittedBatch> {
  const items: BatchAnswer['items'] = [];
  let headers = {};
  for (const [index, event] of batchOf(value).entries()) {
    try {
      const answer = await emit(
        checkEvent(event, (field) => `[${String(index)}]${field === '' ? '' : '.'}${field}`),
      );
      items.push({ status: 202, ...answer });
    } catch (error) {
      if (!(error instanceof HttpProblem)) throw error;
      items.push(problemDetails(error, requestId));
      headers = { ...error.headers, ...headers };
    }
  }
  const isWhole = items.every(({ status }) => status === 202);
  return { status: isWhole ? 202 : 207, answer: { items }, headers };
}

function batchOf(value: unknown): readonly unknown[] {
  const accepted = `a list of at most ${String(EVENTS_AT_MOST)} events`;
  if (!Array.isArray(value)) throw invalid(422, [{ field: '', reason: 'is not a list', accepted }]);
  if (value.length <= EVENTS_AT_MOST) return value;
  throw invalid(422, [{ field: '', reason: `has ${String(value.length)} events`, accepted }]);
}
