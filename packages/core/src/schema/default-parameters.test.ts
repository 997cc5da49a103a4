import { describe, expect, it } from '@jest/globals';
import { findProblems } from '../errors/zod-problems.js';
import { authoredJobDefinitionSchema } from './job-definition.js';

const SCHEMA = {
  required: ['region'],
  properties: { region: { type: 'string' }, limit: { type: 'integer' } },
  additionalProperties: false,
};
const SCHEDULE = { schedule: { schedule_type: 'CRON', cron_expression: '@daily' } };
const DEPENDENCY = { dependencies: [{ upstream_job_id: 'a' }] };
const TRIGGER = { triggers: [{ trigger_type: 'MESSAGE', source: 'x' }] };

function problems(job: object): string[] {
  const base = { job_id: 'etl', job_type: 'OUTPUT', pipeline_modules: ['GAMMA'], parameter_schema: SCHEMA };
  return findProblems(authoredJobDefinitionSchema, { ...base, ...job }).map(
    ({ field, reason }) => `${field}: ${reason}`,
  );
}

const MISSING = (starter: string): string[] => [
  `parameters.region: is required by parameter_schema, and its ${starter} would start the job with its defaults alone`,
];

describe('the defaults of a job with a parameter_schema', () => {
  it.each<[what: string, job: object, problems: string[]]>([
    ['none, and a trigger may bring what is required', {}, []],
    ['some of what is required', { parameters: { limit: 3 } }, []],
    ['one that contradicts the schema', { parameters: { limit: 'three' } }, ['parameters.limit: is a text']],
    [
      'one that the schema does not know',
      { parameters: { limt: 3 } },
      ['parameters.limt: is not known to parameter_schema; did you mean limit?'],
    ],
    ['none, on a schedule', SCHEDULE, MISSING('schedule')],
    ['none, on events', TRIGGER, []],
    ['none, on dependencies', DEPENDENCY, MISSING('dependencies')],
    ['none, gated by dependencies', { ...DEPENDENCY, ...TRIGGER }, []],
    [
      'none, gated by dependencies and started by them',
      { ...DEPENDENCY, ...TRIGGER, trigger_on_dependencies: true },
      MISSING('dependencies'),
    ],
    ['none, dependencies that do not start it', { ...DEPENDENCY, trigger_on_dependencies: false }, []],
    ['all that is required, on a schedule', { ...SCHEDULE, parameters: { region: 'eu' } }, []],
    ['no schema, on a schedule', { ...SCHEDULE, parameter_schema: null }, []],
    [
      'a schema that is none',
      { ...SCHEDULE, parameter_schema: { type: 'x' } },
      ['parameter_schema.type: is not one of the values allowed'],
    ],
    ['no mapping', { ...SCHEDULE, parameters: [] }, ['parameters: is not a mapping']],
  ])('%s', (_what, job, expected) => {
    expect(problems(job)).toEqual(expected);
  });
});
