import {
  findErrorCode,
  isTerminal,
  type ExecutionRecord,
  type ExecutionResult,
  type Explanation,
} from '@phi/core';

import type { Services } from './services.js';

type Ended = NonNullable<Explanation['ended']>;

/** Dependents that an explanation names. */
const DEPENDENTS_SHOWN = 20;

/** How an execution ended and what followed; null while it is open. */
export async function explainEnded(
  services: Services,
  record: ExecutionRecord,
  dependents: readonly string[],
): Promise<Explanation['ended']> {
  if (!isTerminal(record.status)) return null;
  const [retry, items] = await Promise.all([
    explainRetry(services, record),
    explainDependents(services, record, dependents.slice(0, DEPENDENTS_SHOWN)),
  ]);
  return { ...explainCode(record), retry, dependents: items, dependent_count: dependents.length };
}

function explainCode(record: ExecutionRecord): Pick<Ended, 'code' | 'message' | 'what_to_do'> {
  if (record.status === 'COMPLETED') return { code: null, message: null, what_to_do: null };
  const result = record.result === undefined ? undefined : (JSON.parse(record.result) as ExecutionResult);
  const code = record.reason ?? result?.error_code ?? null;
  const entry = code === null ? undefined : findErrorCode(code);
  const message = result?.error_message ?? withDetail(entry?.message ?? null, record, code);
  return { code, message, what_to_do: entry?.what_to_do ?? null };
}

/** Which upstream, whose reason: what ended it may have said more. */
function withDetail(
  message: string | null,
  { history }: ExecutionRecord,
  code: string | null,
): string | null {
  const detail = history.at(-1)?.detail;
  if (message === null || detail === undefined || detail === code) return message;
  return `${message.replace(/\.$/, '')}: ${detail}`;
}

async function explainRetry(services: Services, { retried_by }: ExecutionRecord): Promise<Ended['retry']> {
  const retry = retried_by === undefined ? undefined : await services.executions.get(retried_by);
  if (retry === undefined) return null;
  const { execution_id, status, not_before } = retry;
  return {
    execution_id,
    status,
    not_before: not_before === undefined ? null : new Date(not_before).toISOString(),
  };
}

async function explainDependents(
  services: Services,
  { run_id }: ExecutionRecord,
  jobIds: readonly string[],
): Promise<Ended['dependents']> {
  const latest = await services.explanations.latest(jobIds.map((job_id) => ({ job_id, run_id })));
  return jobIds.map((job_id, at) => ({
    job_id,
    execution_id: latest[at]?.execution_id ?? null,
    status: latest[at]?.status ?? null,
  }));
}
