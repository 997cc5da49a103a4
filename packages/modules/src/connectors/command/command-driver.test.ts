import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { commandBindingSchema } from '@phi/core';
import { processEnd } from '../../../fixtures/process-end.mjs';
import type { AttemptHooks, AttemptLogEntry, AttemptOutcome } from '../../runner/attempt-outcome.js';
import type { AttemptSpecInput } from '../../runner/attempt-spec.js';
import { Gate } from '../../runner/gate.js';
import { stageConnector } from '../stage-connector.js';
import { CommandDriver, type CommandOptions } from './command-driver.js';
import { GroupWatchdog } from './group-watchdog.js';

// Whole processes start in these.
jest.setTimeout(120_000);

const watchdog = new GroupWatchdog();
let directory: string;
let drivers: CommandDriver[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'phi-command-'));
});
afterEach(async () => {
  await Promise.all(drivers.map(async (driver) => driver.close()));
  drivers = [];
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

const attempt = (more: Partial<AttemptSpecInput> = {}): AttemptSpecInput => ({
  execution_id: 'e-2',
  job_id: 'job',
  run_id: 'r-1',
  chain_id: 'e-1',
  fence: 7,
  job_type: 'COMPOSITE',
  job_revision: 1,
  attempt_number: 2,
  stages: ['RUN'],
  parameters: { RUN: { who: 'world' } },
  source_dir: directory,
  data_dir: directory,
  output_dir: directory,
  workdir: join(directory, 'work'),
  ...more,
});

interface Run {
  readonly binding?: object;
  readonly options?: Partial<CommandOptions>;
  readonly spec?: Partial<AttemptSpecInput>;
  readonly hooks?: Partial<AttemptHooks>;
}

const driverOf = (argv: readonly string[], { binding, options }: Run): CommandDriver => {
  const driver = new CommandDriver(
    commandBindingSchema.parse({ kind: 'command', argv, ...binding }),
    watchdog,
    {
      env: { PATH: '/usr/bin:/bin' },
      variables: {},
      secrets: new Map(),
      forceKillMs: 20_000,
      gate: new Gate(),
      ...options,
    },
  );
  drivers.push(driver);
  return driver;
};

const run = async (argv: readonly string[], more: Run = {}): Promise<AttemptOutcome> =>
  stageConnector(driverOf(argv, more)).run(attempt(more.spec), {
    signal: new AbortController().signal,
    ...more.hooks,
  });

/** A program of Node's: the text of its module. */
const node = (text: string, ...args: string[]): string[] => [
  process.execPath,
  '--input-type=module',
  '--eval',
  text,
  ...args,
];

const SAY = "const say = (line) => console.log('::phi::' + JSON.stringify(line));";

const stageOf = (outcome: AttemptOutcome): unknown =>
  outcome.kind === 'succeeded' ? outcome.result.stages[0]?.result : outcome;

/** Resolves with the pid that a program prints first; `onLog` is to be given to it. */
const firstLine = (): { onLog: (entry: AttemptLogEntry) => void; line: Promise<string> } => {
  let onLog: (entry: AttemptLogEntry) => void = () => undefined;
  const line = new Promise<string>((resolve) => {
    onLog = ({ message }) => {
      resolve(message);
    };
  });
  return { onLog: (entry) => onLog(entry), line };
};

describe('a program', () => {
  it('succeeds with exit status 0 and without a word', async () => {
    expect(stageOf(await run(['true']))).toMatchObject({ records_processed: 0, records_failed: 0 });
  });

  it('gets its call on standard input and as a file, and works in a directory of its own', async () => {
    const outcome = await run(
      node(`
        import { readFileSync } from 'node:fs';
        import { text } from 'node:stream/consumers';
        ${SAY}
        const request = await text(process.stdin);
        const same = request === readFileSync(process.env.PHI_REQUEST, 'utf8');
        const { parameters, stage, fence, chain_id } = JSON.parse(request);
        say({ result: { outputs: { seen: JSON.stringify({ parameters, stage, fence, chain_id, same }), cwd: process.cwd() } } });`),
    );
    const { outputs } = stageOf(outcome) as { outputs: Record<string, string> };
    expect(JSON.parse(outputs['seen'] ?? '')).toEqual({
      parameters: { who: 'world' },
      stage: 'RUN',
      fence: 7,
      chain_id: 'e-1',
      same: true,
    });
    expect(outputs['cwd']).toBe(join(directory, 'work'));
  });

  it('keeps its request from everybody else: it may have secrets in it', async () => {
    await run(['true']);
    expect((await stat(join(directory, 'work/.phi-RUN/request.json'))).mode & 0o777).toBe(0o600);
  });

  it('reports result, progress, checkpoints, datasets and log lines as it goes', async () => {
    const told: unknown[] = [];
    const outcome = await run(
      node(`${SAY}
        say({ progress: 3 });
        say({ checkpoint: { at: 3 } });
        say({ checkpoint: 'half', publish: 'orders' });
        say({ log: { level: 'warn', message: 'slow', fields: { ms: 3 } } });
        say({ result: { records_processed: 1 } });
        say({ result: { records_processed: 4, records_failed: 1 } });`),
      {
        hooks: {
          onProgress: (stage, records) => told.push(['progress', stage, records]),
          onCheckpoint: (stage, state) => {
            told.push(['checkpoint', stage, state]);
            return Promise.resolve();
          },
          onPublish: (dataset) => told.push(['publish', dataset]),
          onLog: (entry) => told.push(['log', entry]),
        },
      },
    );
    expect(stageOf(outcome)).toMatchObject({ records_processed: 4, records_failed: 1 });
    expect(told).toEqual([
      ['progress', 'RUN', 3],
      ['checkpoint', 'RUN', '{"at":3}'],
      ['checkpoint', 'RUN', 'half'],
      ['publish', 'orders'],
      ['log', { origin: 'logger', stage: 'RUN', level: 'warn', message: 'slow', fields: { ms: 3 } }],
    ]);
  });

  it('gives the next attempt what it saved', async () => {
    const outcome = await run(
      ['sh', '-c', 'printf \'::phi::{"result":{"outputs":{"from":"%s"}}}\' "$(cat "$PHI_CHECKPOINT")"'],
      { spec: { resume: { completed_stages: [], checkpoint: { stage: 'RUN', state: 'line 3' } } } },
    );
    expect(stageOf(outcome)).toMatchObject({ outputs: { from: 'line 3' } });
  });

  it('can leave its result in a file', async () => {
    const outcome = await run(['sh', '-c', 'echo \'{"records_processed": 5}\' > "$PHI_RESULT"']);
    expect(stageOf(outcome)).toMatchObject({ records_processed: 5, records_failed: 0 });
  });

  it('hands on what it prints, line by line and without an end', async () => {
    const lines: [string, string][] = [];
    await run(['sh', '-c', 'echo one; echo two >&2; printf three'], {
      hooks: { onLog: ({ origin, message }) => lines.push([origin, message]) },
    });
    expect(lines.filter(([origin]) => origin === 'stdout').map(([, text]) => text)).toEqual(['one', 'three']);
    expect(lines).toContainEqual(['stderr', 'two']);
  });

  it('may print without end: no line is longer than what is kept of one, and none is lost', async () => {
    let longest = 0;
    let characters = 0;
    await run(['sh', '-c', 'head -c 40000000 /dev/zero | tr "\\0" x; yes | head -c 10000000'], {
      hooks: {
        onLog: ({ message }) => {
          longest = Math.max(longest, message.length);
          characters += message.length;
        },
      },
    });
    expect(longest).toBeLessThanOrEqual(16 * 1024);
    expect(characters).toBe(45_000_000);
  });
});

describe('its environment', () => {
  const PRINT = ['sh', '-c', 'env'];
  const names = async (more: Run): Promise<Record<string, string>> => {
    const lines: string[] = [];
    await run(PRINT, { ...more, hooks: { onLog: ({ message }) => lines.push(message) } });
    return Object.fromEntries(lines.map((line) => line.split('=', 2) as [string, string]));
  };

  it('has what its binding says and nothing of the executor beside', async () => {
    const env = await names({
      binding: { env: { MODE: 'fast', TOKEN: { secret: 'API' } }, pass_env: ['REGION', 'UNSET'] },
      options: {
        variables: { REGION: 'eu', HIDDEN: 'x', PHI_SECRET_API: 'sesame' },
        secrets: new Map([['API', 'sesame']]),
      },
    });
    expect(env).toMatchObject({ MODE: 'fast', TOKEN: 'sesame', REGION: 'eu' });
    expect(
      Object.keys(env)
        .filter((name) => !['PWD', 'OLDPWD', 'SHLVL', '_'].includes(name))
        .toSorted(),
    ).toEqual(['MODE', 'PATH', 'PHI_CHECKPOINT', 'PHI_REQUEST', 'PHI_RESULT', 'REGION', 'TOKEN']);
  });

  it('fails where a secret is not there, naming it', async () => {
    expect(await run(PRINT, { binding: { env: { TOKEN: { secret: 'NONE' } } } })).toMatchObject({
      kind: 'failed',
      error: {
        code: 'EXEC_005_INVALID_CONFIG',
        message: expect.stringMatching(/env\.TOKEN.*PHI_SECRET_NONE/),
      },
    });
  });
});

describe('how it ends', () => {
  it.each([
    ['another exit status', ['sh', '-c', 'exit 3'], {}, 'EXEC_009_EXIT_STATUS', 3],
    [
      'one that is worth a retry',
      ['sh', '-c', 'exit 75'],
      { retryable_exit_codes: [75] },
      'EXEC_025_TEMPORARY_EXIT',
      75,
    ],
    ['0, where that is no success', ['true'], { success_exit_codes: [1] }, 'EXEC_009_EXIT_STATUS', 0],
    [
      'an error of its own',
      [
        'sh',
        '-c',
        'echo \'::phi::{"error":{"code":"EXEC_018_CONNECTION_FAILED","message":"no route"}}\'; exit 1',
      ],
      {},
      'EXEC_018_CONNECTION_FAILED',
      1,
    ],
  ])('fails with %s', async (_, argv, binding, code, exit_code) => {
    expect(await run(argv, { binding })).toMatchObject({ kind: 'failed', exit_code, error: { code } });
  });

  it('succeeds with an exit status that its binding calls a success', async () => {
    expect(
      stageOf(await run(['sh', '-c', 'exit 2'], { binding: { success_exit_codes: [0, 2] } })),
    ).toMatchObject({
      records_processed: 0,
    });
  });

  it('crashed when a signal ended it', async () => {
    expect(await run(['sh', '-c', 'kill -SEGV $$'])).toEqual({
      kind: 'crashed',
      exit_code: null,
      signal: 'SIGSEGV',
    });
  });

  it.each([
    ['a result line that is not JSON', ['echo', '::phi::{"result": {']],
    ['one that says what nobody knows', ['echo', '::phi::{"rezult": {}}']],
    ['a result that is none', ['echo', '::phi::{"result": {"records_processed": -1}}']],
    ['a result file that is not JSON', ['sh', '-c', 'echo nonsense > "$PHI_RESULT"']],
  ])('does not succeed with %s', async (_, argv) => {
    expect(await run(argv)).toMatchObject({ kind: 'failed', error: { code: 'EXEC_006_MODULE_FAILED' } });
  });

  it.each([
    ['is not there', 'no-such-program-anywhere'],
    ['is not there', '/no/such/program'],
    ['is not executable', '/etc/passwd'],
    ['is not executable', '/etc'],
  ])('names a program that %s', async (reason, program) => {
    expect(await run([program])).toMatchObject({
      kind: 'failed',
      error: {
        code: 'EXEC_005_INVALID_CONFIG',
        message: expect.stringContaining(`argv[0]: "${program}" ${reason}`),
      },
    });
  });

  it('fails when the system cannot execute it after all', async () => {
    const file = join(directory, 'not-a-program');
    await writeFile(file, Buffer.from([1, 2, 3, 0, 255]));
    await chmod(file, 0o755);
    expect(await run([file])).toMatchObject({ kind: 'failed', exit_code: 126 });
  });
});

describe('stopping it', () => {
  const stopWith = async (
    argv: readonly string[],
    { forceKillMs = 20_000, reason = new Error('enough') } = {},
  ): Promise<{ outcome: AttemptOutcome; pid: number }> => {
    const stop = new AbortController();
    const { onLog, line } = firstLine();
    const running = run(argv, { options: { forceKillMs }, hooks: { signal: stop.signal, onLog } });
    const pid = Number(await line);
    stop.abort(reason);
    return { outcome: await running, pid };
  };

  it('asks with SIGTERM, and what ends well then is not done', async () => {
    const { outcome } = await stopWith(
      node(`${SAY} process.on('SIGTERM', () => { say({ result: {} }); process.exit(0); });
        console.log(process.pid); setInterval(() => {}, 1000);`),
    );
    expect(outcome).toEqual({ kind: 'aborted', termination_method: 'GRACEFUL', reason: 'enough' });
  });

  it('kills what does not listen, and its descendants', async () => {
    const { outcome, pid } = await stopWith(
      ['sh', '-c', 'trap "" TERM; sleep 1000 & echo $!; while :; do sleep 1; done'],
      { forceKillMs: 1 },
    );
    expect(outcome).toMatchObject({ kind: 'aborted', termination_method: 'FORCED' });
    await processEnd(pid);
  });

  it('tells a time-out from other reasons', async () => {
    const reason = Object.assign(new Error('too long'), { name: 'TimeoutError' });
    const { outcome } = await stopWith(['sh', '-c', 'echo $$; exec sleep 1000'], { reason });
    expect(outcome).toMatchObject({ kind: 'timed_out', termination_method: 'GRACEFUL' });
  });

  it('leaves nothing running that a program started and left behind', async () => {
    const { onLog, line } = firstLine();
    await run(['sh', '-c', 'sleep 1000 & echo $!'], { hooks: { onLog } });
    await processEnd(Number(await line));
  });

  it('ends whoever left its group with its output', async () => {
    const { onLog, line } = firstLine();
    const leave = node(`import { spawn } from 'node:child_process';
      const { pid } = spawn('sleep', ['1000'], { detached: true, stdio: 'inherit' });
      console.log(pid); process.exit(0);`);
    expect(await run(leave, { hooks: { onLog } })).toMatchObject({ kind: 'succeeded' });
    await processEnd(Number(await line));
  });

  it('keeps it within its memory, with what it started', async () => {
    // No more than the machine has, however late somebody looks.
    const eat =
      'const kept = []; setInterval(() => { if (kept.length < 30) kept.push(Buffer.alloc(20_000_000, 1)); }, 10);';
    const { onLog, line } = firstLine();
    const outcome = await run(
      node(`import { spawn } from 'node:child_process';
        const { pid } = spawn(process.execPath, ['--eval', ${JSON.stringify(eat)}]);
        console.log(pid); setInterval(() => undefined, 1000);`),
      { hooks: { onLog }, spec: { resources: { memory_mb: 300, cpu_cores: 1 } } },
    );
    expect(outcome).toMatchObject({
      kind: 'failed',
      error: { code: 'EXEC_015_OUT_OF_MEMORY', message: expect.stringContaining('memory_mb 300') },
    });
    await processEnd(Number(await line));
  });

  it('stops it where its job demands progress and it shows none, though it runs', async () => {
    const heartbeat = { heartbeat_interval_seconds: 0.1, missed_heartbeat_limit: 2, watch_progress: true };
    const outcome = await run(['sh', '-c', 'exec sleep 1000'], { spec: { heartbeat } });
    expect(outcome).toMatchObject({ kind: 'failed', error: { code: 'EXEC_013_HEARTBEAT_MISSED' } });
  });

  it('starts nothing while it is frozen', async () => {
    const gate = new Gate();
    await gate.freeze();
    let hasEnded = false;
    const running = run(['sh', '-c', 'exit 0'], { options: { gate } }).finally(() => {
      hasEnded = true;
    });
    expect(hasEnded).toBe(false);
    await gate.thaw();
    expect(await running).toMatchObject({ kind: 'succeeded' });
  });

  it('freezes and goes on', async () => {
    const { onLog, line } = firstLine();
    const stop = new AbortController();
    const driver = driverOf(['sh', '-c', 'echo $$; exec sleep 1000'], {});
    const running = stageConnector(driver).run(attempt(), { signal: stop.signal, onLog });
    const pid = await line;
    const state = async (): Promise<string | undefined> =>
      /^State:\s+(\w)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
    await driver.bodies.freeze();
    while ((await state()) !== 'T');
    await driver.bodies.thaw();
    while ((await state()) === 'T');
    stop.abort(new Error('enough'));
    expect(await running).toMatchObject({ termination_method: 'GRACEFUL' });
  });

  it('is what closing does', async () => {
    const { onLog, line } = firstLine();
    const driver = driverOf(['sh', '-c', 'echo $$; exec sleep 1000'], {});
    const running = stageConnector(driver).run(attempt(), { signal: new AbortController().signal, onLog });
    const pid = Number(await line);
    await driver.close();
    await processEnd(pid);
    expect(await running).toMatchObject({ kind: 'aborted' });
  });
});
