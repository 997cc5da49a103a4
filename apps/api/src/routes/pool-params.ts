import { identifier } from '@phi/core';
import { poolNames, viewPool, type PoolDetailView, type Services } from '@phi/engine';
import * as z from 'zod';

import { notFoundAmong } from '../http/not-found.js';

/** Path parameters of the routes of one pool. */
export const poolParams = z.strictObject({ name: identifier });

/** @throws HttpProblem 404 with names that are like it */
export async function findPool(services: Services, name: string): Promise<PoolDetailView> {
  const pool = await viewPool(services, name);
  if (pool === undefined) throw notFoundAmong('pool', 'name', name, await poolNames(services));
  return pool;
}
