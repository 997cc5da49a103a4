import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';

import { handlers } from './fixture/handlers.js';
import { Phi } from './fixture/phi.js';

const CANARY = 'c4nary-Tr0ub4dor&3/x';
const FORMS = [
  CANARY,
  Buffer.from(CANARY).toString('base64'),
  // Within "user:…": what of it does not depend on its neighbours.
  Buffer.from(`user:${CANARY}`).toString('base64').slice(7, -3),
  encodeURIComponent(CANARY),
  // What is left of one that lies across two pieces of a line.
  CANARY.slice(4),
];

let phi: Phi;

beforeEach(async () => {
  phi = await Phi.start({
    executors: 1,
    env: { PHI_HANDLERS: handlers('LEAKY'), PHI_SECRET_CANARY: CANARY },
  });
});
afterEach(async () => {
  await phi.stop();
});

/** Everything in Redis, as it would lie on a disk. */
async function dump(): Promise<string> {
  const redis = new Redis(phi.redis.url);
  try {
    await redis.config('SET', 'rdbcompression', 'no');
    await redis.save();
    const [, dir = ''] = await redis.config('GET', 'dir');
    const [, file = ''] = await redis.config('GET', 'dbfilename');
    return await readFile(join(dir, file), 'latin1');
  } finally {
    redis.disconnect();
  }
}

it('no value of a secret leaves a body, whatever the body does with it', async () => {
  const job = { job_type: 'COMPOSITE', pipeline_modules: ['LEAKY'], retry_policy: { max_attempts: 1 } };
  const ways = ['fail', 'succeed'] as const;
  await phi.api.apply({
    jobs: ways.map((way) => ({
      ...job,
      job_id: way,
      parameters: { LEAKY: { token: { secret: 'CANARY' }, way } },
    })),
  });
  const shown: unknown[] = [];
  for (const way of ways) {
    const runId = await phi.api.trigger(way);
    await phi.api.ended(runId);
    const [execution] = await phi.api.executionsOf(way);
    if (execution === undefined) throw new Error(`${way} has no execution`);
    const { execution_id } = execution;
    const view = await phi.api.execution(execution_id);
    const { lines } = await phi.api.get<{ lines: { text: string }[] }>(`/v1/executions/${execution_id}/logs`);
    shown.push(view, lines, await phi.api.get(`/v1/executions/${execution_id}/explain`));
    const texts = lines.map(({ text }) => text);
    // It was there to be taken out, in what was printed on both streams and in what was logged.
    for (const begin of ['out ', 'err ', 'INFO [LEAKY] logged '])
      expect(texts.filter((text) => text.startsWith(begin) && text.includes('[secret CANARY]'))).toHaveLength(
        5,
      );
    expect(texts).toContainEqual(expect.stringContaining('it holds the value of the secret CANARY'));
    const { result } = view;
    if (way === 'fail') expect(result?.error_message).toContain('refused: [secret CANARY]');
    else expect(result?.outputs).toMatchObject({ refused: 'STATE_007_CHECKPOINT_HAS_SECRET' });
  }
  const everything = [
    JSON.stringify(shown),
    await dump(),
    ...phi.running.map(({ output }) => output.all.join('\n')),
  ];
  for (const form of FORMS) for (const text of everything) expect(text.includes(form)).toBe(false);
});
