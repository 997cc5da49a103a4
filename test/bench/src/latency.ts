import { setTimeout as sleep } from 'node:timers/promises';

import { triggerJob } from '@phi/engine';

import { percentile } from './measure.js';
import { openPhi } from './phi.js';

export interface LatencyRow {
  readonly name: string;
  readonly p50_ms: number;
  readonly p99_ms: number;
}

/** Design: Performance budget. */
export const LATENCY_BUDGET = { p50_ms: 5, p99_ms: 25 } as const;
const PAUSE_MS = 5;

/** From trigger to the start of the body, and from the end of a body to the start of the next one's, idle. */
export async function benchLatency(options: {
  readonly redisUrl: string;
  readonly samples: number;
}): Promise<readonly LatencyRow[]> {
  const module = { job_type: 'COMPOSITE' as const, pipeline_modules: ['NOTHING'] };
  const phi = await openPhi({
    redisUrl: options.redisUrl,
    namespace: 'bench-latency',
    concurrency: 20,
    places: 20,
    jobs: [
      { job_id: 'first', ...module },
      { job_id: 'second', ...module, dependencies: [{ upstream_job_id: 'first' }] },
    ],
    limits: { global: 50 },
  });
  const starts: number[] = [];
  const hops: number[] = [];
  for (let sample = 0; sample < options.samples; sample++) {
    const began = new Map<string, number>();
    const bothBegan = new Promise<void>((resolve) => {
      phi.onBody((attempt) => {
        began.set(attempt.definition.job_id, performance.now());
        if (attempt.definition.job_id === 'second') resolve();
      });
    });
    const triggered = performance.now();
    await triggerJob(phi.services, { job_id: 'first', actor: 'bench' });
    await bothBegan;
    starts.push((began.get('first') ?? Number.NaN) - triggered);
    // The body takes no time: its start is its end.
    hops.push((began.get('second') ?? Number.NaN) - (began.get('first') ?? Number.NaN));
    await sleep(PAUSE_MS);
  }
  await phi.close();
  return [
    { name: 'trigger to body started', p50_ms: percentile(starts, 0.5), p99_ms: percentile(starts, 0.99) },
    { name: 'one hop of a chain', p50_ms: percentile(hops, 0.5), p99_ms: percentile(hops, 0.99) },
  ];
}
