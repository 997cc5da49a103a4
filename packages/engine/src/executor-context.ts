import { setTimeout as sleep } from 'node:timers/promises';

import {
  PhiError,
  type AttemptRunner,
  type ExecutionNote,
  type ExecutionRecord,
  type TransitionCommand,
  type TransitionResult,
} from '@phi/core';

import type { Cancellations } from './cancellations.js';
import type { ExecutorRoom, Reservation } from './executor-room.js';
import type { Services } from './services.js';
import type { Vitals } from './vitals.js';

/** What an executor process runs attempts with. */
export interface ExecutorContext {
  readonly services: Services;
  readonly runner: AttemptRunner;
  readonly executor_id: string;
  /** Told of executions that are asked to stop. */
  readonly cancellations: Cancellations;
  readonly vitals: Vitals;
  /** Aborted with a StopReason; see {@link executorStop}. */
  readonly signal: AbortSignal;
  /** What runs on the executor. */
  readonly room: ExecutorRoom;
  /** The place that is kept there for this delivery until its attempt enters. */
  readonly reservation?: Reservation;
  /** Told when the attempt has given its place back for the first time: its delivery is over. */
  readonly onPlaceLeft?: () => void;
  /** Told once of a call that is repeated until it is answered. */
  readonly onTrouble?: (error: unknown) => void;
  /** Told of what is noted in the history of an execution that runs here. */
  readonly onNote?: (record: ExecutionRecord, note: ExecutionNote, detail: string) => void;
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

/**
 * Repeats a call while Redis is away, until it is stopped: then the answer is somebody else's to give.
 *
 * @throws PhiError at once: what is wrong with the data stays wrong; else what the call threw last
 */
export async function untilAnswered<T>(
  {
    signal,
    onTrouble,
  }: Pick<ExecutorContext, 'onTrouble'> & { readonly signal: Pick<AbortSignal, 'aborted'> },
  call: () => Promise<T>,
): Promise<T> {
  for (let pause = 0; ; pause = Math.min(Math.max(2 * pause, FIRST_PAUSE_MS), LONGEST_PAUSE_MS)) {
    if (pause > 0) await sleep(pause);
    try {
      return await call();
    } catch (error) {
      if (signal.aborted || error instanceof PhiError) throw error;
      if (pause === 0) onTrouble?.(error);
    }
  }
}

/** Sends a transition until it is answered: its operation id makes the repetition harmless. */
export function insist(context: ExecutorContext, command: TransitionCommand): Promise<TransitionResult> {
  return untilAnswered(context, () => context.services.executions.transition(command));
}

/** What every write about a claimed execution carries. */
export function fenced(
  context: ExecutorContext,
  record: ExecutionRecord,
): Pick<TransitionCommand, 'execution_id' | 'nonce' | 'op' | 'actor'> {
  const nonce = record.nonce ?? '';
  return { execution_id: record.execution_id, nonce, op: nonce, actor: context.executor_id };
}
