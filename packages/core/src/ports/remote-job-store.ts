import type { Page } from './execution-store.js';

/** Names a job that Phi has submitted to a remote module. */
export interface RemoteJobId {
  /** The first attempt's id. */
  readonly chain_id: string;
  /** The module's name in `pipeline_modules`. */
  readonly stage: string;
  /** Counts from 1: another one only once the job of the last is known to have ended. */
  readonly generation: number;
}

/** A remote job that may be running. */
export interface RemoteJob extends RemoteJobId {
  /** The attempt that submitted it. */
  readonly execution_id: string;
  /** The Idempotency-Key it was submitted under, or its id on the module's queue. */
  readonly key: string;
  /** Of the module, for people: `queue:` and a name where it is a queue. */
  readonly url: string;
  /** Absent where no answer to its submission has come yet, and on queues. */
  readonly ref?: string;
}

export interface RecordedRemoteJob extends RemoteJob {
  /** When it was first recorded, epoch milliseconds. */
  readonly since: number;
}

/** A remote job whose chain has ended: nobody waits for it, and it is to be cancelled. */
export interface RemoteOrphan extends RecordedRemoteJob {
  /** When it was found, epoch milliseconds. */
  readonly found: number;
  /** How often cancelling it was tried in vain. */
  readonly tries: number;
  /** When it is tried next, epoch milliseconds. */
  readonly next_try: number;
  /** Why the last try was in vain. */
  readonly problem: string;
}

/** Remote jobs that may be running, so that none outlives its execution unseen (docs/adr/0024-remote-modules.md). */
export interface RemoteJobStore {
  /** Before it is submitted, and again once its reference is known. One of a higher generation stays in its place. */
  record(job: RemoteJob): Promise<void>;
  /** It is known that it does not run any more. One of a higher generation stays. */
  forget(job: RemoteJobId): Promise<void>;
  /** @param stages - of the chain */
  ofChain(chainId: string, stages: readonly string[]): Promise<readonly RecordedRemoteJob[]>;
  /** All of them, page by page; one may come twice. */
  list(cursor?: string): Promise<Page<RecordedRemoteJob>>;
  /** Those that were noted, the oldest first. */
  orphans(): Promise<readonly RemoteOrphan[]>;
  /** Nothing where it is forgotten by now. */
  noteOrphan(orphan: RemoteOrphan): Promise<void>;
  countOrphans(): Promise<number>;
  /** Tells whoever waits for a stage that there is something to see. It may get lost. */
  wake(executionId: string, stage: string): Promise<void>;
}

/** The remote modules, for whoever cancels what nobody waits for any more. */
export interface RemoteModules {
  /**
   * Asks for a job to be stopped. GONE: it does not run any more. NOT_FOUND: it has no reference, and the module knows none under its key.
   *
   * @throws Error where the module or its queue gives no usable answer
   */
  cancel(
    job: RemoteJob,
  ): Promise<{ readonly word: 'GONE' | 'NOT_FOUND' } | { readonly word: 'ASKED'; readonly problem: string }>;
  close(): Promise<void>;
}
