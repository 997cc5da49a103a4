import { afterEach, it } from '@jest/globals';
import fc from 'fast-check';

import { openEngine, type EngineFixture } from './testing/engine-fixture.js';
import { DAY, HOUR, MINUTE, SECOND, TIMING_NAMES, type ModelJob } from './testing/schedule-model.js';
import { CAPACITY, JOB_IDS, ScheduleStory, type Step } from './testing/schedule-story.js';

/** How many stories; PHI_TEST_RUNS asks for more. */
const RUNS = Number(process.env['PHI_TEST_RUNS'] ?? 40);
/** A failing one is told as short as possible, which takes long. */
const WITHIN_MS = 600_000 + RUNS * 2000;

const modelJob: fc.Arbitrary<ModelJob> = fc.record({
  timing: fc.constantFrom(...TIMING_NAMES),
  policy: fc.record({
    tolerance_seconds: fc.constantFrom(0, 1, 10, 60),
    catchup: fc.constantFrom(undefined, 0, 1, 3, 8),
    while_running: fc.constantFrom('RUN', 'SKIP', 'QUEUE'),
    windows: fc.constantFrom('NONE', 'NONE', 'SKIP', 'HOLD'),
  }),
});

const job = fc.constantFrom(...JOB_IDS);
const crash = fc.oneof(
  { weight: 2, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.record({ write: fc.integer({ min: 1, max: 8 }), arrives: fc.boolean() }) },
);

const move = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 90 }).map((n) => n * SECOND) },
  { weight: 3, arbitrary: fc.integer({ min: 2, max: 50 }).map((n) => n * MINUTE) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 5 }).map((n) => n * HOUR) },
  { weight: 1, arbitrary: fc.constant(DAY) },
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 30 }).map((n) => -n * SECOND) },
  { weight: 1, arbitrary: fc.constant(-HOUR) },
);

const kind = <Kind extends Step['kind']>(name: Kind): fc.Arbitrary<Kind> => fc.constant(name);

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: kind('move'), ms: move }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: kind('fire'),
      processes: fc.integer({ min: 1, max: 3 }),
      crash,
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: kind('end'), count: fc.integer({ min: 1, max: 8 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('pause', 'resume'), job }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: kind('apply'),
      job,
      to: modelJob,
      stopped: fc.boolean(),
      crash,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('disable', 'remove'), job }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('windows') }) },
);

const story = fc
  .tuple(modelJob, modelJob, fc.array(step, { minLength: 5, maxLength: 30 }))
  .map(([a, b, steps]): Step[] => [
    { kind: 'apply', job: 'a', to: a, stopped: false, crash: undefined },
    { kind: 'apply', job: 'b', to: b, stopped: false, crash: undefined },
    ...steps,
  ]);

let fixture: EngineFixture | undefined;

afterEach(() => fixture?.close());

it(
  'settles each fire time once, as the rules have it, whatever happens',
  async () => {
    await fc.assert(
      fc.asyncProperty(story, async (steps) => {
        await fixture?.close();
        fixture = openEngine('story', { EXECUTOR_QUEUE_CAPACITY: CAPACITY });
        await fixture.registerExecutor('executor', 100 * DAY);
        await new ScheduleStory(fixture).play(steps);
      }),
      { numRuns: RUNS },
    );
  },
  WITHIN_MS,
);
