import { randomUUID } from 'node:crypto';

import { freePort } from '@phi/testkit';
import { afterEach, describe, expect, it } from '@jest/globals';

import { CHECKS } from './checks/index.js';
import { testModule, type CheckResult, type ModuleTestOptions } from './run-checks.js';
import { StubModule, type Fault } from './testing/stub-module.js';

const TOKEN = 'let me in';
const GENERIC = { type: 'GENERIC' as const, stage: 'STUB' };

let stub: StubModule | undefined;
afterEach(() => stub?.stop());

const testStub = async (
  fault: Fault | undefined,
  more: Partial<ModuleTestOptions> = {},
): Promise<CheckResult[]> => {
  stub = await StubModule.start(TOKEN, fault);
  return testModule({
    url: stub.url,
    token: TOKEN,
    quick: { ...GENERIC, parameters: {} },
    slow: { ...GENERIC, parameters: { slow: true } },
    timeoutMs: 20_000,
    checks: CHECKS,
    signal: new AbortController().signal,
    newId: randomUUID,
    now: Date.now,
    ...more,
  });
};

/** Each check, and what it must find: the fault, what is said of it, and how long is waited for a module that does nothing. */
const FAULTS: readonly (readonly [check: string, fault: Fault, said: string, timeoutMs?: number])[] = [
  ['describes-itself', 'other-version', 'version 2.0 of the contract'],
  ['describes-itself', 'no-description', 'GET /v1/module answered 404'],
  ['demands-token', 'no-token', 'answered 200; expected 401 or 403'],
  ['accepts', 'accepts-with-200', 'answered 200; expected 202'],
  ['accepts', 'no-ref', 'ref:'],
  ['accepts', 'other-key', 'with the job of the key "another"'],
  ['accepts', 'redirects', 'answered 307'],
  ['accepts', 'no-json', 'not with JSON: fine'],
  ['accepts', 'huge-answers', 'more than 1048576 bytes'],
  ['accepts', 'hangs', 'had not ended after 0.2 s', 200],
  ['requires-key', 'no-key-needed', 'answered 202; expected 400 or 422'],
  ['refuses-invalid', 'takes-anything', 'answered 202; expected 400 or 422'],
  ['refuses-invalid', 'errors-as-html', 'as text/html; expected application/problem+json'],
  ['refuses-invalid', 'wrong-problem-status', 'the problem has the status 418'],
  ['refuses-malformed', 'malformed-500', 'answered 500; expected 400 or 422'],
  ['survives-large-body', 'large-500', 'answered 500'],
  ['same-key-same-job', 'job-per-post', 'the same request made'],
  ['same-key-same-job', 'job-per-attempt', 'a later attempt made'],
  ['same-key-same-job', 'forgets-ended', 'after the end of'],
  ['same-key-at-once', 'race', '8 submissions made'],
  ['same-key-at-once', 'lists-twice', '2 jobs of one key'],
  ['other-work-refused', 'same-job-for-other-work', 'answered 202; expected 409'],
  ['other-work-refused', 'other-code', 'with the code CONFLICT; expected KEY_REUSED'],
  ['next-generation', 'one-generation', 'answered with the job of'],
  ['comes-to-an-end', 'never-ends', 'had not ended after 0.4 s', 400],
  ['comes-to-an-end', 'cancels-itself', 'nobody had asked for it'],
  ['comes-to-an-end', 'answers-for-another', 'with the job another'],
  ['reports-its-result', 'no-counts', 'records_processed'],
  ['reports-its-result', 'no-error', 'FAILED without an error'],
  ['sequence-grows', 'sequence-falls', 'sequence 1 of'],
  ['sequence-grows', 'sequence-stays', 'from ACCEPTED to RUNNING with the same sequence'],
  ['states-go-forward', 'goes-back', 'from RUNNING back to ACCEPTED'],
  ['progress-grows', 'progress-falls', 'progress fell from'],
  ['progress-grows', 'progress-beyond-total', 'records of 1'],
  ['end-is-an-end', 'delete-changes-end', 'is CANCELLED after DELETE'],
  ['end-is-an-end', 'delete-of-end-200', 'answered 200; expected 409'],
  ['end-is-an-end', 'end-changes', 'is FAILED after DELETE'],
  ['unknown-job', 'unknown-200', 'answered 200; expected 404'],
  ['unknown-job', 'unknown-stop-200', 'answered 200; expected 404'],
  ['unknown-job', 'errors-as-html', 'expected application/problem+json'],
  ['lists-jobs', 'lists-all', 'expected []'],
  ['lists-jobs', 'ignores-state', 'expected []'],
  ['lists-jobs', 'no-list', 'answered 404; expected 200'],
  ['cancels', 'confirms-at-once', 'answered 200 for a job that is ACCEPTED; expected 202'],
  ['cancels', 'revives', 'was CANCELLED, and is RUNNING'],
  ['cancels', 'never-stops', 'had not ended after 0.4 s', 400],
  ['cancels-again', 'stops-once', 'answered 404; expected 200'],
  ['refuses-stale-fence', 'no-fences', 'answered 202; expected 409'],
  ['refuses-stale-fence', 'fences-submit-only', 'answered 200; expected 409'],
  ['calls-back', 'no-callback', 'no callback came to http://127.0.0.1', 5000],
  ['calls-back', 'unsigned', 'without webhook-signature'],
  ['calls-back', 'wrong-signature', 'webhook-signature is not that of Standard Webhooks'],
  ['calls-back', 'old-timestamp', 'webhook-timestamp is 360'],
  ['calls-back', 'callback-of-another', 'the callback tells of another'],
  ['calls-back', 'callback-without-status', 'is no job status'],
  ['calls-back', 'callback-no-json', 'is no JSON'],
  ['keeps-logs', 'lines-out-of-order', 'do not grow: 2, 1'],
  ['keeps-logs', 'ignores-after', 'after=2 has the line 1'],
  ['takes-checkpoint-back', 'refuses-checkpoint', 'answered 400; expected 202'],
];

