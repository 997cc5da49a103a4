import { existsSync, readdirSync, readFileSync } from 'node:fs';

import { describe, expect, it } from '@jest/globals';

import { DEFAULT_CONFIG } from '../config/parameters.js';
import { resolveJobDefinition } from '../definition/resolve-job-definition.js';
import { DEFAULT_GLOBAL_MAX_CONCURRENT } from '../schema/limits.js';
import { EVALUATION_ORDER } from './evaluation-order.js';
import { renderRulesDoc } from './render-rules-doc.js';
import { RULES, type Rule, type RuleField } from './rule-table.js';

const ROOT = new URL('../../../../', import.meta.url);

const RESOLVED = resolveJobDefinition(
  {
    job_id: 'a',
    job_type: 'INGESTION',
    pipeline_modules: ['ALPHA'],
    schedule: { schedule_type: 'CRON', cron_expression: '0 3 * * *' },
  },
  DEFAULT_CONFIG,
);

const OF_NAMESPACE: Readonly<Record<string, unknown>> = {
  'limits.global_max_concurrent': DEFAULT_GLOBAL_MAX_CONCURRENT,
  'limits.enforcement_mode': 'QUEUE',
};

function resolvedAt(field: string): unknown {
  if (field in OF_NAMESPACE) return OF_NAMESPACE[field];
  return field
    .split('.')
    .reduce<unknown>((of, name) => (of as Record<string, unknown> | undefined)?.[name], RESOLVED);
}

function expectedOf(of: RuleField['default']): unknown {
  if ('value' in of) return of.value;
  return 'parameter' in of ? DEFAULT_CONFIG[of.parameter] : undefined;
}

describe('the rules', () => {
  it('stand in docs/rules.md as in the tables', () => {
    expect(readFileSync(new URL('docs/rules.md', ROOT), 'utf8')).toBe(renderRulesDoc());
  });

  it('are seventeen, in order', () => {
    expect(RULES.map(({ number }) => number)).toEqual(Array.from({ length: 17 }, (_, at) => at + 1));
  });

  it('have a file under their own name, but for those that nothing decides yet', () => {
    const files = readdirSync(new URL('packages/core/src/rules', ROOT)).filter((file) =>
      /^\d\d-[a-z-]+\.ts$/.test(file),
    );
    const expected = RULES.filter(({ decided_in }: Rule) => decided_in.length > 0).map(
      ({ number, name }) =>
        `${String(number).padStart(2, '0')}-${name.toLowerCase().replaceAll(' ', '-')}.ts`,
    );
    expect(files.sort()).toEqual(expected);
  });

  it.each(RULES.flatMap((rule: Rule) => rule.decided_in))('%s is there', (file) => {
    expect(existsSync(new URL(file, ROOT))).toBe(true);
  });

  it.each(
    RULES.flatMap((rule: Rule) => rule.fields).filter((field) => expectedOf(field.default) !== undefined),
  )('$field has the default that the table says', (field) => {
    expect(resolvedAt(field.field)).toEqual(expectedOf(field.default));
  });
});

describe('the evaluation order', () => {
  it("is the specification's", () => {
    expect(EVALUATION_ORDER.map(({ step, name }) => `${String(step)}. ${name}`)).toEqual([
      '1. Execution Window Check',
      '2. Schedule Evaluation',
      '3. Dependency Check',
      '4. Skip If Running Check',
      '5. Resource Availability',
      '6. Priority Ordering',
      '7. Concurrency Limit',
      '8. Execution Start',
      '9. Heartbeat Monitoring',
      '10. Timeout Enforcement',
    ]);
  });

  it('has every rule that decides before the end, and no other', () => {
    const ordered = new Set<number>(EVALUATION_ORDER.flatMap(({ rules }) => [...rules]));
    expect([...ordered].sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 17]);
  });
});
