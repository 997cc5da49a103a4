import type { AcceptAnswer, AcceptCommand, EventStore } from '@phi/core';

import { pack } from './codec.js';
import type { FunctionLibrary } from './function-library.js';
import { announce, decodeReply, toArray, type ReplyListener } from './reply.js';

/** Events in Redis; see the port in `@phi/core`. */
export class RedisEventStore implements EventStore {
  constructor(
    private readonly library: FunctionLibrary,
    private readonly listener: ReplyListener,
  ) {}

  async accept(command: AcceptCommand): Promise<AcceptAnswer> {
    const reply = decodeReply('accept-event', await this.library.call('accept-event', [pack(command)]));
    announce(reply, this.listener);
    const answer = reply.results[0] as AcceptAnswer;
    if (!answer.ok) return answer;
    return { ...answer, deliveries: toArray(answer.deliveries) as typeof answer.deliveries };
  }
}
