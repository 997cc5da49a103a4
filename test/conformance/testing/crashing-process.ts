import type { Services } from '@phi/engine';

import { withMethods } from './with-methods.js';

/** Where a process stops: at which of its writes, and whether that one still reaches Redis. */
export interface Crash {
  readonly write: number;
  readonly arrives: boolean;
}

class Crashed extends Error {
  override readonly name = 'Crashed';

  constructor() {
    super('the process stopped');
  }
}

/**
 * Runs something in a process that stops in the middle: none of its calls gets an answer from then on.
 *
 * @returns whether it came to that; when nothing of it is under way any more
 */
export async function runAndCrash(
  services: Services,
  crash: Crash,
  work: (services: Services) => Promise<unknown>,
): Promise<boolean> {
  const process = new CrashingProcess(crash);
  try {
    await work(process.wrap(services));
    return false;
  } catch (error) {
    if (!(error instanceof Crashed)) throw error;
    return true;
  } finally {
    await process.quiet();
  }
}

class CrashingProcess {
  private readonly underWay = new Set<Promise<unknown>>();
  private writes = 0;
  private dead = false;

  constructor(private readonly crash: Crash) {}

  wrap(services: Services): Services {
    const { executions, schedules, jobs } = services;
    return {
      ...services,
      executions: withMethods(executions, {
        create: (command) => this.write(() => executions.create(command)),
        savePlan: (plan) => this.write(() => executions.savePlan(plan)),
      }),
      schedules: withMethods(schedules, {
        now: () => this.read(() => schedules.now()),
        due: (now, limit) => this.read(() => schedules.due(now, limit)),
        getMany: (ids) => this.read(() => schedules.getMany(ids)),
        settle: (tick, graphId) => this.write(() => schedules.settle(tick, graphId)),
      }),
      jobs: withMethods(jobs, { register: (...args) => this.write(() => jobs.register(...args)) }),
    };
  }

  /** Resolves when every call that was sent has been carried out. */
  async quiet(): Promise<void> {
    while (this.underWay.size > 0) await Promise.allSettled(this.underWay);
  }

  private write<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    if (this.dead) return Promise.reject(new Crashed());
    this.writes += 1;
    if (this.writes < this.crash.write) return this.send(call);
    this.dead = true;
    return this.crash.arrives ? this.send(call) : Promise.reject(new Crashed());
  }

  private read<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    return this.dead ? Promise.reject(new Crashed()) : this.send(call);
  }

  private async send<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    const sent = call();
    this.underWay.add(sent);
    try {
      const answer = await sent;
      if (this.dead) throw new Crashed();
      return answer;
    } finally {
      this.underWay.delete(sent);
    }
  }
}
