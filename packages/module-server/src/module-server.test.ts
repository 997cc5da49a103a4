import { once } from 'node:events';
import { appendFile, readFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import type { JobList, JobLogs, JobStatus } from '@phi/modules';
import { contractProblemSchema, jobStatusSchema } from '@phi/modules';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Webhook } from 'standardwebhooks';

import { genericRequest, ServerFixture } from './testing/server-fixture.js';

// Whole processes start in these, several one after another.
jest.setTimeout(120_000);

let fixture: ServerFixture;

/** One server for all tests of a block: their keys differ. */
const withOneServer = (): void => {
  beforeAll(async () => {
    fixture = await ServerFixture.create();
    await fixture.open();
  });
  afterAll(() => fixture.cleanup());
};

/** A directory for each test of a block. */
const withServersOfItsOwn = (): void => {
  beforeEach(async () => {
    fixture = await ServerFixture.create();
  });
  afterEach(() => fixture.cleanup());
};

const refOf = async (key: string, request: unknown): Promise<string> => {
  const { status, body } = await fixture.submit(key, request);
  expect({ status, body }).toMatchObject({ status: 202 });
  return body.ref;
};

const cancel = (ref: string, headers: Record<string, string> = {}) =>
  fixture.ask<JobStatus>('DELETE', `/v1/jobs/${ref}`, { headers });

describe('a job', () => {
  withOneServer();

  it('runs in a child with parameters, inputs and a checkpoint, and ends with what it reported', async () => {
    const request = {
      ...genericRequest('ECHO', { a: 1 }),
      inputs: { stages: { ALPHA: { batch: 'b' } }, jobs: { up: { batch: 'c' } } },
    };
    const ref = await refOf('k', request);
    const status = await fixture.ended(ref);
    expect(jobStatusSchema.parse(status)).toMatchObject({
      ref,
      idempotency_key: 'k',
      state: 'SUCCEEDED',
      records_processed: 2,
      records_failed: 1,
      progress: { records: 2 },
    });
    expect(JSON.parse(status.outputs['seen'] ?? '')).toEqual({
      parameters: { a: 1 },
      inputs: request.inputs,
    });
  });

  it('keeps the error of a body, with the category that Phi knows for its code', async () => {
    const ended = async (key: string, stage: string, parameters = {}) =>
      (await fixture.ended(await refOf(key, genericRequest(stage, parameters)))).error;
    expect(await ended('a', 'FAIL', { code: 'EXEC_018_CONNECTION_FAILED' })).toMatchObject({
      code: 'EXEC_018_CONNECTION_FAILED',
      category: 'TRANSIENT',
      message: 'no luck',
    });
    expect(await ended('b', 'FAIL')).toMatchObject({ code: 'EXEC_006_MODULE_FAILED' });
    expect(await ended('c', 'SELF_KILL')).toMatchObject({ code: 'EXEC_014_NATIVE_CRASH' });
  });

  it('is resumed from the checkpoint that the one before had left', async () => {
    const first = await fixture.ended(await refOf('e/S/1', genericRequest('CHECKPOINTED', { fail: true })));
    expect(first).toMatchObject({ state: 'FAILED', checkpoint: 'half way' });
    const next = { ...genericRequest('CHECKPOINTED'), checkpoint: first.checkpoint };
    expect((await fixture.ended(await refOf('e/S/2', next))).outputs).toEqual({ from: 'half way' });
  });

  it('tells of datasets and lines that it wrote', async () => {
    const published = await fixture.ended(await refOf('p', genericRequest('PUBLISHING', { dataset: 'd' })));
    expect(published.published).toEqual(['d']);
    const ref = await refOf('e', genericRequest('ECHO'));
    await fixture.ended(ref);
    const { lines } = (await fixture.ask<JobLogs>('GET', `/v1/jobs/${ref}/logs`)).body;
    expect(lines.map(({ message }) => message).toSorted()).toEqual([
      'echoing',
      'printed whole',
      'printed without an end',
    ]);
    const rest = await fixture.ask<JobLogs>('GET', `/v1/jobs/${ref}/logs?after=2`);
    expect(rest.body.lines.map(({ sequence }) => sequence)).toEqual([3]);
  });

  it('has a sequence that grows with each change', async () => {
    const { body } = await fixture.submit('w', genericRequest('WAIT'));
    const begun = await fixture.begun(body.ref);
    const gone = await cancel(body.ref);
    expect(body.sequence).toBeLessThan(begun.sequence);
    expect(begun.sequence).toBeLessThan(gone.body.sequence);
  });
});

