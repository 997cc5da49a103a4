import { decideConditions, type Services } from '@phi/engine';
import type { DependencyType, ExecutionRecord, ExecutionStore } from '@phi/core';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  apply,
  define,
  failWith,
  openEngine,
  run,
  type Body,
  type EngineFixture,
} from './testing/engine-fixture.js';
import { expectSound } from './testing/expect-sound.js';
import { fire, outcomeOf } from './testing/pipeline.js';
import { withMethods } from './testing/with-methods.js';

interface Edge {
  /** Which of the jobs before it. */
  readonly upstream: number;
  readonly type: DependencyType;
  /** Asks for records_processed to be 1. */
  readonly conditional: boolean;
  readonly passesSkip: boolean;
}

interface Job {
  readonly edges: readonly Edge[];
  readonly requireAll: boolean;
  readonly enabled: boolean;
  readonly fails: boolean;
  readonly publishes: boolean;
  readonly records: 0 | 1;
}

const edge: fc.Arbitrary<Edge> = fc.record({
  upstream: fc.nat(100),
  type: fc.constantFrom<DependencyType>('SUCCESS', 'COMPLETION', 'DATA_READY'),
  conditional: fc.boolean(),
  passesSkip: fc.boolean(),
});
const rarely = fc.constantFrom(true, false, false, false, false);
const job: fc.Arbitrary<Job> = fc.record({
  edges: fc.array(edge, { minLength: 1, maxLength: 3 }),
  requireAll: fc.boolean(),
  enabled: rarely.map((is) => !is),
  fails: rarely,
  publishes: fc.boolean(),
  records: fc.constantFrom(0, 1),
});

const nameOf = (index: number): string => `job-${String(index)}`;
const datasetOf = (index: number): string => `data/${String(index)}`;

function jobAt(jobs: readonly Job[], index: number): Job {
  const found = jobs[index];
  if (found === undefined) throw new Error(`no job ${String(index)}`);
  return found;
}

/** A job has one edge from each of its upstreams; the first job has none. */
function edgesOf(jobs: readonly Job[], index: number): Edge[] {
  const byUpstream = new Map<number, Edge>();
  if (index > 0)
    for (const from of jobs[index]?.edges ?? [])
      byUpstream.set(from.upstream % index, { ...from, upstream: from.upstream % index });
  return [...byUpstream.values()];
}

const isAsked = ({ conditional, type }: Edge): boolean => conditional && type !== 'DATA_READY';

function definitionOf(jobs: readonly Job[], index: number) {
  const { requireAll, enabled } = jobAt(jobs, index);
  return define(nameOf(index), {
    // The first job starts the run.
    enabled: enabled || index === 0,
    produces: [datasetOf(index)],
    retry_policy: { max_attempts: 1 },
    dependency_policy: { require_all: requireAll },
    after: edgesOf(jobs, index).map((from) => ({
      upstream_job_id: nameOf(from.upstream),
      dependency_type: from.type,
      skip_on_upstream_skip: from.passesSkip,
      ...(isAsked(from) ? { condition: 'upstream.result.records_processed == 1' } : {}),
    })),
  });
}

type Verdict = 'met' | 'waived' | 'unmet' | 'skip' | 'false';

/** What an edge comes to, by the letter of docs/dependencies.md, given what became of the upstream. */
function verdictOf(from: Edge, upstream: ExecutionRecord, { publishes }: Job): Verdict {
  if (upstream.reason?.startsWith('SKIP_') === true) return from.passesSkip ? 'skip' : 'waived';
  const succeeded = upstream.status === 'COMPLETED';
  const published = succeeded || (publishes && upstream.status === 'FAILED');
  const isMet = { SUCCESS: succeeded, COMPLETION: true, DATA_READY: published }[from.type];
  if (!isMet) return 'unmet';
  if (!isAsked(from)) return 'met';
  const result =
    upstream.result === undefined
      ? undefined
      : (JSON.parse(upstream.result) as { records_processed: number });
  return result?.records_processed === 1 ? 'met' : 'false';
}

/** How an execution may have ended. Of several edges that block it the first to be decided gives the reason. */
function allowedEnds({ requireAll, enabled, fails }: Job, verdicts: readonly Verdict[]): string[] {
  const ran = fails ? 'FAILED EXEC_005_INVALID_CONFIG' : 'COMPLETED';
  if (verdicts.length === 0) return [ran];
  if (!enabled) return ['CANCELLED SKIP_004_JOB_DISABLED'];
  const good = verdicts.filter((verdict) => verdict === 'met' || verdict === 'waived').length;
  if (requireAll ? good === verdicts.length : good > 0) return [ran];
  const reasons = (
    [
      ['unmet', 'CANCELLED DEP_004_UPSTREAM_NOT_MET'],
      ['false', 'CANCELLED SKIP_006_CONDITION_FALSE'],
      ['skip', 'CANCELLED SKIP_005_UPSTREAM_SKIPPED'],
    ] as const
  ).flatMap(([verdict, end]) => (verdicts.includes(verdict) ? [end] : []));
  return requireAll ? reasons : reasons.slice(0, 1);
}

