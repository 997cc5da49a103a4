import { jobStatusSchema, signCallback } from '@phi/modules';

import type { Check } from '../check.js';
import { CheckFailed, demand } from '../verdicts.js';
import type { Received } from '../callback-listener.js';
import type { Session } from '../session.js';

/** How far the clock of a module may be off, as Standard Webhooks has it. */
const TOLERANCE_SECONDS = 300;

const header = ({ headers }: Received, name: string): string => {
  const value = headers[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new CheckFailed(`the callback came without ${name}`);
};

const verify = (message: Received, secret: string, nowMs: number): void => {
  const id = header(message, 'webhook-id');
  const timestamp = Number(header(message, 'webhook-timestamp'));
  const off = Math.abs(nowMs / 1000 - timestamp);
  demand(
    off <= TOLERANCE_SECONDS,
    `webhook-timestamp is ${String(Math.round(off))} s off, in seconds since 1970`,
  );
  const expected = signCallback(secret, { id, timestamp }, message.body);
  demand(
    header(message, 'webhook-signature').split(' ').includes(expected),
    'webhook-signature is not that of Standard Webhooks: v1, and HMAC-SHA256 of "id.timestamp.body" by the bytes of the secret after whsec_',
  );
};

const readBody = ({ body }: Received): unknown => {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new CheckFailed('the callback’s body is no JSON', { cause: error });
  }
};

const check = async (session: Session): Promise<void> => {
  const listener = await session.listenForCallbacks();
  try {
    const work = await session.quick();
    const chain = await session.chain(work);
    const { ref } = await session.submit(chain, work, { callback: listener.callback });
    const message = await listener.next(0, session.signal).catch((error: unknown) => {
      const where = new URL(listener.callback.url).origin;
      throw new CheckFailed(
        `no callback came to ${where}; where it cannot be reached, --callback-url says another`,
        {
          cause: error,
        },
      );
    });
    verify(message, listener.callback.secret, session.options.now());
    const parsed = jobStatusSchema.safeParse(readBody(message));
    demand(parsed.success, `the callback’s body is no job status: ${parsed.error?.message ?? ''}`);
    const { ref: told, idempotency_key: key } = parsed.data;
    demand(
      told === ref && key === chain.key(),
      `the callback tells of ${told} of the key "${key}"; expected ${ref} of "${chain.key()}"`,
    );
  } finally {
    listener.close();
  }
};

export const callsBack: Check = {
  name: 'calls-back',
  says: 'tells of a change where the request says, signed',
  cites: 'Callbacks',
  needs: 'callbacks',
  run: check,
};
