import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  freePort,
  ProcessFixture,
  rewriteSealed,
  testRedis,
  type ProcessGroup,
  type TestRedis,
  UNWATCHED_HOST,
} from '@phi/testkit';

import { runPhi, type Ended, type PhiOptions } from './run-phi.js';

const APPS = fileURLToPath(new URL('../../..', import.meta.url));
/** The longest that a service may take to start, in milliseconds. */
export const START_MS = 60_000;

/** Phi in a directory and a namespace of its own, and `phi` run beside it as its user would; nothing tells it the key. */
export class Instance {
  private readonly processes = new ProcessFixture();

  private constructor(
    readonly directory: string,
    private readonly redis: TestRedis,
    private readonly port: number,
  ) {}

  static async open(label: string): Promise<Instance> {
    const directory = mkdtempSync(path.join(tmpdir(), 'phi-cli-'));
    const instance = new Instance(directory, testRedis(label), await freePort());
    instance.write('.phi/api.url', `http://127.0.0.1:${String(instance.port)}\n`);
    return instance;
  }

  /** Starts a service and waits until it is ready. */
  async start(app: string, more: Readonly<Record<string, string>> = {}): Promise<ProcessGroup> {
    const env = {
      REDIS_URL: this.redis.url,
      PHI_NAMESPACE: this.redis.namespace,
      PHI_DATA_DIR: path.join(this.directory, '.phi'),
      PHI_API_PORT: String(this.port),
      ...UNWATCHED_HOST,
      ...more,
    };
    const started = await this.processes.node(path.join(APPS, app, 'dist/main.js'), [], { name: app, env });
    await started.output.waitFor('"msg":"ready"', { ms: START_MS });
    return started;
  }

  /** @param file - relative to its directory */
  write(file: string, text: string): void {
    const target = path.join(this.directory, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, text);
  }

  phi(args: readonly string[], options: PhiOptions = {}): Promise<Ended> {
    return runPhi(args, { cwd: this.directory, ...options });
  }

  /**
   * What `phi` answers to a program.
   *
   * @throws Error it failed, or had something to say beside its answer
   */
  async json(args: readonly string[]): Promise<unknown> {
    const { status, stdout, stderr } = await this.phi([...args, '-o', 'json']);
    if (status === 0 && stderr === '') return JSON.parse(stdout);
    throw new Error(`phi ${args.join(' ')} ended with ${String(status)}: ${stderr}`);
  }

  /** Changes the record of an execution, as nobody should, so that its checksum agrees. */
  async tamper(executionId: string, change: (stored: string) => string): Promise<void> {
    await rewriteSealed(this.redis.connect(), this.recordKey(executionId), change);
  }

  /** Puts something else in place of the record of an execution. */
  async damage(executionId: string, bytes: string): Promise<void> {
    await this.redis.connect().set(this.recordKey(executionId), bytes);
  }

  async close(): Promise<void> {
    await this.processes.killAll();
    await this.redis.cleanup();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private recordKey(executionId: string): string {
    return `phi:{${this.redis.namespace}/0}:x:${executionId}`;
  }
}
