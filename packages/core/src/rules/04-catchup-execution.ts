interface Catchup {
  readonly catchup_enabled: boolean;
  readonly max_catchup_runs: number;
}

/**
 * How many of the latest missed fire times are run after all (specification: Rule 4, Catchup Execution). Pauses are not
 * missed, and what falls outside the execution windows is skipped: neither is counted.
 */
export function catchupExecution({ catchup_enabled, max_catchup_runs }: Catchup): number {
  return catchup_enabled ? max_catchup_runs : 0;
}
