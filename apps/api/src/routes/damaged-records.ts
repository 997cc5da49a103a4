import { count, dateTime, generatedId, type QuarantinedRecord } from '@phi/core';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { notFound } from '../http/not-found.js';
import { isoTime } from '../http/times.js';
import { executionParams } from './execution-params.js';

const kept = z.strictObject({
  execution_id: generatedId,
  time: dateTime.describe('When it was rebuilt.'),
  size: count.describe('Of what was found, in bytes; 0 where the record was gone.'),
});
const withBytes = kept.extend({ bytes: z.base64().describe('What was found, in base64.') });

const list = {
  summary: 'Records that could not be read and were rebuilt, the newest first',
  response: { 200: z.strictObject({ items: z.array(kept).describe('The last hundred.') }) },
};
const one = {
  summary: 'What was found in place of the record of an execution',
  description: 'Holds whatever the record held, parameters among it: not for viewers.',
  params: executionParams,
  response: {
    200: z.strictObject({
      items: z.array(withBytes).describe('The newest first; more than one where it was damaged again.'),
    }),
  },
};

/** GET /v1/damaged-records and GET /v1/damaged-records/{execution_id} (docs/adr/0035-damaged-records.md). */
export function damagedRecords(app: ApiApp, { services }: ApiContext): void {
  app.get('/v1/damaged-records', { config: { permission: 'executions:read' }, schema: list }, async () => ({
    items: (await services.repairs.quarantined()).map(view),
  }));
  app.get(
    '/v1/damaged-records/:execution_id',
    { config: { permission: 'executions:cancel' }, schema: one },
    async ({ params: { execution_id } }) => {
      const found = (await services.repairs.quarantined()).filter(
        (record) => record.execution_id === execution_id,
      );
      if (found.length === 0) throw notFound('damaged record of execution', execution_id);
      return { items: found.map((record) => ({ ...view(record), bytes: record.bytes })) };
    },
  );
}

function view({ execution_id, time, bytes }: QuarantinedRecord): z.infer<typeof kept> {
  return { execution_id, time: isoTime(time), size: Buffer.byteLength(bytes, 'base64') };
}
