import { describe, expect, it } from '@jest/globals';

import { runPhi } from './testing/run-phi.js';

const COMMANDS = [
  'validate',
  'apply',
  'trigger',
  'emit',
  'ls',
  'get',
  'explain',
  'runs',
  'logs',
  'health',
  'graph',
  'preview',
  'ticks',
  'pause',
  'resume',
  'pools',
  'limits',
];
// oxlint-disable-next-line no-control-regex
const ESCAPE = /\u001B/;

describe('phi', () => {
  it('lists its commands and what its exit status means', async () => {
    const { status, stdout } = await runPhi(['--help']);
    expect(status).toBe(0);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${command}\\b`, 'm'));
    expect(stdout).toContain('Exit status: 0 done; 1 failed; 2 wrong usage');
  });

  it.each(COMMANDS)('explains %s with examples and the options of every command', async (command) => {
    const { status, stdout } = await runPhi([command, '--help']);
    expect(status).toBe(0);
    expect(stdout).toContain(`Usage: phi ${command}`);
    expect(stdout).toMatch(new RegExp(`^Examples:\\n {2}\\$ (.* \\| )?phi ${command}`, 'm'));
    expect(stdout).toContain('-o, --output <format>');
  });

  it('prints its version', async () => {
    const { status, stdout } = await runPhi(['--version']);
    expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
  });

  it('names every wrong variable before it does anything', async () => {
    const { status, stderr } = await runPhi(['ls'], {
      env: { PHI_API_PORT: 'x', EXECUTOR_PARALLELISM: '0' },
    });
    expect(status).toBe(2);
    expect(stderr).toContain('PHI_API_PORT: cannot be "x"; accepted: a whole number from 1 to 65535');
    expect(stderr).toContain(
      'EXECUTOR_PARALLELISM: 0 is below the minimum of 1; accepted: a whole number from 1 to 100',
    );
  });

  it('writes no colours where no terminal is', async () => {
    const { stdout, stderr } = await runPhi(['preview', '0 12 * * *'], {
      env: { FORCE_COLOR: '1', TERM: 'xterm-256color' },
    });
    expect(stdout).toContain('12:00:00');
    expect(`${stdout}${stderr}`).not.toMatch(ESCAPE);
  });
});
