import type { Attempt, AttemptEnd, AttemptHooks, JobDefinition } from '@phi/core';
import {
  carryOn,
  listTicks,
  promoteRetries,
  runAttempt,
  takeBackLost,
  triggerJob,
  type DeliveryOutcome,
  type Services,
} from '@phi/engine';

import {
  apply,
  executorContext,
  openEngine,
  recordOf,
  succeedWith,
  type EngineFixture,
} from '../../../conformance/testing/engine-fixture.js';
import type { Dump, DumpedTick, Intent } from '../witness/dump.js';
import type { Effect } from '../witness/effects.js';
import { readStored } from '../witness/read-dump.js';
import type { Told } from '../workload/told.js';

export type SmallBody = (
  attempt: Attempt,
  saveCounter: (counter: number) => Promise<void>,
) => Promise<AttemptEnd> | AttemptEnd;

const LEASE_MS = 60_000;
const LONG_LEASE_MS = 1_000_000_000;

/** The use cases over a store of their own in this process, with both witnesses: for one short workload. */
export class SmallWorld {
  private readonly effects: Effect[] = [];
  private readonly told: Told[] = [];
  private readonly fixture: EngineFixture;
  private offsetMs = 0;
  private ran = 0;

  /** @param scripts - with a fault in them; default: what is shipped */
  constructor(
    private readonly jobs: readonly JobDefinition[],
    private readonly limits: Readonly<Record<string, number>>,
    scripts?: URL,
  ) {
    this.fixture = openEngine('planted', {}, scripts);
  }

  get services(): Services {
    return this.fixture.services;
  }

  async start(): Promise<void> {
    await this.fixture.registerExecutor('executor', LONG_LEASE_MS);
    await this.fixture.registerExecutor('doomed', LEASE_MS);
    await apply(this.services, this.jobs);
  }

  /** Lets Redis' time go on, in milliseconds: what comes after is not of the same instant. */
  async elapse(ms = 10): Promise<void> {
    this.offsetMs += ms;
    await this.fixture.setClockOffset(this.offsetMs);
  }

  /** Triggers a job as a client does. @returns the execution's id */
  async trigger(job_id: string, key: string): Promise<string> {
    const result = await triggerJob(this.services, { job_id, idempotency_key: key, actor: 'client' });
    if (!result.ok) throw new Error(`not triggered: ${JSON.stringify(result)}`);
    const { execution_id, created } = result;
    this.told.push({ what: 'triggered', job_id, key, execution_id, created });
    return execution_id;
  }

  /** Takes delivery of an execution; time goes on before its end. */
  run(
    executionId: string,
    body: SmallBody = () => succeedWith(),
    executorId = 'executor',
  ): Promise<DeliveryOutcome> {
    const witnessed = (attempt: Attempt, hooks: AttemptHooks): Promise<AttemptEnd> =>
      this.witness(attempt, hooks, body);
    return runAttempt(executorContext(this.services, executorId, witnessed), executionId);
  }

  /** Runs what is admitted and what that leads to, in order, until nothing is left. */
  async runAll(): Promise<void> {
    do {
      await promoteRetries(this.services);
      await carryOn(this.services);
      while (this.ran < this.fixture.admitted.length) await this.run(this.fixture.admitted[this.ran++] ?? '');
    } while ((await promoteRetries(this.services)) > 0);
  }

  /** Nothing of what is admitted now is run by {@link runAll}. */
  pass(): void {
    this.ran = this.fixture.admitted.length;
  }

  /** The lease of the executor `doomed` runs out, and what it held is taken back. */
  async lose(): Promise<void> {
    await this.elapse(LEASE_MS + 1);
    await takeBackLost(this.services, { evict: true });
    await this.elapse();
  }

  async nonceOf(executionId: string): Promise<string> {
    return (await recordOf(this.services, executionId)).nonce ?? '';
  }

  async dump(): Promise<Dump> {
    const schedules = this.jobs.flatMap(({ job_id, schedule }) =>
      schedule === null ? [] : [[`${job_id}.schedule`, schedule.interval_seconds ?? 0] as const],
    );
    const ticks = await Promise.all(schedules.map(async ([id]) => [id, await this.ticks(id)] as const));
    return {
      ...(await readStored(this.services, this.fixture.redis, this.fixture.namespace)),
      intent: this.intent(new Map(schedules)),
      effects: this.effects,
      told: this.told,
      ticks: new Map(ticks),
      explanations: new Map(),
    };
  }

  close(): Promise<void> {
    return this.fixture.close();
  }

  private intent(schedules: Intent['schedules']): Intent {
    return {
      edges: this.jobs.flatMap(({ job_id, dependencies }) =>
        dependencies.map(({ upstream_job_id, dependency_type }) => ({
          upstream: upstream_job_id,
          dependent: job_id,
          type: dependency_type,
        })),
      ),
      maxAttempts: new Map(this.jobs.map(({ job_id, retry_policy }) => [job_id, retry_policy.max_attempts])),
      limits: new Map(Object.entries(this.limits)),
      schedules,
      takes: new Map(),
    };
  }

  private async ticks(scheduleId: string): Promise<readonly DumpedTick[]> {
    const page = await listTicks(this.services, scheduleId, { limit: 1000 });
    return (page?.items ?? [])
      .map(({ nominal_ms, outcome, execution_id = null }) => ({ nominal_ms, outcome, execution_id }))
      .toReversed();
  }

  private async witness(attempt: Attempt, hooks: AttemptHooks, body: SmallBody): Promise<AttemptEnd> {
    const { execution_id, chain_id, attempt_number, fence, checkpoint } = attempt;
    const tell = (what: Effect['what'], counter?: number): void => {
      const clock_us = performance.now() * 1000;
      const about = {
        execution_id,
        chain_id,
        attempt_number,
        fence,
        pid: process.pid,
        clock_us,
        at: Date.now(),
      };
      this.effects.push({ what, ...about, ...(counter === undefined ? {} : { counter }) });
    };
    tell('start', checkpoint === undefined ? 0 : (JSON.parse(checkpoint) as { counter: number }).counter);
    await this.elapse();
    const end = await body(attempt, async (counter) => {
      await hooks.onCheckpoint({ stage: 'ALPHA', state: JSON.stringify({ counter }) });
      tell('saved', counter);
    });
    await this.elapse();
    if (end.kind === 'succeeded') tell('end');
    return end;
  }
}
