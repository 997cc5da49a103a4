import { ERROR_QUEUES, type Listed, type StageJob, type StageJobs } from '@phi/core';
import type { Job } from 'bullmq';
import type { Redis } from 'ioredis';

import { producerConnection } from './connection.js';
import { EXECUTIONS_QUEUE, INTAKE_QUEUES, queuePrefix } from './names.js';
import { ProducerQueue } from './producer-queue.js';
import type { StageQueuesOptions } from './stage-queues.js';

const NOT_BEGUN = ['waiting', 'prioritized', 'delayed'] as const;
/** Jobs of each state in a page, and keys in one of queues. */
const LISTED_AT_ONCE = 50;
const SCANNED_AT_ONCE = 1000;

/** What BullMQ keeps of every queue. */
const META = ':meta';

const OWN: ReadonlySet<string> = new Set([EXECUTIONS_QUEUE, ...INTAKE_QUEUES, ...ERROR_QUEUES]);

const isOwn = (name: string): boolean => OWN.has(name) || name.startsWith(`${EXECUTIONS_QUEUE}_`);

/** What the queues of modules hold, to be looked through; see the port in `@phi/core`. */
export class BullStageJobs implements StageJobs {
  private connected: Redis | undefined;
  private readonly opened = new Map<string, ProducerQueue>();

  constructor(private readonly options: StageQueuesOptions) {}

  async queues(cursor = '0'): Promise<Listed> {
    const before = `${queuePrefix(this.options.namespace)}:`;
    const pattern = `${before.replace(/[\\*?[\]]/g, '\\$&')}*${META}`;
    const [next, keys] = await this.connection().scan(cursor, 'MATCH', pattern, 'COUNT', SCANNED_AT_ONCE);
    const names = keys.map((key) => key.slice(before.length, -META.length));
    // BullMQ takes no name that has a colon: what has one is another key of a queue.
    const found = names.filter((name) => !name.includes(':') && !isOwn(name));
    return next === '0' ? { found } : { found, next_cursor: next };
  }

  async waiting(
    name: string,
    from: number,
  ): Promise<{ readonly jobs: readonly StageJob[]; readonly next?: number }> {
    const queue = await this.queueOf(name).queue();
    const to = from + LISTED_AT_ONCE;
    const pages = await Promise.all(NOT_BEGUN.map((state) => queue.getJobs([state], from, to - 1)));
    const jobs = pages.flat().flatMap((job) => stageJobOf(job) ?? []);
    return pages.every((page) => page.length < LISTED_AT_ONCE) ? { jobs } : { jobs, next: to };
  }

  async remove({ queue: name, id }: StageJob): Promise<boolean> {
    const queue = await this.queueOf(name).queue();
    return (await queue.remove(id)) === 1;
  }

  async close(): Promise<void> {
    await Promise.all([...this.opened.values()].map((queue) => queue.close()));
    this.connected?.disconnect();
  }

  /** Opened at the first use: few services ever look. */
  private connection(): Redis {
    this.connected ??= producerConnection(this.options.redisUrl);
    return this.connected;
  }

  private queueOf(name: string): ProducerQueue {
    const known = this.opened.get(name);
    if (known !== undefined) return known;
    const { namespace, onError } = this.options;
    const prefix = queuePrefix(namespace);
    const queue = new ProducerQueue({
      connection: this.connection(),
      name,
      prefix,
      onError,
      isForeign: true,
    });
    this.opened.set(name, queue);
    return queue;
  }
}

/** undefined for what was removed meanwhile, and for what is not Phi's: its id begins with the chain that it says it is of. */
function stageJobOf(job: Job<object> | undefined): StageJob | undefined {
  const { chain_id = '', key } = (job?.data ?? {}) as { readonly chain_id?: string; readonly key?: string };
  const isOurs = job?.id !== undefined && job.id === key && key.startsWith(`${chain_id}-`);
  return isOurs ? { queue: job.queueName, id: key, chain_id } : undefined;
}