describe('an Idempotency-Key', () => {
  withOneServer();

  it('has one job however often and however closely it is submitted, ended ones too', async () => {
    const request = genericRequest('WHO_AM_I');
    const answers = await Promise.all(Array.from({ length: 8 }, () => fixture.submit('k', request)));
    expect(new Set(answers.map(({ body }) => body.ref)).size).toBe(1);
    const ref = answers[0]?.body.ref ?? '';
    await fixture.ended(ref);
    // Another attempt: other context, the same work.
    const again = await fixture.submit('k', genericRequest('WHO_AM_I', {}, { attempt_number: 2, fence: 2 }));
    expect(again).toMatchObject({ status: 202, body: { ref, state: 'SUCCEEDED' } });
    expect((await fixture.ask<JobList>('GET', '/v1/jobs?prefix=k')).body.jobs).toHaveLength(1);
  });

  it('refuses other work under it', async () => {
    await refOf('other', genericRequest('ECHO', { a: 1 }));
    expect(await fixture.submit('other', genericRequest('ECHO', { a: 2 }))).toMatchObject({
      status: 409,
      body: { code: 'KEY_REUSED' },
    });
  });
});

describe('a stop', () => {
  withOneServer();

  it('is confirmed once the body is gone, any number of times', async () => {
    const ref = await refOf('k', genericRequest('WAIT'));
    await fixture.begun(ref);
    expect(await cancel(ref)).toMatchObject({ status: 200, body: { state: 'CANCELLED' } });
    expect(await cancel(ref)).toMatchObject({ status: 200, body: { state: 'CANCELLED' } });
    expect(await fixture.status(ref)).toMatchObject({ state: 'CANCELLED' });
  });

  it('comes too late for a job that has ended', async () => {
    const ref = await refOf('late', genericRequest('WHO_AM_I'));
    await fixture.ended(ref);
    expect(await cancel(ref)).toMatchObject({ status: 409, body: { ref, state: 'SUCCEEDED' } });
  });
});

describe('a fence', () => {
  withOneServer();

  it('keeps earlier attempts from submitting and cancelling', async () => {
    const ref = await refOf('k', genericRequest('WAIT', {}, { fence: 5 }));
    await fixture.begun(ref);
    expect(await fixture.submit('k', genericRequest('WAIT', {}, { fence: 4 }))).toMatchObject({
      status: 409,
      body: { code: 'STALE_FENCE' },
    });
    expect(await cancel(ref, { 'phi-fence': '4' })).toMatchObject({
      status: 409,
      body: { code: 'STALE_FENCE' },
    });
    // A later attempt that only looks is a later attempt.
    await fixture.ask('GET', `/v1/jobs/${ref}`, { headers: { 'phi-fence': '9' } });
    expect(await cancel(ref, { 'phi-fence': '8' })).toMatchObject({ status: 409 });
    expect(await cancel(ref, { 'phi-fence': '9' })).toMatchObject({ status: 200 });
  });

  it('is of one stage of one chain', async () => {
    await refOf('a', genericRequest('ECHO', {}, { fence: 5 }));
    await refOf('b', genericRequest('WHO_AM_I', {}, { fence: 1 }));
    await refOf('c', genericRequest('ECHO', {}, { fence: 1, chain_id: 'e-2' }));
  });
});

