import { hostname } from 'node:os';

import { leaseMs, type Amounts, type AttemptRunner, type Bodies, type ExecutionRecord } from '@phi/core';
import {
  Cancellations,
  executorStop,
  ExecutorRoom,
  runAttempt,
  takeBackUnknown,
  Vitals,
  type DeliveryOutcome,
  type Reservation,
  type Services,
  type StopReason,
} from '@phi/engine';
import { settledWithin, tellFailure, type Environment } from '@phi/service';
import type { Logger } from '@phi/telemetry';

import { LeaseKeeper } from './lease-keeper.js';

/** How long the announcement of a drain is waited for, in milliseconds: a Redis that is away does not keep the process. */
const ANNOUNCED_WITHIN_MS = 2000;

/** One registration of this process: when its lease is lost, what ran under it is stopped and another begins. */
interface Incarnation {
  readonly executor_id: string;
  /** What it runs or is about to claim, by execution: whoever aborts it says why. */
  readonly attempts: Map<string, AbortController>;
}

/**
 * An executor process: registers under a lease, renews it, runs what it takes delivery of, and drains
 * (specification: Executor Subsystem; Rule 13).
 */
export class ExecutorProcess {
  private incarnation: Incarnation;
  private readonly running = new Set<Promise<void>>();
  private places: number;
  /** Why no places are offered although it does not drain. */
  private withheld: string | undefined;
  private readonly room: ExecutorRoom;
  private keeper: LeaseKeeper | undefined;
  private readonly vitals: Vitals;
  /** Who is told of executions that are asked to stop. */
  readonly cancellations = new Cancellations();

  constructor(
    private readonly services: Services,
    private readonly runner: AttemptRunner,
    private readonly environment: Environment,
    private readonly log: Logger,
    private readonly resources: Amounts,
    private readonly bodies: Bodies,
  ) {
    this.vitals = new Vitals(services.clock);
    this.places = environment.config.EXECUTOR_PARALLELISM;
    this.room = new ExecutorRoom(this.places, resources);
    this.incarnation = this.begin();
  }

  async start(): Promise<void> {
    await this.register('anew');
    await this.warnOfCommonPools();
    const keeper = new LeaseKeeper({
      leases: this.services.leases,
      config: this.environment.config,
      log: this.log,
      bodies: this.bodies,
      executorId: () => this.executor_id,
      report: () => this.vitals.report(),
      onHeld: ({ to_stop, holds }, reported) => {
        this.stopAsked(to_stop);
        void this.compare(reported, holds).catch((error: unknown) =>
          tellFailure(this.log, error, {}, 'could not compare what runs with what Redis says'),
        );
      },
      onLost: () => this.beginAnew(),
    });
    this.vitals.onProgress = () => keeper.reportSoon();
    this.keeper = keeper;
  }

  /**
   * Takes delivery of an execution and runs it to its end. Resolves then, or when it needs no place any more because it only waits for
   * a remote module.
   */
  async take(executionId: string): Promise<void> {
    // A paused worker takes one more: it is delivered again after its claim deadline, to whoever has room.
    if (this.isWithheld) return;
    const reservation = await this.room.turn();
    try {
      // While it waited, the executor may have begun to drain.
      if (!this.isWithheld && this.places > 0) await this.run(executionId, reservation);
    } finally {
      reservation.release();
    }
  }

  private async run(executionId: string, reservation: Reservation): Promise<void> {
    const { executor_id, attempts } = this.incarnation;
    // Delivered twice; or Redis lost the claim: then this body is killed first, and the execution is delivered again.
    if (attempts.has(executionId)) return;
    const stop = executorStop();
    attempts.set(executionId, stop);
    const about = { execution_id: executionId };
    let leave: () => void = () => undefined;
    const placeLeft = new Promise<void>((resolve) => (leave = resolve));
    const attempt = runAttempt(
      {
        services: this.services,
        runner: this.runner,
        executor_id,
        cancellations: this.cancellations,
        vitals: this.vitals,
        signal: stop.signal,
        room: this.room,
        reservation,
        onPlaceLeft: leave,
        onNote: ({ job_id, run_id, attempt_number }, note, detail) =>
          this.log.warn({ execution_id: executionId, job_id, run_id, attempt_number, note }, detail),
        onTrouble: (error) => tellFailure(this.log, error, about, 'no answer from Redis; trying again'),
      },
      executionId,
    )
      .then((outcome) => this.report(executionId, outcome))
      .catch((error: unknown) =>
        tellFailure(this.log, error, about, 'attempt abandoned; recovery takes it back'),
      );
    this.running.add(attempt);
    const ended = attempt.finally(() => {
      this.running.delete(attempt);
      attempts.delete(executionId);
    });
    await Promise.race([ended, placeLeft]);
  }

  get executor_id(): string {
    return this.incarnation.executor_id;
  }

  /** Whether it offers nothing for a reason that passes. */
  get isWithheld(): boolean {
    return this.withheld !== undefined;
  }