describe('a module that keeps the contract', () => {
  it('passes every check, and nothing of it is left running', async () => {
    const told: string[] = [];
    const results = await testStub(undefined, { onResult: ({ name }) => told.push(name) });
    expect(results.filter(({ status }) => status !== 'PASSED')).toEqual([]);
    expect(told).toEqual(CHECKS.map(({ name }) => name));
    expect(stub?.running).toBe(0);
  });
});

describe('each check', () => {
  it('has a module that fails it', () => {
    expect([...new Set(FAULTS.map(([check]) => check))].toSorted()).toEqual(
      CHECKS.map(({ name }) => name).toSorted(),
    );
  });

  it.each(FAULTS)('%s finds out: %s', async (name, fault, said, timeoutMs = 20_000) => {
    const checks = CHECKS.filter((check) => check.name === name);
    const [result] = await testStub(fault, { checks, timeoutMs });
    expect(result).toMatchObject({ name, status: 'FAILED', message: expect.stringContaining(said) });
  });
});

describe('the test', () => {
  it('fails every check where nobody answers', async () => {
    const url = `http://127.0.0.1:${String(await freePort())}`;
    const results = await testStub(undefined, { url });
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(['FAILED']));
    expect(results[0]?.message).toContain('had no answer: connect ECONNREFUSED');
  });

  it('skips what it does not know how to do, and says what would tell it', async () => {
    const checks = CHECKS.filter(({ name }) => ['cancels', 'demands-token'].includes(name));
    const { slow: _, token: __, ...rest } = { slow: undefined, token: undefined, checks };
    stub = await StubModule.start(TOKEN, 'no-token');
    const results = await testModule({
      url: stub.url,
      timeoutMs: 20_000,
      signal: new AbortController().signal,
      newId: randomUUID,
      now: Date.now,
      ...rest,
    });
    expect(results.map(({ status, message }) => [status, message])).toEqual([
      ['SKIPPED', expect.stringContaining('--token')],
      ['SKIPPED', expect.stringContaining('--slow-request')],
    ]);
  });

  it('ends at once when it is told to', async () => {
    const controller = new AbortController();
    const testing = testStub('hangs', { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(testing).rejects.toThrow('enough');
  });
});
