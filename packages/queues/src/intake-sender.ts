import {
  cloudEventSchema,
  findProblems,
  manualMessageSchema,
  type CloudEvent,
  type ManualMessage,
} from '@phi/core';
import type { Redis } from 'ioredis';

import { producerConnection } from './connection.js';
import { EVENTS_QUEUE, MANUAL_QUEUE, queuePrefix, type IntakeQueueName } from './names.js';
import { ProducerQueue } from './producer-queue.js';
import { refusalReason } from './refusal-reason.js';

export interface IntakeSenderOptions {
  /** One of the two. A connection of the caller's stays open; it decides whether commands wait while Redis is away. */
  readonly redisUrl?: string;
  readonly connection?: Redis;
  readonly namespace: string;
  /** Told of connection errors. */
  readonly onError: (error: Error) => void;
}

/** What a queue takes. */
export interface IntakeMessages {
  readonly phi_manual: ManualMessage;
  readonly phi_events: CloudEvent;
}

const SCHEMAS = { [MANUAL_QUEUE]: manualMessageSchema, [EVENTS_QUEUE]: cloudEventSchema } as const;

/** Adds messages to the intake queues of a namespace. */
export class IntakeSender {
  private readonly connection: Redis;
  private readonly queues: Readonly<Record<IntakeQueueName, ProducerQueue>>;

  /** @throws TypeError unless there is either a connection or the URL of one */
  constructor(private readonly options: IntakeSenderOptions) {
    const { redisUrl, connection, namespace, onError } = options;
    if ((redisUrl === undefined) === (connection === undefined))
      throw new TypeError('accepted: either redisUrl or connection');
    this.connection = connection ?? producerConnection(String(redisUrl));
    const open = (name: IntakeQueueName): ProducerQueue =>
      new ProducerQueue({ connection: this.connection, name, prefix: queuePrefix(namespace), onError });
    this.queues = { [MANUAL_QUEUE]: open(MANUAL_QUEUE), [EVENTS_QUEUE]: open(EVENTS_QUEUE) };
  }

  /**
   * Resolves once Redis has the message. It is not told then whether Phi takes it.
   *
   * @returns BullMQ's id of it
   * @throws TypeError for a message that would be refused; Error while Redis is away
   */
  async send<Name extends IntakeQueueName>(name: Name, message: IntakeMessages[Name]): Promise<string> {
    const problems = findProblems(SCHEMAS[name], message);
    if (problems.length > 0) throw new TypeError(refusalReason(problems));
    const queue = await this.queues[name].queue();
    const { id } = await queue.add(name, message);
    return String(id);
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.queues).map((queue) => queue.close()));
    if (this.options.connection === undefined) this.connection.disconnect();
  }
}