  /**
   * Offers no places while there is a reason, and all of them again afterwards; what runs goes on.
   *
   * @param why - error codes; undefined: no reason any more
   */
  async withhold(why: string | undefined): Promise<void> {
    if (why === this.withheld) return;
    const before = this.withheld;
    this.withheld = why;
    try {
      await this.register('again');
    } catch (error) {
      // Not announced: whoever withholds comes again.
      this.withheld = before;
      throw error;
    }
  }

  /** Offers no more places, hands over what only waits for remote modules, and lets what runs come to its end; past the grace it is stopped and repeated elsewhere. */
  async drain(graceMs: number): Promise<void> {
    this.places = 0;
    const announced = this.register('again').catch((error: unknown) =>
      tellFailure(this.log, error, {}, 'could not announce the drain'),
    );
    await settledWithin(ANNOUNCED_WITHIN_MS, announced);
    this.room.close();
    const timer = setTimeout(() => this.stopBodies(this.incarnation, 'SHUTDOWN'), graceMs);
    while (this.running.size > 0) await Promise.allSettled(this.running);
    clearTimeout(timer);
  }

  /** Compares what runs here with what Redis says, now rather than with the next renewal of the lease. */
  compareSoon(): void {
    this.keeper?.renewSoon();
  }

  async leave(): Promise<void> {
    await this.keeper?.stop();
    await this.services.leases.leave(this.incarnation.executor_id);
  }

  private begin(): Incarnation {
    const executor_id = `${hostname()}-${String(process.pid)}-${this.services.ids.next().slice(0, 6)}`;
    return { executor_id, attempts: new Map() };
  }

  /** @param how - `again` does not bring a lease back that was taken away meanwhile: that is for the renewal to find out */
  private async register(how: 'anew' | 'again'): Promise<void> {
    await this.services.leases.register({
      again: how === 'again',
      executor_id: this.incarnation.executor_id,
      lease_ms: leaseMs(this.environment.config),
      places: this.withheld === undefined ? this.places : 0,
      pools: this.environment.config.EXECUTOR_POOLS,
      resources: this.resources,
      information: {
        hostname: hostname(),
        pid: process.pid,
        ...(this.withheld === undefined ? {} : { exhausted: this.withheld }),
      },
    });
  }

  /** What is not dedicated has no queue of its own: nothing of it comes here. */
  private async warnOfCommonPools(): Promise<void> {
    const named = this.environment.config.EXECUTOR_POOLS;
    const pools = await Promise.all(named.map((name) => this.services.limits.pool(name)));
    const common = named.filter((_, index) => pools[index]?.dedicated !== true);
    if (common.length > 0) {
      this.log.warn(
        { pools: common },
        'EXECUTOR_POOLS names pools that are not dedicated; nothing of them comes here',
      );
    }
  }

  /** Those whose message got lost on the way. */
  private stopAsked(executionIds: readonly string[]): void {
    for (const executionId of executionIds) this.cancellations.announce(executionId);
  }

  /**
   * Redis may have lost what was written last: a claim, then the body here is one too many; or an end, then the execution stands as
   * running here and does not.
   */
  private async compare(reported: readonly string[], holds: readonly string[]): Promise<void> {
    const { executor_id, attempts } = this.incarnation;
    const held = new Set(holds);
    for (const executionId of reported.filter((id) => !held.has(id))) {
      const attempt = attempts.get(executionId);
      const record = await this.services.executions.get(executionId);
      if (attempt === undefined || attempt !== attempts.get(executionId) || isHeldBy(executor_id, record))
        continue;
      this.log.warn({ execution_id: executionId }, 'Redis does not know that it runs here; killing it');
      attempt.abort('LEASE_LOST' satisfies StopReason);
    }
    const unknown = holds.filter((id) => !attempts.has(id));
    const taken = await takeBackUnknown(this.services, executor_id, unknown);
    if (taken > 0) this.log.warn({ executions: taken }, 'took back what stood as running here and did not');
  }

  /** Stops what ran under a lease that was lost, and registers under another. */
  private async beginAnew(): Promise<void> {
    const lost = this.incarnation;
    this.log.warn(
      { executor_id: lost.executor_id, running: this.running.size },
      'lease lost; killing what ran under it',
    );
    this.incarnation = this.begin();
    this.stopBodies(lost, 'LEASE_LOST');
    await this.register('anew');
  }

  private stopBodies(incarnation: Incarnation, reason: StopReason): void {
    for (const stop of incarnation.attempts.values()) stop.abort(reason);
  }

  private report(executionId: string, outcome: DeliveryOutcome): void {
    if (outcome.kind === 'declined') {
      this.log.debug({ execution_id: executionId, refusal: outcome.refusal }, 'delivery declined');
      return;
    }
    const { execution } = outcome;
    const about = {
      execution_id: executionId,
      job_id: execution.job_id,
      run_id: execution.run_id,
      attempt_number: execution.attempt_number,
    };
    if (outcome.kind === 'recorded') this.log.info({ ...about, status: outcome.status }, 'attempt ended');
    else this.log.warn({ ...about, refusal: outcome.refusal }, 'attempt ended, but its end was refused');
  }
}

function isHeldBy(executorId: string, record: ExecutionRecord | undefined): boolean {
  const isOpen = record?.status === 'RUNNING' || record?.status === 'COMPLETING';
  return isOpen && record?.executor_id === executorId;
}
