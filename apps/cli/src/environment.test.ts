import { describe, expect, it } from '@jest/globals';

import { CliError } from './cli-error.js';
import { readEnvironment } from './environment.js';

function refusal(variables: Record<string, string>): readonly string[] {
  try {
    readEnvironment(variables);
  } catch (error) {
    if (error instanceof CliError) return error.lines;
    throw error;
  }
  return [];
}

describe('readEnvironment', () => {
  it('names every wrong variable at once, with what is accepted', () => {
    const lines = refusal({
      PHI_API_URL: 'ftp://phi',
      PHI_API_PORT: '70000',
      SCHEDULER_TIMEZONE_DEFAULT: 'Mars/Olympus',
    });
    expect(lines).toEqual([
      'PHI_API_URL: cannot be "ftp://phi"; accepted: http://host:port or https://host:port',
      'PHI_API_PORT: cannot be "70000"; accepted: a whole number from 1 to 65535',
      expect.stringMatching(/^SCHEDULER_TIMEZONE_DEFAULT: .*; accepted: an IANA time zone/),
    ]);
  });

  it('takes a variable set to nothing as not set', () => {
    const environment = readEnvironment({
      PHI_API_URL: '',
      PHI_API_PORT: '',
      SCHEDULER_TIMEZONE_DEFAULT: '',
    });
    expect(environment.PHI_API_URL).toBeUndefined();
    expect(environment.PHI_API_PORT).toBeUndefined();
    expect(environment.config.SCHEDULER_TIMEZONE_DEFAULT).toBe('UTC');
  });
});
