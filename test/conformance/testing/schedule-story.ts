import { fireSchedules, openWindows, type Services } from '@phi/engine';
import { expect } from '@jest/globals';

import { runAndCrash, type Crash } from './crashing-process.js';
import { apply, define, failWith, run, succeedWith, type EngineFixture } from './engine-fixture.js';
import { authored, BEGINNING, type ModelJob } from './schedule-model.js';
import { ScheduleWitness, type Span } from './schedule-witness.js';

export type Step =
  /** The clock goes so far forward, or back. */
  | { readonly kind: 'move'; readonly ms: number }
  /** So many processes look for fire times at once; the first may crash. */
  | { readonly kind: 'fire'; readonly processes: number; readonly crash: Crash | undefined }
  | { readonly kind: 'pause' | 'resume'; readonly job: string }
  | Change
  /** So many executions that have their slots end, the first admitted first. */
  | { readonly kind: 'end'; readonly count: number }
  | { readonly kind: 'windows' };

type Change =
  | { readonly kind: 'disable' | 'remove'; readonly job: string }
  /** By a process whose schedules are stopped, perhaps; it may crash. */
  | {
      readonly kind: 'apply';
      readonly job: string;
      readonly to: ModelJob;
      readonly stopped: boolean;
      readonly crash: Crash | undefined;
    };

/** Configurations change so late in a second, and fire times are looked for so late: never where fire times are. */
const CHANGES_AT_MS = 100;
const LOOKS_AT_MS = 500;
/** After so long what was held is looked at again. */
const HELD_AT_MOST_MS = 2000;

export const CAPACITY = 6;
export const JOB_IDS = ['a', 'b'] as const;

/** Plays steps on an engine; witnesses check after each what the ledgers and the executions say. */
export class ScheduleStory {
  private readonly services: Services;
  private readonly processes: readonly Services[];
  private readonly roomy: Services;
  private readonly stopped: Services;
  private readonly witnesses: readonly ScheduleWitness[];
  private at = BEGINNING;
  private latest = BEGINNING;

  constructor(private readonly fixture: EngineFixture) {
    this.services = fixture.services;
    this.processes = [fixture.services, fixture.anotherProcess(), fixture.anotherProcess()];
    this.roomy = fixture.anotherProcess({ EXECUTOR_QUEUE_CAPACITY: 1_000_000 });
    this.stopped = fixture.anotherProcess({ SCHEDULER_ENABLED: false });
    this.witnesses = JOB_IDS.map((job_id) => new ScheduleWitness(fixture.services, job_id, CAPACITY));
  }

  /** At the end whatever is due has room and is settled. */
  async play(steps: readonly Step[]): Promise<void> {
    for (const step of steps) await this.take(step);
    this.move(this.latest - this.at + HELD_AT_MOST_MS);
    await this.fire([this.roomy], undefined);
    for (const witness of this.witnesses) {
      expect(witness.isHeld).toBe(false);
      await witness.checkListing();
    }
  }

  private async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'move':
        return this.move(step.ms);
      case 'fire':
        return this.fire(this.processes.slice(0, step.processes), step.crash);
      case 'pause':
      case 'resume':
        return this.setPaused(this.witnessOf(step.job), step.kind);
      case 'apply':
      case 'disable':
      case 'remove':
        return this.change(step);
      case 'end':
        return this.end(step.count);
      case 'windows':
        await this.within(LOOKS_AT_MS, () => openWindows(this.services));
        return this.lookAtExecutions();
    }
  }

  private move(ms: number): void {
    this.at += ms;
    this.latest = Math.max(this.latest, this.at);
  }

  private async fire(processes: readonly Services[], crash: Crash | undefined): Promise<void> {
    const [span, crashed] = await this.within(LOOKS_AT_MS, () =>
      Promise.all(
        processes.map(async (services, index) => {
          if (index === 0 && crash !== undefined) return runAndCrash(services, crash, fireSchedules);
          await fireSchedules(services);
          return false;
        }),
      ),
    );
    // What a crashed process was about to do is left to the next round of another.
    const isComplete = !crashed.includes(true);
    for (const witness of this.witnesses) await witness.lookAtTicks(span, isComplete);
  }

  private async setPaused(witness: ScheduleWitness, how: 'pause' | 'resume'): Promise<void> {
    const { schedules } = this.services;
    const [span, word] = await this.within(LOOKS_AT_MS, () => schedules[how](witness.schedule_id));
    if (word !== 'CHANGED') return;
    const pause = (await schedules.get(witness.schedule_id))?.pauses.at(-1);
    const instant = (how === 'pause' ? pause?.from_ms : pause?.until_ms) ?? NaN;
    expect(instant).toBeGreaterThanOrEqual(span.before);
    expect(instant).toBeLessThanOrEqual(span.after);
    if (how === 'pause') witness.paused(instant);
    else witness.resumed(instant);
  }

  private async change(step: Change): Promise<void> {
    const witness = this.witnessOf(step.job);
    if (step.kind !== 'apply' && !(await this.isRegistered(step.job))) return;
    const to = step.kind === 'apply' ? step.to : undefined;
    const wanted = define(step.job, to === undefined ? { enabled: false } : authored(to));
    const work = async (services: Services): Promise<void> => {
      const changes =
        step.kind === 'remove' ? apply(services, [], { removed: [step.job] }) : apply(services, [wanted]);
      expect(await changes).toMatchObject({ ok: true });
    };
    const stopped = step.kind === 'apply' && step.stopped;
    const by = stopped ? this.stopped : this.services;
    const crash = step.kind === 'apply' ? step.crash : undefined;
    const [span] = await this.within<unknown>(CHANGES_AT_MS, () =>
      crash === undefined ? work(by) : runAndCrash(by, crash, work),
    );
    await witness.lookAtTicks(span, false, { insists: true, stopped });
    const registered = (await this.services.catalog.current()).jobs.get(step.job)?.registration.definition;
    const hasChanged =
      step.kind === 'remove' ? registered === undefined : registered === JSON.stringify(wanted);
    if (!hasChanged) return expect(crash).toBeDefined();
    await witness.changedTo(to, span);
    if (step.kind === 'remove') witness.removed();
  }

  private async end(count: number): Promise<void> {
    await this.within(LOOKS_AT_MS, async () => {
      for (const [index, id] of this.fixture.admitted.splice(0, count).entries()) {
        await run(this.services, id, () =>
          index % 3 === 2 ? failWith('EXEC_005_INVALID_CONFIG') : succeedWith(),
        );
      }
    });
    await this.lookAtExecutions();
  }

  private async lookAtExecutions(): Promise<void> {
    for (const witness of this.witnesses) await witness.lookAtExecutions();
  }

  private async isRegistered(jobId: string): Promise<boolean> {
    return (await this.services.catalog.current()).jobs.has(jobId);
  }

  private witnessOf(jobId: string): ScheduleWitness {
    const found = this.witnesses.find(({ job_id }) => job_id === jobId);
    if (found === undefined) throw new Error(`the story has no job ${jobId}`);
    return found;
  }

  /** Sets Redis' time and does something; the time goes on by itself meanwhile. */
  private async within<Result>(phaseMs: number, work: () => Promise<Result>): Promise<[Span, Result]> {
    await this.fixture.setClockOffset(this.at + phaseMs - Date.now());
    const before = await this.services.schedules.now();
    const result = await work();
    return [{ before, after: await this.services.schedules.now() }, result];
  }
}
