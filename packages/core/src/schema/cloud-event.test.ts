import { describe, expect, it } from '@jest/globals';

import { findProblems } from '../errors/zod-problems.js';
import { cloudEventSchema } from './cloud-event.js';

const event = { specversion: '1.0', id: '1', source: 'shop', type: 'order.placed' };
const fieldsAtFault = (more: object): string[] =>
  findProblems(cloudEventSchema, { ...event, ...more }).map(({ field }) => field);

describe('cloudEventSchema', () => {
  it.each([
    {},
    { subject: 's', time: '2026-03-08T07:00:00Z', datacontenttype: 'text/plain', dataschema: 'urn:x' },
    { data: { deep: [null, true, 1.5, 'ü'] } },
    { data: null },
    { data_base64: 'AAE=' },
    { phidepth: 3, traceparent: '00-ab', sampled: true },
    { id: 'ünïcode 日本', source: '/a b' },
  ])('takes %j', (more) => {
    expect(fieldsAtFault(more)).toEqual([]);
  });

  it.each([
    [{ specversion: '0.3' }, 'specversion'],
    [{ id: '' }, 'id'],
    [{ id: undefined }, 'id'],
    [{ id: 'a\u0000b' }, 'id'],
    [{ source: 'a\nb' }, 'source'],
    [{ source: '\ud800' }, 'source'],
    [{ source: 'x'.repeat(1025) }, 'source'],
    [{ time: 'yesterday' }, 'time'],
    [{ Extension: 'x' }, 'Extension'],
    [{ data: 1, data_base64: 'AAE=' }, 'data_base64'],
    [{ data_base64: 'no base64' }, 'data_base64'],
    [{ extension: { nested: true } }, 'extension'],
  ])('refuses %j and names the field', (more, field) => {
    expect(fieldsAtFault(more)).toEqual([field]);
  });
});
