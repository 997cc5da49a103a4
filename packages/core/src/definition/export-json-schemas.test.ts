import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { exportJsonSchemas } from './export-json-schemas.js';

const folder = new URL('../../schemas/', import.meta.url);
const schemas = exportJsonSchemas();

/** Fields without a description, by their path. */
function undescribed(schema: unknown, path: string): string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties = {}, ...rest } = schema as { properties?: Record<string, { description?: string }> };
  const fields = Object.entries(properties).flatMap(([name, field]) => [
    ...(field.description === undefined ? [`${path}.${name}`] : []),
    ...undescribed(field, `${path}.${name}`),
  ]);
  return [
    ...fields,
    ...Object.entries(rest).flatMap(([name, member]) => undescribed(member, `${path}/${name}`)),
  ];
}

describe('exportJsonSchemas', () => {
  it('is what lies in schemas/', () => {
    expect(readdirSync(folder).sort()).toEqual(Object.keys(schemas).sort());
    for (const [file, schema] of Object.entries(schemas)) {
      expect(JSON.parse(readFileSync(new URL(file, folder), 'utf8'))).toEqual(
        JSON.parse(JSON.stringify(schema)),
      );
    }
  });

  it.each(Object.keys(schemas))('describes every field of %s', (file) => {
    expect(undescribed(schemas[file], file)).toEqual([]);
  });

  it('demands of an author only what a job cannot do without', () => {
    const schema = schemas['phi-definitions.schema.json'] as { $defs: { job: { required: string[] } } };
    expect(schema.$defs.job.required).toEqual(['job_id', 'job_type', 'pipeline_modules']);
  });
});
