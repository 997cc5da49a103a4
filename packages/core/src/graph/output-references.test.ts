import { describe, expect, it } from '@jest/globals';

import { findOutputReferences } from './output-references.js';

const found = (parameters: unknown): string[] =>
  findOutputReferences(parameters).references.map(
    ({ job_id, output, path }) => `${path.join('/')} ${job_id} ${output}`,
  );

describe('findOutputReferences', () => {
  it('finds each reference with its path, in nested values too', () => {
    const parameters = {
      BETA: {
        inputs: ['${{ jobs.load.outputs.batch }}', { from: 'x ${{jobs.a.b-c.outputs.out/r.csv}} y' }],
        limit: 3,
        empty: null,
      },
      label: '${{ jobs.a.outputs.x }}${{ jobs.b.outputs.y }}',
    };
    expect(found(parameters)).toEqual([
      'BETA/inputs/0 load batch',
      'BETA/inputs/1/from a.b-c out/r.csv',
      'label a x',
      'label b y',
    ]);
  });

  it('says which characters of the text are the reference', () => {
    const text = 'at ${{  jobs.a.outputs.x  }}!';
    const [reference] = findOutputReferences({ text }).references;
    expect(text.slice(reference?.start, reference?.end)).toBe('${{  jobs.a.outputs.x  }}');
  });

  it('takes the job to end at the first .outputs.', () => {
    expect(found(['${{ jobs.a.outputs.b.outputs.c }}'])).toEqual(['0 a b.outputs.c']);
  });

  it.each([
    '${{ jobs.a.output.x }}',
    '${{ jobs.a.outputs. }}',
    '${{ jobs..outputs.x }}',
    '${{ jobs.a.outputs.x',
    '${{ jobs.a.outputs.x y }}',
    '${{ jobs.a.outputs.{x} }}',
    '${{ jobs[0].outputs.x }}',
    '${{ jobs }}',
    '${{\njobs.-a.outputs.x }}',
  ])('finds that %j is none', (text) => {
    expect(findOutputReferences({ p: [text] })).toEqual({
      references: [],
      malformed: [{ path: ['p', 0], start: 0 }],
    });
  });

  it.each([
    '$ {{ jobs.a.outputs.x }}',
    '{{ jobs.a.outputs.x }}',
    '${{ secrets.x }}',
    '${{ jobsite }}',
    '',
    7,
  ])('leaves %j alone', (value) => {
    expect(findOutputReferences({ value })).toEqual({ references: [], malformed: [] });
  });

  it('takes a long text in little time', () => {
    const text = '${{ jobs.'.repeat(5000) + 'a.outputs.'.repeat(5000) + ' '.repeat(50_000);
    expect(findOutputReferences(text).references).toEqual([]);
  });
});