describe('the list', () => {
  withOneServer();

  it('finds jobs by key, by the beginning of their keys and by state', async () => {
    const ended = await refOf('e-1/ECHO/1', genericRequest('ECHO'));
    await fixture.ended(ended);
    const running = await refOf('e-1/WAIT/1', genericRequest('WAIT'));
    await refOf('e-2/ECHO/1', genericRequest('ECHO', {}, { chain_id: 'e-2' }));
    const refs = async (query: string) =>
      (await fixture.ask<JobList>('GET', `/v1/jobs?${query}`)).body.jobs.map(({ ref }) => ref);
    await fixture.begun(running);
    expect(await refs('prefix=e-1/')).toEqual([ended, running]);
    expect(await refs('prefix=e-1/&state=RUNNING')).toEqual([running]);
    expect(await refs('idempotency_key=e-1/ECHO/1')).toEqual([ended]);
    expect(await refs('prefix=e-3/')).toEqual([]);
  });
});

describe('a request that is refused', () => {
  withOneServer();

  const refusals: [string, () => Promise<{ status: number; body: unknown }>, number, string][] = [
    ['no key', () => fixture.submit('', genericRequest('ECHO')), 400, 'Idempotency-Key'],
    ['no JSON', () => fixture.submit('k', '{'), 400, 'JSON'],
    ['no request', () => fixture.submit('k', {}), 400, 'type'],
    [
      'a missing context',
      () => fixture.submit('k', { type: 'GENERIC', parameters: {} }),
      400,
      'execution_context: is required',
    ],
    [
      'wrong parameters',
      () => fixture.submit('k', { ...genericRequest('BETA'), type: 'TRANSFORMATION' }),
      400,
      'parameters.profile: is required',
    ],
    ['a module that is not there', () => fixture.submit('k', genericRequest('NOBODY')), 400, 'NOBODY is not'],
    [
      'more than a mebibyte',
      () => fixture.submit('k', genericRequest('ECHO', { a: 'x'.repeat(1024 * 1024) })),
      413,
      'large',
    ],
    [
      'deep JSON',
      () => fixture.submit('k', `{"parameters":${'['.repeat(50_000)}${']'.repeat(50_000)}}`),
      400,
      'nested too deeply',
    ],
    ['an unknown job', () => fixture.ask('GET', '/v1/jobs/none'), 404, 'none'],
    ['to stop an unknown job', () => fixture.ask('DELETE', '/v1/jobs/none'), 404, 'none'],
    ['lines of an unknown job', () => fixture.ask('GET', '/v1/jobs/none/logs'), 404, 'none'],
    ['a wrong query', () => fixture.ask('GET', '/v1/jobs?state=GONE'), 400, 'state'],
    ['a route of its own', () => fixture.ask('GET', '/v1/other'), 404, '/v1/other'],
  ];
  it.each(refusals)('%s: is told what is wrong', async (_name, ask, status, said) => {
    const answer = await ask();
    expect(contractProblemSchema.parse(answer.body)).toMatchObject({
      status,
      detail: expect.stringContaining(said),
    });
    expect(answer.status).toBe(status);
  });
});

