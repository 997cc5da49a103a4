import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ChildModule, JobStatus, SentJobRequest } from '@phi/modules';
import { hasEnded } from '@phi/modules';
import { withDeadline } from '@phi/testkit';

import type { ModuleServerOptions, ServerLog } from '../module-server-options.js';
import { openModuleServer, type ModuleServer } from '../open-module-server.js';

const HANDLERS = new URL('../../../modules/fixtures/test-modules.mjs', import.meta.url).href;

/** Modules for tests: see the fixture for what each does. */
export const TEST_MODULES: Readonly<Record<string, ChildModule>> = Object.fromEntries([
  ...['ALPHA', 'BETA', 'GAMMA'].map((module) => [module, { kind: 'builtin', module }] as const),
  ...['ECHO', 'WHO_AM_I', 'FAIL', 'WAIT', 'DEAF', 'SELF_KILL', 'CHECKPOINTED', 'PUBLISHING'].map(
    (name) => [name, { kind: 'handler', url: HANDLERS }] as const,
  ),
]);

const silent: ServerLog = { info: () => undefined, warn: () => undefined, error: () => undefined };

export interface Answer<T> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: T;
}

/** A job request for a handler of the fixture. */
export function genericRequest(
  stage: string,
  parameters: Record<string, unknown> = {},
  context: Partial<SentJobRequest['execution_context']> = {},
): SentJobRequest {
  return {
    type: 'GENERIC',
    parameters,
    execution_context: {
      execution_id: 'e-1',
      chain_id: 'e-1',
      job_id: 'job',
      run_id: 'r-1',
      attempt_number: 1,
      fence: 1,
      stage,
      ...context,
    },
  };
}

/** Module servers of one test, over one directory. */
export class ServerFixture {
  readonly directory: string;
  #servers: ModuleServer[] = [];
  #url = '';

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async create(): Promise<ServerFixture> {
    return new ServerFixture(await mkdtemp(join(tmpdir(), 'phi-module-server-')));
  }

  get url(): string {
    return this.#url;
  }

  async open(options: Partial<ModuleServerOptions> = {}): Promise<ModuleServer> {
    const server = await openModuleServer({ ...this.options, ...options });
    this.#servers.push(server);
    this.#url = server.url;
    return server;
  }

  get options(): ModuleServerOptions {
    const at = (name: string): string => join(this.directory, name);
    return {
      host: '127.0.0.1',
      port: 0,
      modules: TEST_MODULES,
      directories: {
        source: at('source'),
        data: at('data'),
        output: at('output'),
        work: at('work'),
        state: at('state'),
      },
      parallelism: 2,
      waiting: 2,
      keepJobs: 100,
      keepMs: 3_600_000,
      gracefulMs: 20_000,
      forceKillMs: 20_000,
      childEnv: { PATH: '/usr/bin:/bin' },
      log: silent,
    };
  }

  async cleanup(): Promise<void> {
    await Promise.all(this.#servers.splice(0).map((server) => server.stop(0)));
    await rm(this.directory, { recursive: true, force: true });
  }

  async ask<T>(method: string, path: string, init: RequestInit = {}): Promise<Answer<T>> {
    const response = await fetch(`${this.#url}${path}`, { method, ...init });
    return { status: response.status, headers: response.headers, body: (await response.json()) as T };
  }

  submit<T = JobStatus>(key: string, request: unknown): Promise<Answer<T>> {
    return this.ask('POST', '/v1/jobs', {
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: typeof request === 'string' ? request : JSON.stringify(request),
    });
  }

  async status(ref: string): Promise<JobStatus> {
    return (await this.ask<JobStatus>('GET', `/v1/jobs/${ref}`)).body;
  }

  /** The status of a job as soon as it is as wanted. */
  until(ref: string, isWanted: (status: JobStatus) => boolean): Promise<JobStatus> {
    const look = async (): Promise<JobStatus> => {
      for (;;) {
        const status = await this.status(ref);
        if (isWanted(status)) return status;
      }
    };
    return withDeadline(look(), `the job ${ref} to be as wanted`);
  }

  ended(ref: string): Promise<JobStatus> {
    return this.until(ref, ({ state }) => hasEnded(state));
  }

  /** Until the body says, by its first progress, that it has begun. */
  begun(ref: string): Promise<JobStatus> {
    return this.until(ref, ({ progress }) => progress !== undefined);
  }
}
