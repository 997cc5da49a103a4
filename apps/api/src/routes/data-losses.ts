import { dateTime, describeLoss, type ReportedLoss } from '@phi/core';
import * as z from 'zod';

import { callerOf } from '../access/guard.js';
import type { ApiApp, ApiContext } from '../api-context.js';
import { isoTime } from '../http/times.js';

const loss = z.strictObject({
  loss_id: z.string(),
  kind: z.enum(['DATA_SET', 'TAIL']).describe('DATA_SET: all of it. TAIL: what was written last.'),
  kept_until: dateTime.nullable().describe('What was written up to then is there; null: nothing is.'),
  lost_until: dateTime.describe('What was written from there to then is missing, or some of it.'),
  found_time: dateTime,
  found_by: z.string(),
  message: z.string(),
});
const answer = z.strictObject({ items: z.array(loss) });

/** GET /v1/data-losses and POST /v1/data-losses/acknowledge: what Redis lost (docs/operations.md). */
export function dataLosses(app: ApiApp, { services }: ApiContext): void {
  app.get(
    '/v1/data-losses',
    {
      config: { permission: 'health:read' },
      schema: { summary: 'What Redis lost and nobody has acknowledged', response: { 200: answer } },
    },
    async () => ({ items: (await services.epochs.losses()).map(view) }),
  );
  app.post(
    '/v1/data-losses/acknowledge',
    {
      config: { permission: 'config:write' },
      schema: { summary: 'Acknowledge what Redis lost', response: { 200: answer } },
    },
    async (request) => {
      const items = (await services.epochs.acknowledge()).map(view);
      request.log.warn({ caller: callerOf(request).name, losses: items }, 'losses of data acknowledged');
      return { items };
    },
  );
}

function view(reported: ReportedLoss): z.infer<typeof loss> {
  const { kept_until, lost_until, found_time } = reported;
  return {
    ...reported,
    kept_until: kept_until === null ? null : isoTime(kept_until),
    lost_until: isoTime(lost_until),
    found_time: isoTime(found_time),
    message: describeLoss(reported),
  };
}
