import { deriveId, type Redrive, type RedriveSelector } from '@phi/core';

import type { Services } from './services.js';

export interface RedriveRequest {
  readonly selector: RedriveSelector;
  /** How many run again at the same time, once the first has completed. */
  readonly batch_size: number;
  /** After so many failures it stops. */
  readonly stop_after_failures: number;
  /** The same key begins one redrive, however often it is asked for. */
  readonly idempotency_key?: string | undefined;
  readonly actor: string;
  readonly detail?: string | undefined;
}

export type RedriveResult =
  | { readonly ok: true; readonly redrive: Redrive }
  /** Another is open for the same dead letters. */
  | { readonly ok: false; readonly refusal: 'OPEN'; readonly redrive_id: string };

/**
 * Begins to run dead letters again: one first and, once it has completed, the rest in batches, until they fail again (specification: Queue
 * Operations, Retry). Recovery carries it on.
 */
export async function redriveDeadLetters(
  services: Services,
  request: RedriveRequest,
): Promise<RedriveResult> {
  const { selector, batch_size, stop_after_failures, actor, detail } = request;
  const { fingerprint, job_id, error_code } = selector;
  const now = await services.schedules.now();
  const alone = job_id === undefined && error_code === undefined;
  const redrive: Redrive = {
    redrive_id: deriveId('redrive', services.namespace, request.idempotency_key ?? services.ids.next()),
    revision: 1,
    state: 'PROBING',
    selector,
    batch_size,
    stop_after_failures,
    actor,
    detail,
    created_time: now,
    changed_time: now,
    ...(alone ? { total: (await services.deadLetters.groups()).get(fingerprint ?? '') ?? 0 } : {}),
    completed: 0,
    failed: 0,
    cancelled: 0,
    skipped: 0,
    current: [],
    failures: [],
  };
  const created = await services.redrives.create(redrive);
  if (created === 'CREATED') return { ok: true, redrive };
  const known = await services.redrives.get(redrive.redrive_id);
  return known === undefined
    ? { ok: false, refusal: 'OPEN', redrive_id: created.busy }
    : { ok: true, redrive: known };
}

/** How often it may be changed under a cancellation before that gives up. */
const TRIES = 20;

/** Ends a redrive: nothing more is released. What it has released goes on. @returns how it stands; undefined where there is none of that id */
export async function cancelRedrive(services: Services, redriveId: string): Promise<Redrive | undefined> {
  for (let tried = 0; tried < TRIES; tried++) {
    const redrive = await services.redrives.get(redriveId);
    if (redrive === undefined || !isOpen(redrive)) return redrive;
    const now = await services.schedules.now();
    const cancelled: Redrive = {
      ...redrive,
      state: 'CANCELLED',
      revision: redrive.revision + 1,
      changed_time: now,
    };
    if ((await services.redrives.save(cancelled)) === 'SAVED') return cancelled;
  }
  throw new Error(`redrive ${redriveId} is changed again and again`);
}

export function isOpen({ state }: Redrive): boolean {
  return state === 'PROBING' || state === 'RELEASING';
}
