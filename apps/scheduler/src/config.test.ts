import { describe, expect, it } from '@jest/globals';

import { readSchedulerConfig, schedulerProblems } from './config.js';

describe('the environment of the scheduler', () => {
  it('needs nothing', () => {
    expect(schedulerProblems({})).toEqual([]);
    expect(readSchedulerConfig({}, '/data')).toEqual({
      sourceDir: '/data/source',
      filePollMs: 5000,
      fileSettleMs: 5000,
    });
  });

  it('takes what is given', () => {
    const variables = {
      PHI_SOURCE_DIR: '/in',
      PHI_FILE_POLL_SECONDS: '0.25',
      PHI_FILE_SETTLE_SECONDS: '3600',
    };
    expect(schedulerProblems(variables)).toEqual([]);
    expect(readSchedulerConfig(variables, '/data')).toEqual({
      sourceDir: '/in',
      filePollMs: 250,
      fileSettleMs: 3_600_000,
    });
  });

  it.each(['', '0', '0.05', '3601', '-1', '1e3', 'soon', '5s'])(
    'names every wrong one at once: %j',
    (wrong) => {
      const problems = schedulerProblems({ PHI_FILE_POLL_SECONDS: wrong, PHI_FILE_SETTLE_SECONDS: wrong });
      expect(problems.map(({ field }) => field)).toEqual([
        'PHI_FILE_POLL_SECONDS',
        'PHI_FILE_SETTLE_SECONDS',
      ]);
      for (const { accepted } of problems) expect(accepted).toContain('seconds from 0.1 to 3600');
    },
  );
});
