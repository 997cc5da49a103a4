import { describe, expect, it } from '@jest/globals';
import * as z from 'zod';

import { formatProblem } from '../errors/problem.js';
import { loadDefinitions } from './load-definitions.js';

const parameterSchemas = {
  ALPHA: z.strictObject({
    source: z.strictObject({
      url: z.url({ error: 'expected an absolute URL' }),
      retries: z.int().optional(),
      loader: z.union([z.strictObject({ batch: z.string() }), z.strictObject({ at: z.url() })]).optional(),
    }),
  }),
};

const problemsOf = (parameters: string, modules = '[ALPHA]'): string[] =>
  loadDefinitions(
    [{ file: 'a.yaml', text: `job_id: a\njob_type: INGESTION\npipeline_modules: ${modules}\n${parameters}` }],
    { parameterSchemas },
  ).problems.map(formatProblem);

describe('findParameterProblems', () => {
  it('says where a parameter is wrong, why, and what would be accepted', () => {
    const text =
      'parameters:\n  ALPHA:\n    source:\n      url: https://host/a\n      retries: often\n      retrys: 3\n';
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(/^a\.yaml:8:16: parameters\.ALPHA\.source\.retries: .*often.*; accepted: /),
      expect.stringMatching(
        /^a\.yaml:9:7: parameters\.ALPHA\.source\.retrys: is not a known field; did you mean retries\?; accepted: url, retries/,
      ),
    ]);
    expect(problemsOf('parameters: { ALPHA: {} }')).toEqual([
      expect.stringMatching(/^a\.yaml:4:22: parameters\.ALPHA\.source: is required/),
    ]);
  });

  it.each([
    ['{ source: { url: { secret: PLACE } } }'],
    ["{ source: { url: '${{ jobs.b.outputs.url }}' } }"],
    ["{ source: { url: 'https://host', retries: '${{ jobs.b.outputs.n }}' } }"],
    ["{ source: { url: 'https://host', loader: { at: { secret: PLACE } } } }"],
  ])('leaves what only the execution knows to it: %s', (parameters) => {
    expect(
      problemsOf(`parameters: { ALPHA: ${parameters} }\ndependencies: [{ upstream_job_id: b }]`),
    ).toEqual([]);
  });

  it('has nothing to say of parameters that are not there, of other modules, and of modules that the job does not name', () => {
    expect(problemsOf('')).toEqual([]);
    expect(problemsOf('parameters: { MINE: { any: 1 } }', '[ALPHA, MINE]')).toEqual([]);
    expect(problemsOf('parameters: { ALPHA: { any: 1 } }', '[MINE]')).toEqual([]);
  });
});
