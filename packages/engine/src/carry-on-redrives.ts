import type { ExecutionRecord, Redrive, RedrivenLetter } from '@phi/core';

import { listDeadLetters, retryDeadLetter } from './dead-letters.js';
import { isOpen } from './redrive-dead-letters.js';
import type { Services } from './services.js';
import { unlessUnreadable } from './unless-unreadable.js';

/** Failures that a redrive names. */
const NAMED = 10;

/**
 * Carries every open redrive on: looks at what it has released and, where that allows it, releases more. Any number of processes may do it at
 * once: what one of them has done is kept only where no other was faster, and a dead letter is retried once whoever asks.
 *
 * @returns how many changed
 */
export async function carryOnRedrives(services: Services): Promise<number> {
  const open = await services.redrives.open();
  const results = await Promise.allSettled(open.map((redrive) => carryOn(services, redrive)));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  return results.filter((result) => result.status === 'fulfilled' && result.value).length;
}

async function carryOn(services: Services, redrive: Redrive): Promise<boolean> {
  // Decided first: what has failed meanwhile may be a reason to start nothing more.
  const decided = decide(await lookAt(services, redrive));
  const started = isOpen(decided) ? await startAll(services, decided) : decided;
  if (started === undefined) return false;
  const next = await plan(services, started);
  if (JSON.stringify(next) === JSON.stringify(redrive)) return false;
  const changed_time = await services.schedules.now();
  const saved = { ...next, revision: redrive.revision + 1, changed_time };
  // Told first: whoever dies in between has told of it all the same, and another tells it again.
  if (saved.state === 'STOPPED') alert(services, saved);
  if ((await services.redrives.save(saved)) !== 'SAVED') return false;
  // What is kept as planned may be started now: whoever dies in between, another starts it.
  if (isOpen(saved) && saved.current.some(({ started }) => started === undefined))
    await carryOn(services, saved);
  return true;
}

/** Retries those that are planned. One that cannot be retried just now stays planned. @returns undefined where somebody has changed it meanwhile */
async function startAll(services: Services, redrive: Redrive): Promise<Redrive | undefined> {
  const current: RedrivenLetter[] = [];
  let { skipped } = redrive;
  for (const letter of redrive.current) {
    // Whoever cancels or stops it expects that nothing more is released.
    if (letter.started === undefined && !(await isUnchanged(services, redrive))) return undefined;
    const started = letter.started ?? (await start(services, redrive, letter.execution_id));
    if (started === 'GONE') skipped += 1;
    else current.push(started === 'LATER' ? letter : { ...letter, started });
  }
  return { ...redrive, current, skipped };
}

async function isUnchanged(services: Services, { redrive_id, revision }: Redrive): Promise<boolean> {
  return (await services.redrives.get(redrive_id))?.revision === revision;
}

/** Refusals that pass: a damaged record is rebuilt, and a process that is too old for one is upgraded. */
const LATER: ReadonlySet<string> = new Set([
  'QUEUE_FULL',
  'EXHAUSTED',
  'STALE_PASS',
  'OPEN',
  'UPGRADE_REQUIRED',
  'CORRUPT_RECORD',
]);

/** @returns the id of the execution; LATER where there is no room now; GONE where it is no dead letter any more */
async function start(
  services: Services,
  { redrive_id, actor }: Redrive,
  execution_id: string,
): Promise<string> {
  const detail = `redrive ${redrive_id}`;
  const result = await unlessUnreadable(retryDeadLetter(services, { execution_id, actor, detail }));
  if (result === 'UNREADABLE') return 'LATER';
  if (!result.ok) return LATER.has(result.refusal) ? 'LATER' : 'GONE';
  return result.execution_id;
}

/** Counts what has ended. */
async function lookAt(services: Services, redrive: Redrive): Promise<Redrive> {
  const current: RedrivenLetter[] = [];
  let { completed, failed, cancelled, skipped } = redrive;
  const failures = [...redrive.failures];
  for (const letter of redrive.current) {
    const last =
      letter.started === undefined ? undefined : await unlessUnreadable(latest(services, letter.started));
    if (letter.started === undefined || last === 'UNREADABLE') current.push(letter);
    else if (last === undefined) skipped += 1;
    else if (last.completed_time === undefined) current.push(letter);
    else if (last.status === 'COMPLETED') completed += 1;
    else if (last.status === 'CANCELLED') cancelled += 1;
    else {
      failed += 1;
      failures.push(last.execution_id);
    }
  }
  return { ...redrive, current, completed, failed, cancelled, skipped, failures: failures.slice(-NAMED) };
}

/** The latest attempt of a chain; undefined where that is not kept any more. */
async function latest(services: Services, executionId: string): Promise<ExecutionRecord | undefined> {
  let record = await services.executions.get(executionId);
  while (record?.retried_by !== undefined) record = await services.executions.get(record.retried_by);
  return record;
}

function decide(redrive: Redrive): Redrive {
  if (redrive.failed >= redrive.stop_after_failures) return { ...redrive, state: 'STOPPED' };
  if (redrive.state === 'PROBING' && redrive.completed > 0) return { ...redrive, state: 'RELEASING' };
  return redrive;
}

/** Takes more where there is room for it; where there are none left, it is done. */
async function plan(services: Services, redrive: Redrive): Promise<Redrive> {
  const { state, current, batch_size, selector, created_time } = redrive;
  const room = (state === 'PROBING' ? 1 : batch_size) - current.length;
  if (!isOpen(redrive) || room <= 0) return redrive;
  // What comes later is not its own.
  if (redrive.exhausted === true) return current.length === 0 ? { ...redrive, state: 'DONE' } : redrive;
  const cursor = redrive.cursor === undefined ? {} : { cursor: redrive.cursor };
  const page = await listDeadLetters(services, { ...selector, ...cursor, limit: room });
  const own = page.items.filter(({ failed_time }) => Date.parse(failed_time) <= created_time);
  const taken = own.map(({ execution_id }) => ({ execution_id }));
  if (taken.length === 0 && page.next_cursor === undefined && current.length === 0)
    return { ...redrive, state: 'DONE' };
  return {
    ...redrive,
    current: [...current, ...taken],
    ...(page.next_cursor === undefined ? { exhausted: true } : {}),
    cursor: page.next_cursor ?? redrive.cursor,
  };
}

function alert(services: Services, { redrive_id, selector, failures, failed, completed }: Redrive): void {
  services.alerts.raise({
    kind: 'REDRIVE_STOPPED',
    severity: 'critical',
    subject: redrive_id,
    ...(selector.error_code === undefined ? {} : { error_code: selector.error_code }),
    message: `a redrive of dead letters was stopped: ${String(failed)} failed again, ${String(completed)} completed`,
    context: { ...selector, failures },
  });
}