function bodyOf({ fails, publishes, records }: Job, dataset: string): Body {
  return (_attempt, { onPublish }) => {
    if (publishes) onPublish(dataset);
    if (fails) return failWith('EXEC_005_INVALID_CONFIG');
    const achieved = { records_processed: records, records_failed: 0, metrics: {}, outputs: {} };
    return { kind: 'succeeded', achieved };
  };
}

/** Services whose every call of some kinds reaches Redis twice, and whose first answer is lost. */
function withLostReplies(services: Services): Services {
  const { executions } = services;
  const twice = <Answer>(call: () => Promise<Answer>): Promise<Answer> => call().then(call);
  const doubled: Pick<ExecutionStore, 'transition' | 'answerConditions' | 'publishDataset'> = {
    transition: (command) => twice(() => executions.transition(command)),
    answerConditions: (answers) => twice(() => executions.answerConditions(answers)),
    publishDataset: (...args) => twice(() => executions.publishDataset(...args)),
  };
  return { ...services, executions: withMethods(executions, doubled) };
}

let fixture: EngineFixture;

beforeAll(() => {
  fixture = openEngine('release-properties');
});
afterAll(() => fixture.close());

async function begin(jobs: readonly Job[]): Promise<Services> {
  const left = await fixture.redis.keys(fixture.key('*'));
  if (left.length > 0) await fixture.redis.unlink(...left);
  fixture.admitted.length = 0;
  await fixture.registerExecutor('executor', 3_600_000);
  const services = fixture.anotherProcess();
  await apply(
    services,
    jobs.map((_, index) => definitionOf(jobs, index)),
  );
  return services;
}

const story = fc.record({
  jobs: fc.array(job, { minLength: 2, maxLength: 10 }),
  order: fc.infiniteStream(fc.nat(1000)),
  lossy: fc.boolean(),
});

it('gives every job of a run the one outcome that its edges allow, in whatever order what runs ends', async () => {
  await fc.assert(
    fc.asyncProperty(story, async ({ jobs, order, lossy }) => {
      const services = await begin(jobs);
      const sender = lossy ? withLostReplies(services) : services;
      const root = await fire(services, nameOf(0), Date.UTC(2025, 0, 6));
      const ran: string[] = [];
      while (fixture.admitted.length > 0) {
        const at = (order.next().value ?? 0) % fixture.admitted.length;
        const [id = ''] = fixture.admitted.splice(at, 1);
        const index = Number((await services.executions.get(id))?.job_id.slice('job-'.length));
        ran.push(nameOf(index));
        await run(sender, id, bodyOf(jobAt(jobs, index), datasetOf(index)));
        // Whoever has caused conditions to be asked may be gone: they are answered later, or at the end.
        if ((order.next().value ?? 0) % 2 === 0 || fixture.admitted.length === 0)
          await decideConditions(sender);
      }
      const records = await services.executions.getMany(await services.runs.executions(root));
      expect(records.map(({ job_id }) => job_id).sort()).toEqual(
        jobs.map((_, index) => nameOf(index)).sort(),
      );
      const byJob = new Map(records.map((record) => [record.job_id, record]));
      jobs.forEach((of, index) => {
        const record = byJob.get(nameOf(index)) as ExecutionRecord;
        const verdicts = edgesOf(jobs, index).map((from) =>
          verdictOf(from, byJob.get(nameOf(from.upstream)) as ExecutionRecord, jobAt(jobs, from.upstream)),
        );
        const allowed = allowedEnds(of, verdicts);
        expect([nameOf(index), verdicts, allowed.includes(outcomeOf(record)) || outcomeOf(record)]).toEqual([
          nameOf(index),
          verdicts,
          true,
        ]);
        expect(ran.filter((name) => name === nameOf(index)).length).toBe(
          record.started_time === undefined ? 0 : 1,
        );
      });
      await expectSound(services);
      expect(await services.runs.get(root)).toMatchObject({ open: 0 });
      for (const left of ['conditions', 'waiters:*', 'gathering', 'releasing', 'publishing'])
        expect([left, await fixture.redis.keys(fixture.key(left))]).toEqual([left, []]);
    }),
    { numRuns: Number(process.env['PHI_TEST_RUNS'] ?? 80) },
  );
}, 600_000);
