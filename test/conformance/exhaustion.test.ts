import { type EmergencyAction, type ExhaustionEntry } from '@phi/core';
import { fireSchedules, readHealth, triggerJob, type Services } from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  apply,
  define,
  openEngine,
  recordOf,
  trigger,
  type EngineFixture,
} from './testing/engine-fixture.js';

const LAPSES_MS = 15_000;

/** Memory above its threshold, with what is done about it. */
function memory(source: ExhaustionEntry['source'], ...actions: EmergencyAction[]): ExhaustionEntry {
  return {
    source,
    resource_type: 'MEMORY',
    code: 'RES_001_MEMORY_EXHAUSTED',
    usage: 0.97,
    threshold: 0.95,
    actions,
    reject_below: 0,
  };
}

describe('an exhausted resource', () => {
  let fixture: EngineFixture;
  let services: Services;

  beforeEach(async () => {
    fixture = openEngine('exhaustion');
    services = fixture.services;
    await fixture.registerExecutor('one');
  });
  afterEach(() => fixture.close());

  const report = (measurer: string, ...exhausted: ExhaustionEntry[]): Promise<void> =>
    services.exhaustion.report({ measurer, lapses_ms: LAPSES_MS, exhausted });
  const statusOf = async (id: string): Promise<string> => (await recordOf(services, id)).status;

  describe('QUEUE_ALL', () => {
    it('admits nothing while it holds, and what waited once it lifts', async () => {
      await apply(services, [define('a')]);
      const before = await trigger(services, 'a');
      await report('recovery', memory('REDIS', 'QUEUE_ALL'));
      const waiting = [await trigger(services, 'a'), await trigger(services, 'a')];
      expect(fixture.admitted).toEqual([before]);
      expect(await Promise.all(waiting.map(statusOf))).toEqual(['QUEUED', 'QUEUED']);
      await report('recovery');
      expect(fixture.admitted).toEqual([before, ...waiting]);
    });
  });
});
void readHealth;
void fireSchedules;
void triggerJob;
