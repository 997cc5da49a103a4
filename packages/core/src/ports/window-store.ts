/** The present or next execution window of a job (Rule 17). Instants in epoch milliseconds. */
export interface WindowEntry {
  /** When this was so: an entry says nothing of the time before. */
  readonly from: number;
  readonly opens: number;
  /** The first instant at which it is closed; Infinity where it never closes. */
  readonly closes: number;
  /** The first instant from which on nothing that starts would usually end within it. */
  readonly fits?: number;
  /** Whether what is outside is skipped; else it is held. */
  readonly skip: boolean;
}

/** Execution windows as the scripts know them: one entry a job, written ahead of time. */
export interface WindowStore {
  /** Jobs whose entry has to be looked at by now, by Redis' clock. */
  due(limit: number): Promise<readonly string[]>;
  /** When the next one has to be, epoch milliseconds. */
  nextDue(): Promise<number | undefined>;
  get(jobId: string): Promise<WindowEntry | undefined>;
  /** @param entries - by job_id; undefined where a job has no windows any more. @param graphId - what they were computed from */
  set(
    entries: ReadonlyMap<string, WindowEntry | undefined>,
    graphId: string | undefined,
  ): Promise<'SET' | 'STALE_GRAPH'>;
}
