import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { startRedisServer, startTcpProxy, type ProcessGroup, type TcpProxy } from '@phi/testkit';
import { Redis } from 'ioredis';

import { Phi, READY, SHORTEST_LEASE, type App } from '../../e2e/fixture/phi.js';
import type { Journal } from './journal.js';
import { EFFECTS } from './workload/jobs.js';

/** How many of each there are. */
export const SERVICES: Readonly<Record<App, number>> = { scheduler: 2, executor: 3, recovery: 2, api: 1 };
export const NAMESPACE = 'e2e';

const WITNESS = fileURLToPath(new URL('../handlers/witness.mjs', import.meta.url));
const READY_WITHIN_MS = 120_000;

const ENVIRONMENT = {
  ...SHORTEST_LEASE,
  PHI_HANDLERS: `WITNESS=${WITNESS}`,
  EXECUTOR_PARALLELISM: '3',
  GRACEFUL_TIMEOUT_SECONDS: '2',
  FORCE_KILL_AFTER_SECONDS: '1',
  SCHEDULER_POLL_INTERVAL_MS: '200',
  DEPENDENCY_CHECK_INTERVAL_SECONDS: '1',
  RESOURCE_CHECK_INTERVAL_SECONDS: '1',
};

/** A service that ended although nobody had ended it. */
export interface Fallen {
  readonly app: string;
  readonly how: string;
  readonly last: readonly string[];
}

/** A whole Phi to be disturbed: its processes, its Redis, and what stands between them. */
export class World {
  /** Services that ended by themselves. */
  readonly fallen: Fallen[] = [];
  /** Connected to Redis itself: no fault of the way there concerns it. */
  readonly redis: Redis;
  private readonly members: ProcessGroup[] = [];
  private readonly doomed = new Set<ProcessGroup>();

  private constructor(
    readonly phi: Phi,
    readonly proxy: TcpProxy,
    readonly journal: Journal,
  ) {
    this.redis = new Redis(phi.redis.url, { retryStrategy: () => 100, maxRetriesPerRequest: null });
    this.redis.on('error', () => undefined);
    for (const group of phi.running) this.adopt(group);
  }

  static async start(journal: Journal): Promise<World> {
    const redis = await startRedisServer();
    const proxy = await startTcpProxy(redis.port);
    const phi = await Phi.start({
      redis,
      schedulers: SERVICES.scheduler,
      executors: SERVICES.executor,
      recoveries: SERVICES.recovery,
      env: { ...ENVIRONMENT, REDIS_URL: proxy.url },
    });
    return new World(phi, proxy, journal);
  }

  /** The file that bodies append to. */
  get effectsFile(): string {
    return join(this.phi.outputDir, EFFECTS);
  }

  /** Those of a service that run and that nobody is about to end, the oldest first. */
  of(app: App): readonly ProcessGroup[] {
    return this.members.filter((group) => group.name === app && group.isRunning && !this.doomed.has(group));
  }

  /** Starts one; it need not be ready yet. */
  async spawn(app: App): Promise<ProcessGroup> {
    const group = await this.phi.spawn(app);
    this.journal.note('start', `${app} ${String(group.pid)}`);
    this.adopt(group);
    return group;
  }

  /** SIGKILL, and its end awaited. */
  async kill(group: ProcessGroup): Promise<void> {
    this.doomed.add(group);
    this.journal.note('kill', `${group.name} ${String(group.pid)}`);
    await group.kill();
  }

  /** SIGTERM, and its end awaited: it is to end in order. */
  async stop(group: ProcessGroup): Promise<void> {
    this.doomed.add(group);
    this.journal.note('stop', `${group.name} ${String(group.pid)}`);
    const { code, signal } = await group.stop(READY_WITHIN_MS);
    // Before it has said a word it has not begun, and there is no order to end in.
    if (signal === 'SIGTERM' && group.output.all.length === 0) return;
    if (code !== 0) this.fell(group, `was to stop and ended with ${signal ?? `status ${String(code)}`}`);
  }

  /** Starts what is missing, and waits until everything is ready. */
  async complete(): Promise<void> {
    for (const [app, wanted] of Object.entries(SERVICES) as [App, number][])
      for (let count = this.of(app).length; count < wanted; count++) await this.spawn(app);
    const alive = this.members.filter((group) => group.isRunning);
    await Promise.all(alive.map((group) => group.output.waitFor(READY, { ms: READY_WITHIN_MS })));
  }

  /** Everything that the services have printed. */
  printed(): string {
    return this.members
      .map((group) => `== ${group.name} ${String(group.pid)}\n${group.output.all.join('\n')}\n`)
      .join('\n');
  }

  async stopAll(): Promise<void> {
    for (const group of this.members) this.doomed.add(group);
    this.redis.disconnect();
    await this.phi.stop();
    await this.proxy.close();
  }

  private adopt(group: ProcessGroup): void {
    this.members.push(group);
    void group.ended.then(({ code, signal }) => {
      if (!this.doomed.has(group))
        this.fell(group, `ended by itself with ${signal ?? `status ${String(code)}`}`);
    });
  }

  private fell(group: ProcessGroup, how: string): void {
    this.journal.note('fell', `${group.name} ${String(group.pid)} ${how}`);
    this.fallen.push({ app: group.name, how, last: group.output.all.slice(-5) });
  }
}
