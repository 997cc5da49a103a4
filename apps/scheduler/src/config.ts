import { resolve } from 'node:path';

import type { Problem } from '@phi/core';
import type { Variables } from '@phi/service';

/** What only the scheduler reads from its environment. */
export interface SchedulerConfig {
  /** Below which triggers name files; absolute. */
  readonly sourceDir: string;
  /** How often it is looked through, in milliseconds. */
  readonly filePollMs: number;
  /** How long a file must not have changed before it counts as arrived, in milliseconds. */
  readonly fileSettleMs: number;
}

const HOUR_SECONDS = 3600;
const SECONDS_ACCEPTED = 'seconds from 0.1 to 3600, such as 5';
const DEFAULT_SECONDS = '5';

/** Every variable of its own that is wrong. */
export function schedulerProblems(variables: Variables): Problem[] {
  return ['PHI_FILE_POLL_SECONDS', 'PHI_FILE_SETTLE_SECONDS'].flatMap((field) => {
    if (readMs(variables[field]) !== undefined) return [];
    const value = variables[field];
    return [{ field, reason: `cannot be ${JSON.stringify(value)}`, accepted: SECONDS_ACCEPTED, value }];
  });
}

/**
 * @param variables - without `schedulerProblems`
 * @param dataDir - PHI_DATA_DIR
 */
export function readSchedulerConfig(variables: Variables, dataDir: string): SchedulerConfig {
  return {
    sourceDir: resolve(variables['PHI_SOURCE_DIR'] ?? `${dataDir}/source`),
    filePollMs: readMs(variables['PHI_FILE_POLL_SECONDS']) ?? 0,
    fileSettleMs: readMs(variables['PHI_FILE_SETTLE_SECONDS']) ?? 0,
  };
}

function readMs(text: string = DEFAULT_SECONDS): number | undefined {
  const seconds = /^\d{1,4}(?:\.\d{1,3})?$/.test(text) ? Number(text) : Number.NaN;
  return seconds >= 0.1 && seconds <= HOUR_SECONDS ? Math.round(seconds * 1000) : undefined;
}
