import { count, dateTime, STATE_KINDS, type QuarantinedRecord } from '@phi/core';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { notFound } from '../http/not-found.js';
import { isoTime } from '../http/times.js';

/** A job, an edge and what parts them. */
const MAX_ID = 600;

const kept = z.strictObject({
  kind: z
    .enum(['EXECUTION', ...STATE_KINDS])
    .describe('What could not be read; EXECUTION: the record of one.'),
  id: z
    .string()
    .describe(
      'Of the execution, run, job or schedule it belongs to; empty where there is but one of its kind.',
    ),
  time: dateTime.describe('When it was found.'),
  size: count.describe('Of what was found, in bytes; 0 where it was gone.'),
});
const withBytes = kept.extend({ bytes: z.base64().describe('What was found, in base64.') });

const list = {
  summary: 'What could not be read and was made again, the newest first',
  response: { 200: z.strictObject({ items: z.array(kept).describe('The last hundred.') }) },
};
const one = {
  summary: 'What was found in place of a record',
  description: 'Holds whatever the record held, parameters among it: not for viewers.',
  params: z.strictObject({
    id: z.string().min(1).max(MAX_ID).describe('As it is listed; the kind, where there is but one of it.'),
  }),
  response: {
    200: z.strictObject({
      items: z.array(withBytes).describe('The newest first; more than one where it was damaged again.'),
    }),
  },
};

/** GET /v1/damaged-records and GET /v1/damaged-records/{id} (docs/adr/0035-damaged-records.md, 0038-damaged-state.md). */
export function damagedRecords(app: ApiApp, { services }: ApiContext): void {
  app.get('/v1/damaged-records', { config: { permission: 'executions:read' }, schema: list }, async () => ({
    items: (await services.repairs.quarantined()).map(view),
  }));
  app.get(
    '/v1/damaged-records/:id',
    { config: { permission: 'executions:cancel' }, schema: one },
    async ({ params: { id } }) => {
      const all = await services.repairs.quarantined();
      const found = all.filter((record) => record.id === id || (record.id === '' && record.kind === id));
      if (found.length === 0) throw notFound('damaged record of', id);
      return { items: found.map((record) => ({ ...view(record), bytes: record.bytes })) };
    },
  );
}

function view({ kind, id, time, bytes }: QuarantinedRecord): z.infer<typeof kept> {
  return { kind, id, time: isoTime(time), size: Buffer.byteLength(bytes, 'base64') };
}
