import { DEFAULT_CONFIG, resolveJobDefinition, type AuthoredTrigger, type JobDefinition } from '@phi/core';
import { applyDefinitions, type Services } from '@phi/engine';
import { openServices, type OpenServices } from '@phi/service';
import { createLogger, type Logger } from '@phi/telemetry';
import { testRedis, type TestRedis } from '@phi/testkit';
import { pino } from 'pino';

/** A line that was logged. */
export interface Logged {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** One scheduler's services, and what it logs. */
export interface SchedulerParts {
  readonly services: Services;
  readonly log: Logger;
  readonly logged: Logged[];
}

/** Schedulers over a namespace of their own on the Redis that tests share. */
export interface SchedulerFixture {
  readonly corner: TestRedis;
  readonly services: Services;
  /** Services of another scheduler: a connection and a catalog of their own. */
  another(): SchedulerParts;
  /** Registers a job with these triggers in place of what it had. */
  apply(jobId: string, triggers: readonly AuthoredTrigger[], more?: Partial<JobDefinition>): Promise<void>;
  remove(jobId: string): Promise<void>;
  /** The events of a job's executions, by their ids. */
  eventsOf(jobId: string): Promise<readonly ReceivedEvent[]>;
  close(): Promise<void>;
}

export interface ReceivedEvent {
  readonly id: string;
  readonly type: string;
  readonly source: string;
  readonly subject?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export function openSchedulerFixture(label: string): SchedulerFixture {
  const corner = testRedis(label);
  const opened: OpenServices[] = [];
  const another = (): SchedulerParts => {
    const logged: Logged[] = [];
    const log = pino({ level: 'trace' }, { write: (line) => logged.push(JSON.parse(line) as Logged) });
    const open = openServices(
      {
        redisUrl: corner.url,
        namespace: corner.namespace,
        dataDir: '.',
        logLevel: 'silent',
        config: DEFAULT_CONFIG,
      },
      createLogger('scheduler', 'silent'),
    );
    opened.push(open);
    return { services: open.services, log, logged };
  };
  const { services } = another();
  return {
    corner,
    services,
    another,
    async apply(job_id, triggers, more = {}) {
      const definition = resolveJobDefinition(
        { job_id, job_type: 'INGESTION', pipeline_modules: ['ALPHA'], triggers: [...triggers] },
        DEFAULT_CONFIG,
      );
      const result = await applyDefinitions(services, {
        definitions: [{ ...definition, ...more }],
        author: 'tester',
      });
      if (!result.ok) throw new Error(`not applied: ${JSON.stringify(result)}`);
    },
    async remove(jobId) {
      const result = await applyDefinitions(services, {
        definitions: [],
        removed: [jobId],
        author: 'tester',
      });
      if (!result.ok) throw new Error(`not removed: ${JSON.stringify(result)}`);
    },
    async eventsOf(job_id) {
      const { items } = await services.executions.list({ job_id, limit: 1000 });
      const events = items.flatMap(
        ({ parameters }) => (JSON.parse(parameters ?? '{}') as { events: ReceivedEvent[] }).events,
      );
      return events.sort((one, other) => (one.id < other.id ? -1 : 1));
    },
    async close() {
      await Promise.all(opened.map((open) => open.close()));
      await corner.cleanup();
    },
  };
}
