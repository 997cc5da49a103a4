import { describe, expect, it } from '@jest/globals';

import { findProblems } from '../errors/zod-problems.js';
import { authoredJobDefinitionSchema } from '../schema/job-definition.js';
import { EVENT_TRIGGER_TYPES } from '../schema/trigger.js';
import { readTriggerSource, sourceFault } from './trigger-source.js';

describe('sourceFault', () => {
  it('takes files for DATA_ARRIVAL, streams for MESSAGE and names for all', () => {
    const takers = (source: string): string[] =>
      EVENT_TRIGGER_TYPES.filter((type) => sourceFault(type, source) === undefined);
    expect(takers('file:incoming/*.csv')).toEqual(['DATA_ARRIVAL']);
    expect(takers('stream:orders')).toEqual(['MESSAGE']);
    for (const name of ['github', 'https://shop.example/orders', 'files', 'File:x', 'upstream:x'])
      expect(takers(name)).toEqual([...EVENT_TRIGGER_TYPES]);
  });

  it.each([
    ['file:', 'names no file'],
    ['file:../x', 'has an empty part, a "." or a ".."'],
    ['file:///x', 'is an absolute path'],
    ['stream:', 'names no stream'],
    ['stream:phi:{default/0}:logs:1', "is a key of Phi's own"],
    ['stream:{phi-queues:default}:phi_executions:events', "is a key of Phi's own"],
    ['stream:a\nb', 'has a control character'],
  ])('refuses %j whatever the type', (source, reason) => {
    for (const type of EVENT_TRIGGER_TYPES) expect(sourceFault(type, source)).toMatchObject({ reason });
  });

  it('leaves a key alone that merely begins like one of ours', () => {
    expect(readTriggerSource('stream:phi-orders')).toEqual({ kind: 'STREAM', key: 'phi-orders' });
  });
});

describe('a job definition', () => {
  it('is refused with the place of each source that does not go with its type', () => {
    const job = {
      job_id: 'etl',
      job_type: 'INGESTION',
      pipeline_modules: ['ALPHA'],
      triggers: [
        { trigger_type: 'DATA_ARRIVAL', source: 'file:incoming/' },
        { trigger_type: 'MESSAGE', source: 'file:incoming/' },
        { trigger_type: 'DATA_ARRIVAL', source: 'stream:orders' },
      ],
    };
    const problems = findProblems(authoredJobDefinitionSchema, job);
    expect(problems.map(({ field, reason }) => [field, reason])).toEqual([
      ['triggers[1].source', 'begins with file:, which a trigger of type DATA_ARRIVAL has'],
      ['triggers[2].source', 'begins with stream:, which a trigger of type MESSAGE has'],
    ]);
    expect(problems[0]?.accepted).toContain('stream: and the key of a Redis stream');
    expect(problems[0]?.accepted).toContain('trigger_type DATA_ARRIVAL');
  });
});
