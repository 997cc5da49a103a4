import type { Amounts, AmountsRequest, StoredPlanJob } from '@phi/core';
import fc from 'fast-check';

import { planJob } from './store-fixture.js';

export const STORY_POOLS = ['red', 'blue'] as const;
const EXECUTORS = ['small', 'large', 'other'] as const;

export const NOTHING: AmountsRequest = [0, 0, 0, 0];
const requests: readonly AmountsRequest[] = [
  NOTHING,
  [1000, 0, 0, 0],
  [500, 512, 0, 0],
  [2000, 256, 100, 0],
  [3000, 2048, 0, 50],
];

/** Every pool has jobs of every request; half of them do not age. */
export const STORY_JOBS: readonly StoredPlanJob[] = STORY_POOLS.flatMap((pool) =>
  requests.map((request, index) =>
    planJob(`${pool}-${String(index)}`, [], {
      resource_pool: pool,
      priority: index * 7 - 10,
      ...(request === NOTHING ? {} : { request }),
      ...(index % 2 === 0 ? {} : { static_priority: true }),
    }),
  ),
);

/** One thing that happens: to jobs, to pools and limits, or to executors. */
export type AdmissionStep =
  | { readonly kind: 'create'; readonly job: string }
  | { readonly kind: 'claim'; readonly at: number; readonly by: string }
  | { readonly kind: 'end'; readonly at: number; readonly succeed: boolean }
  | { readonly kind: 'cancel'; readonly at: number }
  /** One that runs begins to wait for a remote module, or comes back. */
  | { readonly kind: 'remote'; readonly at: number }
  | { readonly kind: 'limit'; readonly name: string; readonly limit: number | undefined }
  | {
      readonly kind: 'pool';
      readonly pool: { readonly name: string; readonly paused?: boolean; readonly dedicated?: boolean };
    }
  | {
      readonly kind: 'register';
      readonly by: string;
      readonly size: Amounts;
      readonly places: number;
      readonly pools: readonly string[];
    }
  | { readonly kind: 'leave'; readonly by: string }
  | { readonly kind: 'wait'; readonly ms: number };

const size = fc.record({
  cpu_cores: fc.constantFrom(0, 1, 2, 4, null),
  memory_mb: fc.constantFrom(0, 512, 2048, null),
  disk_mb: fc.constantFrom(0, 100, null),
  network_bandwidth_mbps: fc.constantFrom(50, null),
});

const pool = fc.record(
  {
    name: fc.constantFrom(...STORY_POOLS),
    pool_concurrency_limit: fc.constantFrom(1, 2, 5, null),
    cpu_cores: fc.constantFrom(0, 1, 3, 5, null),
    memory_mb: fc.constantFrom(256, 2048, null),
    paused: fc.boolean(),
    dedicated: fc.boolean(),
  },
  { requiredKeys: ['name'] },
);

export function admissionStep(): fc.Arbitrary<AdmissionStep> {
  const step = <Kind extends string, Rest>(
    kind: Kind,
    rest: { [Name in keyof Rest]: fc.Arbitrary<Rest[Name]> },
  ) =>
    fc.record({ kind: fc.constant(kind), ...rest }) as unknown as fc.Arbitrary<
      { readonly kind: Kind } & Rest
    >;
  const ids = STORY_JOBS.map((job) => job.job_id);
  const by = fc.constantFrom(...EXECUTORS);
  const limit = fc.constantFrom('global', 'type:INGESTION', `job:${ids[0] ?? ''}`);
  return fc.oneof(
    { weight: 7, arbitrary: step('create', { job: fc.constantFrom(...ids) }) },
    { weight: 5, arbitrary: step('claim', { at: fc.nat(30), by }) },
    { weight: 4, arbitrary: step('end', { at: fc.nat(30), succeed: fc.boolean() }) },
    { weight: 1, arbitrary: step('cancel', { at: fc.nat(60) }) },
    { weight: 3, arbitrary: step('remote', { at: fc.nat(30) }) },
    { weight: 2, arbitrary: step('pool', { pool }) },
    {
      weight: 2,
      arbitrary: step('register', {
        by,
        size,
        places: fc.constantFrom(0, 1, 3, 10),
        pools: fc.subarray([...STORY_POOLS]),
      }),
    },
    { weight: 1, arbitrary: step('leave', { by }) },
    { weight: 1, arbitrary: step('limit', { name: limit, limit: fc.constantFrom(1, 3, 50, undefined) }) },
    { weight: 1, arbitrary: step('wait', { ms: fc.constantFrom(1000, 61_000) }) },
  );
}
