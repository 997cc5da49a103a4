import { dependencyGraphSchema } from '@phi/core';
import { describe, expect, it } from '@jest/globals';

import { runPhi } from '../testing/run-phi.js';

const job = (job_id: string, ...upstreams: string[]) => ({
  job_id,
  job_type: 'COMPOSITE',
  pipeline_modules: ['ALPHA'],
  dependencies: upstreams.map((upstream_job_id) => ({ upstream_job_id })),
});
const DIAMOND = JSON.stringify([job('d', 'b', 'c'), job('b', 'a'), job('c', 'a'), job('a')]);

const graph = (definitions: string, ...args: string[]) =>
  runPhi(['graph', '-', ...args], { stdin: definitions });

describe('phi graph FILES', () => {
  it('answers a DependencyGraph as the specification has it', async () => {
    const { status, stdout } = await graph(DIAMOND, '-o', 'json');
    expect(status).toBe(0);
    const answer = dependencyGraphSchema.parse(JSON.parse(stdout));
    expect(answer.execution_order).toEqual([['a'], ['b', 'c'], ['d']]);
    expect(answer.edges.map(({ from, to }) => `${from}${to}`).sort()).toEqual(['ab', 'ac', 'bd', 'cd']);
    expect(answer.critical_path).toHaveLength(3);
    expect(answer.is_valid).toBe(true);
  });

  it('draws layers, Mermaid and dot', async () => {
    const [text, mermaid, dot] = await Promise.all([
      graph(DIAMOND),
      graph(DIAMOND, '--format', 'mermaid'),
      graph(DIAMOND, '--format', 'dot'),
    ]);
    expect(text.stdout).toContain(
      'LAYER  JOB  AFTER\n1      a\n2      b    a\n2      c    a\n3      d    b, c\n',
    );
    expect(mermaid.stdout).toContain('flowchart LR\n  job0["a"]\n');
    expect(mermaid.stdout).toContain('  job2 --> job3\n');
    expect(dot.stdout).toContain('"c" -> "d";');
  });

  it('shows a graph with a cycle, and ends with status 2', async () => {
    const { status, stdout, stderr } = await graph(
      JSON.stringify([job('a', 'b'), job('b', 'a'), job('c')]),
      '-o',
      'json',
    );
    expect(status).toBe(2);
    expect(dependencyGraphSchema.parse(JSON.parse(stdout))).toMatchObject({
      is_valid: false,
      validation_errors: [expect.stringContaining('form a cycle')],
      execution_order: [['c']],
    });
    expect(stderr).toContain('DEP_002_CYCLE_DETECTED');
  });

  it('has no graph of definitions that cannot be read', async () => {
    const { status, stdout, stderr } = await graph('[{"job_id": "a"}]');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('<stdin>:1:2: [0].job_type: is required; accepted:');
  });
});
