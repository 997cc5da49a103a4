import {
  DEPTH_ATTRIBUTE,
  EVENT_BYTES,
  type AcceptResult,
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
 */
export async function publishDatasets(services: Services): Promise<PublishReport> {
  const too_deep: PublishedDataset[] = [];
  let published = 0;
  for (let moved = true; moved;) {
    moved = false;
    for (const entry of await services.events.published(ROUND)) {
      const result = await publish(services, entry);
      if (result?.ok === false) continue;
      await services.events.withdraw(entry);
      moved = true;
      published += 1;
      if (result?.outcome === 'TOO_DEEP') too_deep.push(entry);
    }
  }
  return { published, too_deep };
}

/** @returns undefined where the execution is gone: nobody knows any more what it published */
async function publish(services: Services, entry: PublishedDataset): Promise<AcceptResult | undefined> {
  const record = await services.executions.get(entry.execution_id);
  if (record === undefined) return undefined;
  return acceptEvent(services, {
    event: datasetEvent(entry.dataset, record),
    channel: 'DATASET',
    actor: `execution ${record.execution_id}`,
    when_full: 'HOLD',
  });
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
