import { describe, expect, it } from '@jest/globals';
import { formatProblem } from '../errors/problem.js';
import { loadDefinitions, type LoadOptions } from './load-definitions.js';

const HEAD = 'job_id: etl\njob_type: INGESTION\npipeline_modules: [ALPHA]\n';

function load(text: string, options: LoadOptions = {}): { problems: string[]; warnings: string[] } {
  const { problems, warnings } = loadDefinitions([{ file: 'etl.yaml', text }], options);
  return { problems: problems.map(formatProblem), warnings: warnings.map(formatProblem) };
}

/** What a job says beside the dependencies that are inferred from it. */
const INFERRED: readonly [what: string, text: string, problem: string][] = [
  [
    'what is almost a reference to an output',
    `${HEAD}parameters:\n  alpha: ["\${{ jobs.load.output.x }}"]\n`,
    'etl.yaml:5:11: parameters.alpha[0]: begins as a reference to an output and is none; accepted: ${{ jobs.<job_id>.outputs.<name> }}',
  ],
  [
    'a reference to an output of the job itself',
    `${HEAD}parameters: {in: "\${{ jobs.etl.outputs.x }}"}\n`,
    'etl.yaml:4:18: parameters.in: takes an output of the job itself; accepted: an output of another job',
  ],
  [
    'a dependency with the id of one that is inferred from data',
    `${HEAD}consumes: [raw]\ndependencies:\n  - {upstream_job_id: x, dependency_id: etl.data.raw}\n`,
    'etl.yaml:6:41: dependencies[0].dependency_id: is that of a dependency which the job has by what it consumes or refers to: etl.data.raw; accepted: another dependency_id, unique in the job',
  ],
  [
    'a dependency with the id of one that is inferred from an output',
    `${HEAD}parameters: {in: "\${{ jobs.x.outputs.y }}"}\ndependencies: [{upstream_job_id: output.x}]\n`,
    'etl.yaml:5:16: dependencies[0].dependency_id: is that of a dependency which the job has by what it consumes or refers to: etl.output.x; accepted: another dependency_id, unique in the job',
  ],
];

