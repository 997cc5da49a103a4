import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Execution } from '@phi/core';
import {
  freePort,
  ProcessFixture,
  withDeadline,
  type ProcessEnd,
  type ProcessGroup,
  UNWATCHED_HOST,
} from '@phi/testkit';

import { ApiClient } from './fixture/api-client.js';
import { ROOT } from './fixture/phi.js';
import { familyOf, processesAbout, remaining, survivorsOf } from './fixture/process-table.js';
import { sendSignal } from './fixture/send-signal.js';

/** Building, starting five services and running the examples, on a busy machine. */
const STARTED_WITHIN_MS = 300_000;
const STOPPED_WITHIN_MS = 120_000;
const REFUSED_WITHIN_MS = 60_000;

const EXAMPLES = [
  'airports-ingest',
  'flights-ingest',
  'delays-by-airport-hour',
  'delays-report',
  'weather-report',
];

const processes = new ProcessFixture();
let dataDir: string;
let port: number;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'phi-npm-start-'));
  port = await freePort();
});
afterEach(async () => {
  await processes.killAll();
  // What a failed test found to be left behind is not left here as well.
  for (const { pid } of await remaining(() => processesAbout(dataDir))) sendSignal(pid, 'SIGKILL');
  await rm(dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
});

const npmStart = (env: Readonly<Record<string, string>> = {}): Promise<ProcessGroup> =>
  processes.start('npm', ['start'], {
    name: 'npm start',
    cwd: ROOT,
    env: {
      ...UNWATCHED_HOST,
      REDIS_URL: undefined,
      PHI_NAMESPACE: undefined,
      PHI_DATA_DIR: dataDir,
      PHI_API_PORT: String(port),
      ...env,
    },
  });

/** What it says for people, without npm's own lines. */
const saidBy = ({ output }: ProcessGroup): readonly string[] =>
  output.all.filter((line) => !/^(>|npm )/u.test(line));

const lineOf = (start: ProcessGroup, pattern: RegExp): RegExpExecArray => {
  for (const line of saidBy(start)) {
    const match = pattern.exec(line);
    if (match !== null) return match;
  }
  throw new Error(`nothing matches ${String(pattern)} in\n${saidBy(start).join('\n')}`);
};

/** Ctrl-C as a terminal has it, and the end of everything it started. */
const interrupt = async (start: ProcessGroup): Promise<void> => {
  const family = await familyOf(start.pid);
  // npm, its script, Redis and five services at least.
  expect(family.length).toBeGreaterThanOrEqual(8);
  start.signal('SIGINT');
  const end = await withDeadline(start.ended, 'npm start to stop', STOPPED_WITHIN_MS, () =>
    start.output.tail(),
  );
  expect(end).toEqual({ code: 0, signal: null });
  lineOf(start, /^✓ Stopping the services/u);
  expect(await remaining(() => survivorsOf(family))).toEqual([]);
  expect(await remaining(() => processesAbout(dataDir))).toEqual([]);
};

const clientOf = async (start: ProcessGroup): Promise<ApiClient> => {
  const url = lineOf(start, /^API +(http:\S+)/u)[1] ?? '';
  const key = resolve(ROOT, lineOf(start, /^Sign in .*key in (\S+);/u)[1] ?? '');
  return new ApiClient(url, (await readFile(key, 'utf8')).trim());
};

const executionsOf = async (api: ApiClient): Promise<readonly Execution[]> =>
  (await Promise.all(EXAMPLES.map((jobId) => api.executionsOf(jobId)))).flat();

describe('npm start', () => {
  it(
    'runs the examples, says so, stops at Ctrl-C and goes on from there the next time',
    async () => {
      const first = await npmStart();
      await first.output.waitFor('Press Ctrl-C', { ms: STARTED_WITHIN_MS });
      for (const jobId of EXAMPLES) lineOf(first, new RegExp(`^ +${jobId} +COMPLETED +[1-9][\\d,]* `, 'u'));
      lineOf(first, /^5 executions moved 6,012,122 records\.$/u);
      expect(lineOf(first, /^API +(\S+)/u)[1]).toBe(`http://127.0.0.1:${String(port)}`);
      expect(lineOf(first, /^Bull Board +(\S+)/u)[1]).toBe(`http://127.0.0.1:${String(port)}/queues`);
      const api = await clientOf(first);
      const before = await executionsOf(api);
      expect(new Set(before.map(({ job_id }) => job_id))).toEqual(new Set(EXAMPLES));
      await interrupt(first);

      const second = await npmStart();
      await second.output.waitFor('Press Ctrl-C', { ms: STARTED_WITHIN_MS });
      const after = new Map(
        (await executionsOf(await clientOf(second))).map((found) => [found.execution_id, found]),
      );
      for (const kept of before.filter(({ completed_time }) => completed_time !== null))
        expect(after.get(kept.execution_id)).toEqual(kept);
      expect(after.size).toBeGreaterThanOrEqual(before.length + EXAMPLES.length);
      await interrupt(second);
    },
    2 * (STARTED_WITHIN_MS + STOPPED_WITHIN_MS),
  );
});

describe('npm start refuses in one line', () => {
  const listeners: Server[] = [];
  const listen = async (): Promise<number> => {
    // Read and thrown away: the end of a connection that nobody reads from is never noticed.
    const server = createServer((socket) => socket.on('error', () => undefined).resume());
    listeners.push(server);
    await new Promise<void>((listening) => {
      server.listen(0, '127.0.0.1', listening);
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return address.port;
  };

  afterEach(() => {
    for (const server of listeners.splice(0)) server.close();
  });

  /** The end of a start that must fail, and the only thing it says about that. */
  const refusal = async (start: ProcessGroup, since: string): Promise<string> => {
    await start.output.waitFor(since, { ms: STARTED_WITHIN_MS });
    const end: ProcessEnd = await withDeadline(start.ended, 'npm start to refuse', REFUSED_WITHIN_MS);
    expect(end).toEqual({ code: 1, signal: null });
    const complaints = saidBy(start).filter((line) => !/^$|^ {2}\S.* …$|^[✓✗] /u.test(line));
    expect(complaints).toHaveLength(1);
    expect(await remaining(() => processesAbout(dataDir))).toEqual([]);
    return complaints[0] ?? '';
  };

  it('a port that is taken', async () => {
    const taken = await listen();
    const start = await npmStart({ PHI_API_PORT: String(taken) });
    await expect(refusal(start, 'start.mjs')).resolves.toBe(
      `phi: port ${String(taken)} is taken; set PHI_API_PORT to a free one`,
    );
  });

  it('a REDIS_URL where nothing listens', async () => {
    const url = `redis://127.0.0.1:${String(await freePort())}`;
    const start = await npmStart({ REDIS_URL: url });
    await expect(refusal(start, 'Providing Redis')).resolves.toBe(
      `phi: REDIS_URL (${url}) is not usable: ECONNREFUSED`,
    );
  });

  it('a REDIS_URL where nobody answers', async () => {
    const url = `redis://127.0.0.1:${String(await listen())}`;
    const start = await npmStart({ REDIS_URL: url });
    await expect(refusal(start, 'Providing Redis')).resolves.toContain(
      `phi: REDIS_URL (${url}) is not usable: `,
    );
  });
});
