import {
  DEPTH_ATTRIBUTE,
  EVENT_BYTES,
  PhiError,
  type AcceptOutcome,
  type CloudEvent,
  type ExecutionRecord,
  type ExecutionResult,
  type PublishedDataset,
} from '@phi/core';

import { acceptEvent } from './accept-event.js';
import type { Services } from './services.js';

/** Datasets looked at in one round. */
const ROUND = 100;

/** What one cycle did. */
export interface PublishReport {
  /** How many datasets have become events. */
  readonly published: number;
  /** Those among them that end a chain of executions and events that has grown too long. */
  readonly too_deep: readonly PublishedDataset[];
}

/**
 * Makes events of the datasets that executions have published, in the order of their completion (design: Events). Any number of
 * schedulers may run it at once, and an entry goes only once its event was answered: the event's id follows from the chain, so
 * that doing it twice is a duplicate.
 *
 * @throws PhiError when an execution cannot be read or its event not be accepted; the others are published all the same, and it
 *   stays on the list
 */
export async function publishDatasets(services: Services): Promise<PublishReport> {
  const too_deep: PublishedDataset[] = [];
  let trouble: PhiError | undefined;
  let published = 0;
  for (let moved = true; moved;) {
    moved = false;
    for (const entry of await services.events.published(ROUND)) {
      const result = await publish(services, entry).catch(onlyPhiErrors);
      if (result instanceof PhiError) {
        trouble = result;
        continue;
      }
      await services.events.withdraw(entry);
      moved = true;
      published += 1;
      if (result === 'TOO_DEEP') too_deep.push(entry);
    }
  }
  if (trouble !== undefined) throw trouble;
  return { published, too_deep };
}

/** What is wrong with one of them is no reason to keep the others; what is wrong with Redis is. */
function onlyPhiErrors(error: unknown): PhiError {
  if (error instanceof PhiError) return error;
  throw error;
}

/** @returns undefined where the execution is gone: nobody knows any more what it published */
async function publish(services: Services, entry: PublishedDataset): Promise<AcceptOutcome | undefined> {
  const record = await services.executions.get(entry.execution_id);
  if (record === undefined) return undefined;
  const result = await acceptEvent(services, {
    event: datasetEvent(entry.dataset, record),
    channel: 'DATASET',
    actor: `execution ${record.execution_id}`,
    when_full: 'HOLD',
  });
  if (result.ok) return result.outcome;
  throw new PhiError(
    'STATE_002_QUEUE_STATE_CORRUPT',
    `the event of a dataset was refused: ${result.refusal}`,
    {
      operation: 'engine.publish-datasets',
      data: { ...entry },
    },
  );
}

/** Outputs that would make the event too large are left out: whoever wants them reads the execution. */
function datasetEvent(dataset: string, record: ExecutionRecord): CloudEvent {
  const whole = eventWith(dataset, record, outputsOf(record));
  return Buffer.byteLength(JSON.stringify(whole)) <= EVENT_BYTES ? whole : eventWith(dataset, record, {});
}

function eventWith(dataset: string, record: ExecutionRecord, outputs: Record<string, string>): CloudEvent {
  const { job_id, execution_id, run_id } = record;
  return {
    specversion: '1.0',
    id: `${record.parent_execution_id ?? execution_id}/${dataset}`,
    source: dataset,
    type: 'phi.dataset.published',
    subject: job_id,
    time: new Date(record.completed_time ?? record.created_time).toISOString(),
    datacontenttype: 'application/json',
    data: { dataset, job_id, execution_id, run_id, outputs },
    [DEPTH_ATTRIBUTE]: (record.depth ?? 0) + 1,
  };
}

function outputsOf(record: ExecutionRecord): Record<string, string> {
  return record.result === undefined ? {} : (JSON.parse(record.result) as ExecutionResult).outputs;
}