const INVALID: readonly [what: string, text: string, problem: string][] = [
  [
    'a cron field out of range',
    `${HEAD}schedule:\n  schedule_type: CRON\n  cron_expression: "0 61 * * *"\n`,
    'etl.yaml:6:20: schedule.cron_expression: hour: 61 is not within 0-23; accepted: 0-23, *, a list (1,2), a range (1-2), a step (*/2, 1-9/2)',
  ],
  [
    'an unknown key, at the key',
    `jobs:\n  - job_id: etl\n    job_type: INGESTION\n    pipeline_modules: [ALPHA]\n    heartbeat:\n      watch_progres: true\n`,
    'etl.yaml:6:7: jobs[0].heartbeat.watch_progres: is not a known field; did you mean watch_progress?; accepted: heartbeat_interval_seconds, missed_heartbeat_limit, watch_progress',
  ],
  [
    'a missing field, at what should have it',
    '- job_type: OUTPUT\n  pipeline_modules: [GAMMA]\n',
    'etl.yaml:1:3: [0].job_id: is required; accepted: 1 to 128 letters, digits, ".", "_" or "-", starting with a letter or a digit',
  ],
  [
    'a value that is none of an enum',
    'job_id: etl\njob_type: INGESTON\npipeline_modules: [ALPHA]\n',
    'etl.yaml:2:11: job_type: "INGESTON" is not one of the values allowed; accepted: INGESTION, TRANSFORMATION, OUTPUT, COMPOSITE',
  ],
  [
    'a number out of range',
    `${HEAD}timeout_seconds: 0\n`,
    'etl.yaml:4:18: timeout_seconds: is below the minimum of 1; accepted: a whole number from 1 to 2592000',
  ],
  [
    'a text for a number',
    `${HEAD}retry_policy: {max_attempts: "3"}\n`,
    'etl.yaml:4:30: retry_policy.max_attempts: is the text "3"; accepted: a whole number from 1 to 100',
  ],
  [
    'an id with a colon',
    'job_id: "a:b"\njob_type: OUTPUT\npipeline_modules: [GAMMA]\n',
    'etl.yaml:1:9: job_id: is not a valid identifier; accepted: 1 to 128 letters, digits, ".", "_" or "-", starting with a letter or a digit',
  ],
  [
    'a time zone that does not exist',
    `${HEAD}schedule: {schedule_type: INTERVAL, interval_seconds: 60, timezone: Mars/Olympus}\n`,
    'etl.yaml:4:69: schedule.timezone: is not a time zone that this system knows; accepted: an IANA time zone such as UTC or Europe/Berlin',
  ],
  [
    'a job that depends on itself',
    `${HEAD}dependencies:\n  - upstream_job_id: etl\n`,
    'etl.yaml:5:22: dependencies[0].upstream_job_id: is the job itself; accepted: another job',
  ],
  [
    'a dependency twice',
    `${HEAD}dependencies:\n  - {upstream_job_id: x}\n  - {upstream_job_id: x}\n`,
    'etl.yaml:6:5: dependencies[1].dependency_id: repeats that of dependencies[0]: etl.x; accepted: another dependency_id, unique in the job',
  ],
  [
    'a longest delay below the first',
    `${HEAD}retry_policy:\n  initial_delay_seconds: 60\n  max_delay_seconds: 30\n`,
    'etl.yaml:6:22: retry_policy.max_delay_seconds: is below initial_delay_seconds; accepted: at least 60',
  ],
  [
    'a schedule that ends before it starts',
    `${HEAD}schedule:\n  schedule_type: INTERVAL\n  interval_seconds: 60\n  start_date: 2026-03-01\n  end_date: 2026-02-01\n`,
    'etl.yaml:8:13: schedule.end_date: is before start_date; accepted: 2026-03-01 or a later date',
  ],
  [
    'a field of another schedule type',
    `${HEAD}schedule:\n  schedule_type: INTERVAL\n  interval_seconds: 60\n  cron_expression: "* * * * *"\n`,
    'etl.yaml:7:20: schedule.cron_expression: does not go with schedule_type INTERVAL; accepted: interval_seconds alone',
  ],
  [
    'a schedule type without its field',
    `${HEAD}schedule:\n  schedule_type: ONCE\n`,
    'etl.yaml:5:3: schedule.run_at: is required with schedule_type ONCE; accepted: a date and time such as 2026-03-08T07:00:00Z',
  ],
  [
    'a key that reaches a prototype',
    `${HEAD}parameters:\n  alpha:\n    __proto__: {x: 1}\n`,
    'etl.yaml:6:16: parameters.alpha.__proto__: is a key that is not allowed; accepted: any key but __proto__, constructor, prototype',
  ],
  [
    'a module kind that does not exist',
    'modules:\n  MINE: {kind: magic}\n',
    'etl.yaml:2:16: modules.MINE.kind: is not one of the kinds allowed; accepted: builtin, handler, command, http, queue',
  ],
  [
    'a duplicate key',
    `${HEAD}job_id: again\n`,
    'etl.yaml:4:1: Map keys must be unique; accepted: YAML or JSON',
  ],
  ['a tab', 'job_id:\n\tx: 1\n', 'etl.yaml:2:1: Tabs are not allowed as indentation; accepted: YAML or JSON'],
  [
    'nothing',
    '# empty\n',
    'etl.yaml:1:1: has no definition; accepted: a job, a list of jobs, or jobs, pools, limits and modules',
  ],
  [
    'a filter that cannot be read, at the mistake',
    `${HEAD}triggers:\n  - {trigger_type: WEBHOOK, source: x, filter: event.data.size = 3}\n`,
    'etl.yaml:5:64: triggers[0].filter: character 17: "=" is not expected here; accepted: ==',
  ],
  [
    'a filter in quotes, at the mistake',
    `${HEAD}triggers:\n  - trigger_type: WEBHOOK\n    source: x\n    filter: 'event.type == "x" && evnt.size > 1'\n`,
    'etl.yaml:7:35: triggers[0].filter: character 22: evnt is not known; did you mean event?; accepted: event',
  ],
  [
    'a filter in JSON, at the mistake',
    '{"job_id": "etl", "job_type": "OUTPUT", "pipeline_modules": ["GAMMA"],\n "triggers": [{"trigger_type": "MESSAGE", "source": "x", "filter": "event.data.size >"}]}',
    'etl.yaml:2:86: triggers[0].filter: character 18: the expression ends where a value is expected; accepted: an expression in CEL, such as event.data.size > 100 && event.type == "upload"',
  ],
  [
    'a filter with escapes before the mistake, at its start',
    `${HEAD}triggers:\n  - trigger_type: WEBHOOK\n    source: x\n    filter: "event.type == \\"x\\" && size(event)"\n`,
    'etl.yaml:7:13: triggers[0].filter: character 22: an int is neither true nor false; accepted: a condition, such as event.data.size > 100',
  ],
  [
    'a filter of several lines, at its start',
    `${HEAD}triggers:\n  - trigger_type: WEBHOOK\n    source: x\n    filter: |\n      event.a == 1 &&\n      event.b = 2\n`,
    'etl.yaml:7:13: triggers[0].filter: line 2, character 9: "=" is not expected here; accepted: ==',
  ],
  [
    'a parameter_schema that is none, at the mistake',
    `${HEAD}parameter_schema:\n  properties:\n    day: {type: string, pattern: '^(?=2)'}\n`,
    'etl.yaml:6:34: parameter_schema.properties.day.pattern: is not a pattern: invalid or unsupported Perl syntax: `(?=`; accepted: a regular expression as RE2 reads it: without lookaround and backreferences',
  ],
  [
    'a default that contradicts the parameter_schema, at the default',
    `${HEAD}parameters: {limit: many}\nparameter_schema: {properties: {limit: {type: integer, minimum: 1}}}\n`,
    'etl.yaml:4:21: parameters.limit: is a text; accepted: a whole number of at least 1',
  ],
  [
    'a filter that is too long, once',
    `${HEAD}triggers: [{trigger_type: WEBHOOK, source: x, filter: ${'x'.repeat(4097)}}]\n`,
    'etl.yaml:4:55: triggers[0].filter: is above the maximum of 4096 characters; accepted: an expression of 1 to 4096 characters, or null',
  ],
  [
    'a merge of what is no mapping',
    `${HEAD}parameters: { <<: text }\n`,
    'etl.yaml:1:1: Merge sources must be maps or map aliases; accepted: a mapping, or an alias of one, for << (or "<<" in quotes as a name)',
  ],
  [
    'something not supported yet',
    `${HEAD}requires_approval: true\n`,
    'etl.yaml:4:20: requires_approval: changes cannot be held for approval yet; accepted: false',
  ],
];

