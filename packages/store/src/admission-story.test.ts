import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { admissionStep, STORY_JOBS, type AdmissionStep } from './testing/admission-step.js';
import { AdmissionStory } from './testing/admission-story.js';
import { insistSound } from './testing/insist-sound.js';
import { openFixture, planOf, plantFault, type StoreFixture } from './testing/store-fixture.js';

async function openStory(label: string, luaDirectory?: URL): Promise<StoreFixture> {
  const fixture = openFixture(label, luaDirectory);
  for (const job of STORY_JOBS) await fixture.stores.executions.savePlan(planOf(`plan-${job.job_id}`, [job]));
  return fixture;
}

function storyHolds(fixture: StoreFixture): fc.IAsyncProperty<[readonly AdmissionStep[]]> {
  const steps = fc.array(admissionStep(), { minLength: 20, maxLength: 80 });
  return fc.asyncProperty(steps, async (told) => {
    const story = await AdmissionStory.begin(fixture);
    for (const step of told) await story.tell(step);
    await insistSound(fixture.stores);
    await story.runDry();
    await story.checkRest();
    await story.makeRoom();
    await story.runDry();
    await story.checkEmpty();
    await insistSound(fixture.stores);
  });
}

describe('admission, whatever comes and goes', () => {
  it('exceeds no limit and no capacity, leaks nothing, and leaves only what cannot run', async () => {
    const fixture = await openStory('story');
    try {
      await fc.assert(storyHolds(fixture), { numRuns: 40 });
    } finally {
      await fixture.close();
    }
  }, 240_000);
});

/** The same stories each time: of others, 400 do not always lead to where the rarest of the faults shows. */
const SEED = 2;

describe('a planted fault in the Lua is caught', () => {
  const ADMISSION = 'lib/admission.lua';
  const faults: [name: string, file: string, passage: string, replacement: string][] = [
    [
      'a sum that is not given back',
      'lib/limits.lua',
      'if request then amounts.change(set',
      'if request and by > 0 then amounts.change(set',
    ],
    [
      'a capacity that nobody looks at',
      'lib/parking.lua',
      'or amounts.times(request, of.capacity, amounts.used(of.pool)) < 1',
      '',
    ],
    [
      'a claim without room',
      ADMISSION,
      'not reservation.closed_to(lane)[executor_id] and placement.fits',
      'true or placement.fits',
    ],
    [
      'a placement that stays behind',
      ADMISSION,
      '  local before = placement.remove(x.execution_id, x.request)\n',
      '  local before = nil\n',
    ],
    ['a pool that moves without its lanes', ADMISSION, 'if has_moved then rehome(pool) end', ''],
    [
      'an executor that goes with what was placed on it',
      ADMISSION,
      'if other then placement.put(execution_id, other, x.request) elseif not x.took_over then put_back(x) end',
      '',
    ],
    [
      'a paused pool that starts',
      ADMISSION,
      "if limits.of(lane).paused then return 'paused:' .. parts.pool end",
      '',
    ],
    [
      'a remote wait that keeps its place',
      'lib/limits.lua',
      ' - shared.apart - shared.remote)',
      ' - shared.apart)',
    ],
    [
      'a remote wait that ends with its execution and is still counted',
      'lib/admission.lua',
      '  remote.finish(x, lane)\n',
      '',
    ],
    [
      'what waits remotely in a pool that becomes dedicated',
      'lib/limits.lua',
      "if remote > 0 then limits.count('remote', -sign * remote) end",
      '',
    ],
    [
      'dedicated slots that count for the common places',
      'lib/limits.lua',
      "if found.dedicated then limits.count('apart', by) end",
      '',
    ],
  ];

  it.each(faults)(
    '%s',
    async (_name, file, passage, replacement) => {
      const fault = plantFault(file, passage, replacement);
      const fixture = await openStory('fault', fault.directory);
      try {
        const found = await fc.check(storyHolds(fixture), { numRuns: 400, endOnFailure: true, seed: SEED });
        expect(found.failed).toBe(true);
      } finally {
        await fixture.close();
        fault.remove();
      }
    },
    240_000,
  );
});
