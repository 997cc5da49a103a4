import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from '@jest/globals';

const CLI = fileURLToPath(new URL('../../../apps/cli/dist/main.js', import.meta.url));
const FOLDER = fileURLToPath(new URL('./files', import.meta.url));

interface Expected {
  readonly line: number;
  readonly column: number;
  readonly field: string;
  readonly reason: string;
  readonly accepted: string;
}

const at = (line: number, column: number, field: string, reason: string, accepted: string): Expected => ({
  line,
  column,
  field,
  reason,
  accepted,
});

/** Parts of the reason and of what is accepted; everything else word for word. */
const EXPECTED: Readonly<Record<string, readonly Expected[]>> = {
  'bad-parameter-schema.json': [
    at(10, 48, 'parameter_schema.properties.limit.minimun', 'did you mean minimum?', 'minimum'),
    at(11, 27, 'parameter_schema.properties.region.$ref', 'outside of the schema', '#/$defs/name'),
  ],
  'cron-out-of-range.yaml': [at(7, 24, 'jobs[0].schedule.cron_expression', 'minute: 61', '0-59')],
  'cycle.yaml': [
    at(11, 26, 'jobs[1].dependencies[0].upstream_job_id', 'extract → shape → publish → extract', 'remove one of these 3'),
  ],
  'depends-on-itself.yaml': [
    at(6, 22, 'dependencies[0].upstream_job_id', 'is the job itself', 'another job'),
  ],
  'ends-before-it-starts.yaml': [
    at(8, 13, 'schedule.end_date', 'is before start_date', '2026-12-01 or a later date'),
  ],
  'missing-modules.yaml': [at(6, 5, 'jobs[1].pipeline_modules', 'is required', 'a list')],
  'out-of-range.yaml': [
    at(5, 22, 'jobs[0].timeout_seconds', 'below the minimum of 1', 'a whole number from 1 to 2592000'),
    at(8, 22, 'jobs[0].retry_policy.jitter_factor', 'above the maximum of 1', 'a number from 0 to 1'),
  ],
  'repeated-job.yaml': [at(6, 9, 'job_id', 'load is defined already at repeated-job.yaml:2:13', 'each once')],
  'repeated-key.yaml': [at(4, 1, '', 'Map keys must be unique', 'YAML or JSON')],
  'unknown-field.yaml': [at(4, 1, 'retry_polcy', 'did you mean retry_policy?', 'retry_policy')],
  'unknown-timezone.yaml': [at(5, 78, 'jobs[0].schedule.timezone', 'is not a time zone', 'Europe/Berlin')],
  'wrong-job-type.yaml': [
    at(2, 13, '[0].job_type', '"INGEST"', 'INGESTION, TRANSFORMATION, OUTPUT, COMPOSITE'),
  ],
  'wrong-schedule-field.json': [
    at(
      7,
      19,
      'jobs[0].schedule.interval_seconds',
      'is required with schedule_type INTERVAL',
      'whole seconds',
    ),
    at(
      7,
      69,
      'jobs[0].schedule.cron_expression',
      'does not go with schedule_type INTERVAL',
      'interval_seconds alone',
    ),
    at(8, 18, 'jobs[0].enabled', 'is the text "yes"', 'true or false'),
  ],
};

function validate(...args: string[]): { status: number | null; stdout: string } {
  return spawnSync(process.execPath, [CLI, 'validate', ...args], { cwd: FOLDER, encoding: 'utf8' });
}

describe('invalid definitions', () => {
  it('are each expected to be refused', () => {
    expect(readdirSync(FOLDER).sort()).toEqual(Object.keys(EXPECTED).sort());
  });

  it.each(Object.entries(EXPECTED))(
    '%s is refused with place, field, reason and what is accepted',
    (file, expected) => {
      const { status, stdout } = validate(file);
      expect(status).toBe(2);
      const lines = stdout.trimEnd().split('\n');
      expect(lines).toHaveLength(expected.length + 1);
      for (const [index, { line, column, field, reason, accepted }] of expected.entries()) {
        const [before = '', after = ''] = (lines[index] ?? '').split('; accepted: ');
        const place = `${file}:${String(line)}:${String(column)}: ${field === '' ? '' : `${field}: `}`;
        expect(before.startsWith(place) ? place : before).toBe(place);
        expect(before.slice(place.length)).toContain(reason);
        expect(after).toContain(accepted);
      }
    },
  );

  it.each(Object.entries(EXPECTED))('%s is refused as data, too', (file, expected) => {
    const { status, stdout } = validate(file, '-o', 'json');
    expect(status).toBe(2);
    const report: unknown = JSON.parse(stdout);
    expect(report).toMatchObject({
      valid: false,
      problems: expected.map(({ line, column, field, reason, accepted }) => ({
        file,
        line,
        column,
        field,
        reason: expect.stringContaining(reason),
        accepted: expect.stringContaining(accepted),
      })),
    });
  });

  it('are all named at once when a directory is given', () => {
    const { status, stdout } = validate('.', '-o', 'json');
    expect(status).toBe(2);
    const report = JSON.parse(stdout) as { readonly problems: readonly { readonly file: string }[] };
    const named = new Set(report.problems.map(({ file }) => path.basename(file)));
    expect([...named].sort()).toEqual(Object.keys(EXPECTED).sort());
  });
});