describe('loadDefinitions', () => {
  it('checks the condition of a dependency, over upstream', () => {
    const condition = (source: string): string[] =>
      load(`${HEAD}dependencies: [{upstream_job_id: a, condition: ${source}}]\n`).problems;
    expect(condition('upstream.result.records_processed > 0')).toEqual([]);
    expect(condition('event.result.records_processed > 0')).toEqual([
      'etl.yaml:4:48: dependencies[0].condition: character 1: event is not known; accepted: upstream',
    ]);
  });

  it.each(INVALID)('refuses %s', (_what, text, problem) => {
    expect(load(text).problems).toEqual([problem]);
  });

  it.each(INFERRED)('refuses %s', (_what, text, problem) => {
    expect(load(text, { allowUnsupported: true }).problems).toEqual([problem]);
  });

  it('takes what is not supported yet for a reader that runs nothing', () => {
    const text = `${HEAD}requires_approval: true\n`;
    const { problems, warnings } = loadDefinitions([{ file: 'etl.yaml', text }], { allowUnsupported: true });
    expect({ problems, warnings }).toEqual({ problems: [], warnings: [] });
    expect(load(text)).toMatchObject({ problems: [{}], warnings: [] });
  });

  it('names every problem of every file at once', () => {
    const text = (jobType: string): string =>
      `job_id: ${jobType.toLowerCase()}\njob_type: ${jobType}\npipeline_modules: []\n`;
    const { problems } = loadDefinitions([
      { file: 'a.yaml', text: text('OUTPUT') },
      {
        file: 'b.json',
        text: '{"job_id": "b", "job_type": "OUTPUT", "pipeline_modules": ["GAMMA"], "enabled": 1, "version": 2}',
      },
    ]);
    expect(
      problems.map(({ file, line, column, field, value }) => [file, line, column, field, value]),
    ).toEqual([
      ['a.yaml', 3, 19, 'pipeline_modules', []],
      ['b.json', 1, 81, 'enabled', 1],
      ['b.json', 1, 95, 'version', 2],
    ]);
  });

  it('names both places of a job that is defined twice', () => {
    const { problems, definitions } = loadDefinitions([
      { file: 'a.yaml', text: `# first\n${HEAD}` },
      { file: 'b.yaml', text: `jobs:\n  - {job_id: etl, job_type: OUTPUT, pipeline_modules: [GAMMA]}\n` },
    ]);
    expect(problems.map(formatProblem)).toEqual([
      'b.yaml:2:14: jobs[0].job_id: etl is defined already at a.yaml:2:9; accepted: each once',
    ]);
    expect(definitions.jobs).toHaveLength(2);
  });

  it('reads one job, a list, a mapping and several documents, from YAML and JSON', () => {
    const list = '- {job_id: a, job_type: OUTPUT, pipeline_modules: [GAMMA]}\n';
    const { definitions, problems } = loadDefinitions([
      { file: 'a.yaml', text: `${HEAD}---\n${list}` },
      {
        file: 'b.json',
        text: '{"jobs": [{"job_id": "b", "job_type": "OUTPUT", "pipeline_modules": ["GAMMA"]}],\n\t"pools": [{"name": "small", "pool_concurrency_limit": 2}],\n\t"limits": {"global_max_concurrent": 5},\n\t"modules": {"MINE": {"kind": "command", "argv": ["cat"]}}}',
      },
    ]);
    expect(problems).toEqual([]);
    expect(definitions.jobs.map(({ job_id }) => job_id)).toEqual(['etl', 'a', 'b']);
    expect(definitions.pools).toEqual([{ name: 'small', pool_concurrency_limit: 2 }]);
    expect(definitions.limits).toEqual({ global_max_concurrent: 5 });
    expect(definitions.modules).toMatchObject({ MINE: { kind: 'command', argv: ['cat'], env: {} } });
  });

  it('takes anchors, aliases and merges, and finds what is wrong behind them', () => {
    const { definitions } = loadDefinitions([
      {
        file: 'a.yaml',
        text: `jobs:\n  - &base {job_id: a, job_type: OUTPUT, pipeline_modules: [GAMMA]}\n  - {<<: *base, job_id: b}\n`,
      },
    ]);
    expect(definitions.jobs.map(({ job_id, job_type }) => [job_id, job_type])).toEqual([
      ['a', 'OUTPUT'],
      ['b', 'OUTPUT'],
    ]);
  });

  it('refuses aliases that unfold without bounds', () => {
    const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x]'];
    for (let level = 1; level < 9; level++)
      lines.push(`a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(', ')}]`);
    expect(load(lines.join('\n')).problems).toEqual([expect.stringContaining('Excessive alias count')]);
  });

  it('refuses a text that is nested too deeply, or too large, with one problem', () => {
    expect(load('['.repeat(50_000)).problems).toEqual([
      'etl.yaml:1:1: is nested too deeply; accepted: fewer levels',
    ]);
    expect(load('x'.repeat(1024 * 1024 + 1)).problems).toEqual([
      'etl.yaml: is too large; accepted: at most 1048576 bytes',
    ]);
  });

  it('gives what others find wrong with a job its place', () => {
    const text =
      '- {job_id: load, job_type: OUTPUT, pipeline_modules: [GAMMA], dependencies: [{upstream_job_id: extrct}]}\n';
    const { locate } = loadDefinitions([{ file: 'etl.yaml', text: `${text}${text}` }]);
    const problem = { path: ['dependencies', 0, 'upstream_job_id'], reason: 'is lost', accepted: 'another' };
    expect(formatProblem(locate({ ...problem, job_id: 'load' }))).toBe(
      'etl.yaml:1:96: [0].dependencies[0].upstream_job_id: is lost; accepted: another',
    );
    expect(locate({ ...problem, job_id: 'elsewhere' })).toEqual({
      field: 'dependencies[0].upstream_job_id',
      reason: 'is lost',
      accepted: 'another',
    });
  });
});
