import { describe, expect, it } from '@jest/globals';
import { CONTRACT_PROBLEMS } from './contract-problem.js';
import { jobKey } from './job-key.js';
import { jobRequestSchema } from './job-request.js';
import { jobRefSchema, jobStatusSchema } from './job-status.js';
import { renderContractOpenApi } from './render-contract-openapi.js';
import { requestFingerprint } from './request-fingerprint.js';

const execution_context = {
  execution_id: 'e-2',
  job_id: 'job',
  run_id: 'r-1',
  attempt_number: 2,
  chain_id: 'e-1',
  fence: 7,
  stage: 'ALPHA',
};

/** Every `$ref` of a document, and what is there to refer to. */
const references = (value: unknown): string[] => {
  if (typeof value !== 'object' || value === null) return [];
  const own = '$ref' in value && typeof value.$ref === 'string' ? [value.$ref] : [];
  return [...own, ...Object.values(value).flatMap(references)];
};

describe('the module contract', () => {
  it('takes each type of request with parameters of its own', () => {
    const source = { source: { path: 'in.csv' } };
    expect(
      jobRequestSchema.parse({ type: 'INGESTION', parameters: source, execution_context }),
    ).toMatchObject({
      inputs: { stages: {}, jobs: {} },
      delivered: [],
    });
    const generic = { type: 'GENERIC', parameters: { any: ['thing'] }, execution_context };
    expect(jobRequestSchema.safeParse(generic).success).toBe(true);
    const wrong = jobRequestSchema.safeParse({ ...generic, type: 'OUTPUT' });
    expect(wrong.error?.issues.map(({ path }) => path.join('.'))).toContain('parameters.destinations');
  });

  it('refuses references that would be another path', () => {
    for (const ref of ['..', '.', 'a/b', '', 'a?b', 'a#b', 'a%2fb'])
      expect(jobRefSchema.safeParse(ref).success).toBe(false);
    expect(jobRefSchema.safeParse('0199-ab_c.d:e~f').success).toBe(true);
  });

  it('takes a job for the same by the work asked for, not by who asks', () => {
    const request = { type: 'GENERIC', parameters: { a: 1, b: [{ c: 2, d: 3 }] } } as const;
    const inputs = { stages: {}, jobs: { up: { batch: 'x' } } };
    const one = requestFingerprint({ ...request, inputs });
    const reordered = { b: [{ d: 3, c: 2 }], a: 1 };
    expect(requestFingerprint({ ...request, parameters: reordered, inputs })).toBe(one);
    for (const other of [
      { ...request, inputs: { stages: {}, jobs: {} } },
      { ...request, parameters: { ...request.parameters, a: 2 }, inputs },
      { ...request, type: 'INGESTION', inputs } as const,
    ])
      expect(requestFingerprint(other)).not.toBe(one);
  });

  it('has a key for each generation of a stage of a chain', () => {
    expect(jobKey('e-1', 'ALPHA', 2)).toBe('e-1/ALPHA/2');
  });

  it('is published whole: every reference leads somewhere, every problem stands under its status', () => {
    const document = JSON.parse(renderContractOpenApi()) as {
      paths: Record<string, Record<string, { responses: object }>>;
      components: { schemas: Record<string, object> };
    };
    const known = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(references(document).filter((ref) => !known.includes(ref))).toEqual([]);
    const text = JSON.stringify(document.paths);
    for (const [code, { status }] of Object.entries(CONTRACT_PROBLEMS))
      expect({ code, there: text.includes(code), status: text.includes(`"${String(status)}"`) }).toEqual({
        code,
        there: true,
        status: true,
      });
  });

  it('needs of a status only what names the job', () => {
    const status = { ref: 'r', idempotency_key: 'k', state: 'RUNNING', sequence: 3 };
    expect(jobStatusSchema.parse(status)).toMatchObject({ outputs: {}, published: [] });
    expect(jobStatusSchema.safeParse({ ...status, sequence: -1 }).success).toBe(false);
  });
});
