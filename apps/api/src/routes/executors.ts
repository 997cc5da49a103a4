import { dateTime, poolSchema } from '@phi/core';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { isoTime } from '../http/times.js';

const { cpu_cores, memory_mb, disk_mb, network_bandwidth_mbps } = poolSchema.shape;
const amounts = z.strictObject({ cpu_cores, memory_mb, disk_mb, network_bandwidth_mbps });

const executor = z.strictObject({
  executor_id: z.string(),
  places: z.int().describe('How many executions it runs at once; 0 while it drains.'),
  running: z.int(),
  pools: z.array(z.string()).describe('The pools it serves; none: every pool that is not dedicated.'),
  resources: amounts.describe('What it has; null is not limited.'),
  reserved: amounts.describe('What is placed on it requests in sum.'),
  lease_expires: dateTime,
  information: z.record(z.string(), z.union([z.string(), z.number()])),
});

/** GET /v1/executors: those that hold a lease, or held one until a moment ago. */
export function executors(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'Executors and their leases',
    response: { 200: z.strictObject({ items: z.array(executor) }) },
  };
  app.get('/v1/executors', { config: { permission: 'health:read' }, schema }, async () => {
    const records = await services.leases.list();
    const items = records.map((record) => ({
      ...record,
      pools: [...record.pools],
      lease_expires: isoTime(record.lease_expires),
      information: { ...record.information },
    }));
    return { items };
  });
}