describe('a server with other options', () => {
  withServersOfItsOwn();

  it('does not confirm a stop while the body goes on', async () => {
    await fixture.open({ gracefulMs: 2500 });
    const ref = await refOf('k', genericRequest('DEAF'));
    await fixture.begun(ref);
    expect(await cancel(ref)).toMatchObject({ status: 202, body: { state: 'RUNNING' } });
    expect(await fixture.ended(ref)).toMatchObject({ state: 'CANCELLED' });
  });

  it('takes a job that waits out of the line', async () => {
    await fixture.open({ parallelism: 1 });
    const running = await refOf('a', genericRequest('WAIT'));
    const waiting = await refOf('b', genericRequest('WAIT'));
    expect(await cancel(waiting)).toMatchObject({ status: 200, body: { state: 'CANCELLED' } });
    expect(await fixture.status(running)).toMatchObject({ state: 'RUNNING' });
  });

  it('tells when to come again, where too much runs', async () => {
    await fixture.open({ parallelism: 1, waiting: 1 });
    await refOf('a', genericRequest('WAIT'));
    await refOf('b', genericRequest('WAIT'));
    const refused = await fixture.submit('c', genericRequest('WAIT'));
    expect(refused).toMatchObject({ status: 429, body: { code: 'OVERLOADED' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    // What is there is found all the same.
    expect(await fixture.submit('a', genericRequest('WAIT'))).toMatchObject({ status: 202 });
  });

  it('lets nobody in without its token', async () => {
    await fixture.open({ token: 'right' });
    const ask = async (authorization?: string) =>
      (
        await fixture.ask('GET', '/v1/module', {
          headers: authorization === undefined ? {} : { authorization },
        })
      ).status;
    expect([await ask(), await ask('Bearer wrong'), await ask('Bearer right')]).toEqual([401, 401, 200]);
  });
});

describe('what is remembered', () => {
  withServersOfItsOwn();

  it('is bounded: the oldest ends are forgotten, never what runs', async () => {
    await fixture.open({ keepJobs: 2, parallelism: 1 });
    const first = await refOf('a', genericRequest('ECHO'));
    await fixture.ended(first);
    const running = await refOf('b', genericRequest('WAIT'));
    expect(await refOf('a', genericRequest('ECHO'))).toBe(first);
    await refOf('c', genericRequest('WAIT'));
    expect((await fixture.ask('GET', `/v1/jobs/${first}`)).status).toBe(404);
    expect(await fixture.submit('d', genericRequest('WAIT'))).toMatchObject({ status: 429 });
    expect(await fixture.status(running)).toMatchObject({ ref: running });
  });

  it('outlives a restart: ends as they were, the rest FAILED for now, keys and fences as before', async () => {
    const server = await fixture.open();
    const ended = await refOf('e-1/ECHO/1', genericRequest('ECHO', {}, { fence: 5 }));
    const before = await fixture.ended(ended);
    await server.stop(0);
    expect((await fixture.open()).interrupted).toBe(0);
    expect(await fixture.status(ended)).toEqual({ ...before, progress: undefined });
    expect(await fixture.submit('e-1/ECHO/1', genericRequest('ECHO', {}, { fence: 4 }))).toMatchObject({
      body: { code: 'STALE_FENCE' },
    });
    expect(await refOf('e-1/ECHO/1', genericRequest('ECHO', {}, { fence: 5 }))).toBe(ended);
  });

  it('has no parameters on the disk: secrets are in them', async () => {
    await fixture.open();
    const request = {
      ...genericRequest('FAIL', { password: 'hunter2' }),
      callback: { url: 'http://127.0.0.1:1/', secret: 'whsec_aHVudGVyMw==' },
    };
    await fixture.ended(await refOf('k', request));
    const journal = await readFile(join(fixture.directory, 'state', 'jobs.ndjson'), 'utf8');
    expect(journal).toContain('ENDED');
    expect(journal).not.toMatch(/hunter2|aHVudGVyMw/);
  });

  it('does not mind a line that was cut off, and does not guess at any other', async () => {
    const server = await fixture.open();
    const ref = await refOf('k', genericRequest('WHO_AM_I'));
    await fixture.ended(ref);
    await server.stop(0);
    const path = join(fixture.directory, 'state', 'jobs.ndjson');
    await appendFile(path, '{"type":"ENDED","ref":');
    await (await fixture.open()).stop(0);
    await appendFile(path, '{"type":"ENDED"}\n');
    await expect(fixture.open()).rejects.toThrow(/jobs\.ndjson:\d+ cannot be read/);
  });

  it('is of one server at a time', async () => {
    const server = await fixture.open();
    await expect(fixture.open()).rejects.toThrow('is used by another module server');
    await server.stop(0);
    await fixture.open();
  });
});

describe('a server that is stopped', () => {
  withServersOfItsOwn();

  it('lets what runs come to its end, begins nothing, and says so', async () => {
    const server = await fixture.open({ parallelism: 1 });
    const running = await refOf('a', genericRequest('WAIT'));
    await fixture.begun(running);
    const waiting = await refOf('b', genericRequest('WAIT'));
    const stopping = server.stop(60_000);
    expect(await fixture.ended(waiting)).toMatchObject({
      state: 'FAILED',
      error: { code: 'SERVER_STOPPED', category: 'TRANSIENT' },
    });
    expect(await fixture.submit('c', genericRequest('WAIT'))).toMatchObject({
      status: 503,
      body: { code: 'UNAVAILABLE' },
    });
    await cancel(running);
    expect(await stopping).toEqual({ finished: 1, aborted: 1 });
  });

  it('stops what outlasts the grace, for another attempt', async () => {
    const server = await fixture.open();
    const ref = await refOf('a', genericRequest('WAIT'));
    await fixture.begun(ref);
    expect(await server.stop(0)).toEqual({ finished: 0, aborted: 1 });
    await fixture.open();
    expect(await fixture.status(ref)).toMatchObject({ state: 'FAILED', error: { category: 'TRANSIENT' } });
  });
});

describe('a callback', () => {
  withServersOfItsOwn();

  interface Received {
    readonly headers: IncomingHttpHeaders;
    readonly body: string;
  }

  /** Answers with the statuses in turn, the last one for good. */
  const listener = async (statuses: number[]) => {
    const received: Received[] = [];
    const server = createServer((request, response) => {
      void text(request).then((body) => {
        received.push({ headers: request.headers, body });
        response.writeHead(statuses[received.length - 1] ?? statuses.at(-1) ?? 204).end();
        server.emit('received');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return {
      received,
      url: `http://127.0.0.1:${String(port)}/cb`,
      until: async (count: number): Promise<void> => {
        while (received.length < count) await once(server, 'received');
      },
      close: () => server.close(),
    };
  };
  const secret = `whsec_${Buffer.from('thirty-two bytes for a signature').toString('base64')}`;
  const stateOf = ({ body }: Received): string => jobStatusSchema.parse(JSON.parse(body)).state;

  it('is signed, and tells of each change of state', async () => {
    await fixture.open();
    const { received, url, until, close } = await listener([204]);
    try {
      const ref = await refOf('k', { ...genericRequest('WAIT'), callback: { url, secret } });
      await until(1);
      await cancel(ref);
      await until(2);
      expect(received.map(stateOf)).toEqual(['RUNNING', 'CANCELLED']);
      for (const { body, headers } of received)
        expect(new Webhook(secret).verify(body, headers as Record<string, string>)).toMatchObject({ ref });
    } finally {
      close();
    }
  });

  it('is repeated where it may be taken later, as the same message', async () => {
    await fixture.open();
    const { received, url, until, close } = await listener([503, 500, 204]);
    try {
      await refOf('k', { ...genericRequest('WAIT'), callback: { url, secret } });
      await until(3);
      expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    } finally {
      close();
    }
  });

  it('is given up where it is refused', async () => {
    const warnings: object[] = [];
    let tell = (): void => undefined;
    const told = new Promise<void>((resolve) => (tell = resolve));
    const log = {
      ...fixture.options.log,
      warn: (fields: object) => {
        warnings.push(fields);
        tell();
      },
    };
    await fixture.open({ log });
    const { received, url, close } = await listener([401]);
    try {
      await refOf('k', { ...genericRequest('WAIT'), callback: { url, secret } });
      await told;
      expect(warnings).toMatchObject([{ url, reason: 'answered 401' }]);
      expect(received).toHaveLength(1);
    } finally {
      close();
    }
  });
});
