import { describe, expect, it } from '@jest/globals';
import { findProblems } from '../errors/zod-problems.js';
import { authoredJobDefinitionSchema } from '../schema/job-definition.js';
import { findUnsupported, UNSUPPORTED } from './unsupported.js';

const cron = { schedule_type: 'CRON', cron_expression: '@daily' };
const dependsOn = (more: object): object => ({
  dependencies: [{ upstream_job_id: 'a' }, { upstream_job_id: 'b', ...more }],
});

/** What asks for each row, and what looks like it and does not. */
const USES: Record<string, readonly [asking: object, harmless: object]> = {
  'schedule.skip_if_running': [
    { schedule: { ...cron, skip_if_running: true } },
    { schedule: { ...cron, skip_if_running: false } },
  ],
  'schedule.queue_if_running': [
    { schedule: { ...cron, queue_if_running: true } },
    { schedule: { ...cron, queue_if_running: false } },
  ],
  'schedule.catchup_enabled': [
    { schedule: { ...cron, catchup_enabled: true } },
    { schedule: { ...cron, catchup_enabled: false } },
  ],
  'dependencies.*.condition': [dependsOn({ condition: 'true' }), dependsOn({ condition: null })],
  'dependencies.*.window': [dependsOn({ window: { within_seconds: 5 } }), dependsOn({ window: null })],
  'dependencies.*.join': [dependsOn({ join: 'EACH' }), dependsOn({ join: 'LATEST' })],
  'dependencies.*.dependency_type': [
    dependsOn({ dependency_type: 'DATA_READY' }),
    dependsOn({ dependency_type: 'COMPLETION' }),
  ],
  consumes: [{ consumes: ['s3://x'] }, { consumes: [] }],
  parameters: [
    { parameters: { alpha: { in: ['${{ jobs.a.outputs.b }}'] } } },
    { parameters: { alpha: '${{ secrets.x }}' } },
  ],
  'concurrency.skip_if_running': [
    { concurrency: { skip_if_running: true } },
    { concurrency: { skip_if_running: false } },
  ],
  'concurrency.queue_if_running': [
    { concurrency: { queue_if_running: true } },
    { concurrency: { queue_if_running: false } },
  ],
  'concurrency.max_running': [{ concurrency: { max_running: 1 } }, { concurrency: { max_running: null } }],
  execution_windows: [
    { execution_windows: [{ start: '06:00', end: '22:00', days: ['MON'] }] },
    { execution_windows: [] },
  ],
  'cancellation.cascade_cancel': [
    { cancellation: { cascade_cancel: true } },
    { cancellation: { cascade_cancel: false } },
  ],
  requires_approval: [{ requires_approval: true }, { requires_approval: false }],
  'heartbeat.watch_progress': [
    { heartbeat: { watch_progress: true } },
    { heartbeat: { watch_progress: false } },
  ],
  'heartbeat.heartbeat_interval_seconds': [{ heartbeat: { heartbeat_interval_seconds: 10 } }, {}],
  'heartbeat.missed_heartbeat_limit': [{ heartbeat: { missed_heartbeat_limit: 2 } }, {}],
  'resources.priority_boost_on_age': [
    { resources: { priority_boost_on_age: false } },
    { resources: { priority_boost_on_age: true } },
  ],
  'resources.disk_mb': [{ resources: { disk_mb: 1 } }, { resources: { memory_mb: 1 } }],
  'resources.network_bandwidth_mbps': [{ resources: { network_bandwidth_mbps: 1 } }, {}],
};

describe('findUnsupported', () => {
  it.each(UNSUPPORTED)(
    'finds $path ($severity) where it is asked for, and only there',
    ({ path, severity }) => {
      const [asking, harmless] = USES[path] ?? [];
      const base = { job_id: 'etl', job_type: 'OUTPUT', pipeline_modules: ['GAMMA'] };
      expect(findProblems(authoredJobDefinitionSchema, { ...base, ...asking })).toEqual([]);
      expect(findUnsupported({ ...base, ...asking })).toEqual([
        expect.objectContaining({ severity, path: path.split('.').map((part) => (part === '*' ? 1 : part)) }),
      ]);
      expect(findUnsupported({ ...base, ...harmless })).toEqual([]);
    },
  );
});
