import {
  PhiError,
  type ExecutionRecord,
  type RecordedRemoteJob,
  type RemoteModules,
  type RemoteOrphan,
} from '@phi/core';

import type { Services } from './services.js';

/** What a round has come to. */
export interface RemoteOrphanReport {
  /** Known to be gone now. */
  readonly gone: readonly RecordedRemoteJob[];
  /** Found in this round. */
  readonly found: readonly RemoteOrphan[];
}

/** Requests to modules at a time. */
const AT_ONCE = 20;
const FIRST_PAUSE_MS = 5000;
const LONGEST_PAUSE_MS = 300_000;
/** How long a job that no module knows may still be on its way to it. */
const ON_ITS_WAY_MS = 60_000;

/**
 * Cancels the remote jobs whose chain has ended, whoever submitted them and however it ended, until it is known that they are gone
 * (docs/adr/0024-remote-modules.md). What cannot be cancelled is tried again, later and later.
 */
export async function cancelRemoteOrphans(
  services: Services,
  modules: Pick<RemoteModules, 'cancel'>,
): Promise<RemoteOrphanReport> {
  const noted = new Map((await services.remoteJobs.orphans()).map((orphan) => [orphan.key, orphan]));
  const now = await services.schedules.now();
  const gone: RecordedRemoteJob[] = [];
  const found: RemoteOrphan[] = [];
  for await (const jobs of pagesOf(services)) {
    const due = jobs.filter(({ key }) => (noted.get(key)?.next_try ?? 0) <= now);
    for (const job of await ofEndedChains(services, due)) {
      const orphan = await cancelOrphan(services, modules, noted.get(job.key) ?? newOrphan(job, now), now);
      if (orphan === undefined) gone.push(job);
      else if (!noted.has(job.key)) found.push(orphan);
    }
  }
  return { gone, found };
}

async function* pagesOf(services: Services): AsyncGenerator<readonly RecordedRemoteJob[]> {
  let cursor: string | undefined;
  do {
    const page = await services.remoteJobs.list(cursor);
    for (let at = 0; at < page.items.length; at += AT_ONCE) yield page.items.slice(at, at + AT_ONCE);
    cursor = page.next_cursor;
  } while (cursor !== undefined);
}

async function ofEndedChains(
  services: Services,
  jobs: readonly RecordedRemoteJob[],
): Promise<readonly RecordedRemoteJob[]> {
  const ended = await Promise.all(jobs.map(({ chain_id }) => hasEnded(services, chain_id)));
  return jobs.filter((_, index) => ended[index] === true);
}

/** A chain that is not kept any more ended long ago. */
async function hasEnded(services: Services, chainId: string): Promise<boolean> {
  for (let id: string | undefined = chainId; id !== undefined;) {
    const attempt: ExecutionRecord | 'UNREADABLE' | undefined = await services.executions
      .get(id)
      .catch(unlessUnreadable);
    if (attempt === 'UNREADABLE') return false;
    if (attempt === undefined) return true;
    if (attempt.completed_time === undefined) return false;
    id = attempt.retried_by;
  }
  return true;
}

/** A record that this build cannot read keeps its remote job, and nobody else's. */
function unlessUnreadable(error: unknown): 'UNREADABLE' {
  if (error instanceof PhiError) return 'UNREADABLE';
  throw error;
}

function newOrphan(job: RecordedRemoteJob, now: number): RemoteOrphan {
  return { ...job, found: now, tries: 0, next_try: now, problem: '' };
}

/** @returns what is left of it: nothing where it is known to be gone */
async function cancelOrphan(
  services: Services,
  modules: Pick<RemoteModules, 'cancel'>,
  orphan: RemoteOrphan,
  now: number,
): Promise<RemoteOrphan | undefined> {
  const problem = await problemOfCancelling(modules, orphan, now);
  if (problem === undefined) {
    await services.remoteJobs.forget(orphan);
    return undefined;
  }
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** orphan.tries, LONGEST_PAUSE_MS);
  const tried = { ...orphan, tries: orphan.tries + 1, next_try: now + pause, problem };
  await services.remoteJobs.noteOrphan(tried);
  return tried;
}

async function problemOfCancelling(
  modules: Pick<RemoteModules, 'cancel'>,
  orphan: RemoteOrphan,
  now: number,
): Promise<string | undefined> {
  try {
    const answer = await modules.cancel(orphan);
    if (answer.word === 'ASKED') return answer.problem;
    const mayCome = answer.word === 'NOT_FOUND' && now - orphan.found < ON_ITS_WAY_MS;
    return mayCome ? 'the module knows no job of that key; one may be on its way' : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
