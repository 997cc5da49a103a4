import { describe, expect, it } from '@jest/globals';
import type { StageCall } from '../stage-connector.js';
import { renderArguments } from './render-arguments.js';

const callWith = (parameters: Record<string, unknown>): StageCall => ({
  execution_id: 'e-2',
  job_id: 'job',
  run_id: 'r-1',
  chain_id: 'e-1',
  fence: 7,
  stage: 'RUN',
  job_type: 'COMPOSITE',
  attempt_number: 2,
  parameters,
  inputs: { stages: { ALPHA: { batch: 'batches/1.parquet' } }, jobs: {} },
  source_dir: '/source',
  data_dir: '/data',
  output_dir: '/output',
  workdir: '/work',
  resources: { memory_mb: 64, cpu_cores: 1 },
  checkpoint_interval_seconds: 1,
  timeout_seconds: undefined,
  checkpoint: undefined,
});

const render = (argument: string, parameters: Record<string, unknown> = {}, allow_dashes = false): string[] =>
  renderArguments({ argv: ['program', argument], allow_dashes }, callWith(parameters)).slice(1);

describe('renderArguments', () => {
  it.each([
    ['${{ parameters.a }}', { a: 'two words; rm -rf "$HOME" `id` | > * ? \n \\' }],
    ['${{ parameters.a }}', { a: '' }],
    ['${{ parameters.a }}', { a: '${{ parameters.b }}', b: 'not looked at again' }],
  ])('hands over a text as one argument, whatever is in it', (argument, parameters) => {
    expect(render(argument, parameters)).toEqual([parameters.a]);
  });

  it.each([
    ['${{ parameters.a }}', { a: { b: [1, null] } }, '{"b":[1,null]}'],
    ['--n=${{ parameters.a.b }}', { a: { b: 3 } }, '--n=3'],
    ['${{ parameters.a }}-${{ fence }}', { a: true }, 'true-7'],
    ['${{ data_dir }}/${{ stages.ALPHA.outputs.batch }}', {}, '/data/batches/1.parquet'],
    ['--in=${{ parameters.a }}', { a: '-rf' }, '--in=-rf'],
    ['${{ data_dir }}/${{ parameters.a }}', { a: 'a..b/..c' }, '/data/a..b/..c'],
  ])('renders %s', (argument, parameters, expected) => {
    expect(render(argument, parameters)).toEqual([expected]);
  });

  it.each([
    ['${{ parameters.a }}', {}, 'parameters.RUN.a is not there'],
    ['${{ parameters.a }}', { a: null }, 'parameters.RUN.a is not there'],
    ['${{ parameters.constructor }}', {}, 'parameters.RUN.constructor is not there'],
    ['${{ stages.BETA.outputs.batch }}', {}, 'stages.BETA.batch is not there'],
    ['${{ parameters.a }}', { a: '-rf' }, 'begins with "-"'],
    ['${{ parameters.a }}', { a: '--output=/etc/passwd' }, 'begins with "-"'],
    ['${{ parameters.a }}${{ parameters.b }}', { a: '', b: '-rf' }, 'begins with "-"'],
    ['x${{ parameters.a }}', { a: 'a\0b' }, 'has a NUL character'],
    ['${{ data_dir }}/${{ parameters.a }}', { a: '../etc/passwd' }, 'leads elsewhere'],
    ['${{ data_dir }}/${{ parameters.a }}', { a: 'x/../../etc' }, 'leads elsewhere'],
    ['${{ data_dir }}/${{ parameters.a }}', { a: '/etc/passwd' }, 'leads elsewhere'],
    ['${{ data_dir }}/${{ parameters.a }}', { a: '' }, 'leads elsewhere'],
    ['${{ data_dir }}/${{ parameters.a }}${{ parameters.b }}', { a: '.', b: './etc' }, 'leads elsewhere'],
    ['${{ parameters.a }}', { a: 'x'.repeat(131_072) }, 'is too long'],
  ])('refuses %s with %j', (argument, parameters, reason) => {
    expect(() => render(argument, parameters)).toThrow(
      expect.objectContaining({
        code: 'EXEC_005_INVALID_CONFIG',
        message: expect.stringMatching(/^argv\[1\]: /),
      }),
    );
    expect(() => render(argument, parameters)).toThrow(reason);
  });

  it('lets a value begin with "-" where the binding says so', () => {
    expect(render('${{ parameters.a }}', { a: '-5' }, true)).toEqual(['-5']);
  });
});
