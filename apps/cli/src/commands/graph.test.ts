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

const KINDS = JSON.stringify([
  { ...job('a'), produces: ['s3://raw'] },
  job('b'),
  job('c'),
  {
    ...job('d'),
    dependencies: [
      { upstream_job_id: 'a', dependency_type: 'COMPLETION' },
      { upstream_job_id: 'b', window: { after_seconds: 60 } },
    ],
    consumes: ['s3://raw'],
    parameters: { from: '${{ jobs.c.outputs.batch }}' },
  },
]);

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

  it('draws the kinds and types of edges apart', async () => {
    const [text, mermaid, dot] = await Promise.all([
      graph(KINDS),
      graph(KINDS, '--format', 'mermaid'),
      graph(KINDS, '--format', 'dot'),
    ]);
    expect(text.stdout).toContain('a (COMPLETION), b (TEMPORAL), a (DATA_READY), c (DATA)\n');
    expect(text.stdout).toContain('critical path: a → d');
    expect(mermaid.stdout.split('\n').slice(5, 9)).toEqual([
      '  job0 -->|COMPLETION| job3',
      '  job1 ==>|TEMPORAL| job3',
      '  job0 -.->|DATA_READY| job3',
      '  job2 -.->|DATA| job3',
    ]);
    expect(dot.stdout).toContain('"a" -> "d" [label="COMPLETION"];');
    expect(dot.stdout).toContain('"b" -> "d" [label="TEMPORAL", style="bold"];');
    expect(dot.stdout).toContain('"a" -> "d" [label="DATA_READY", style="dashed"];');
    expect(dot.stdout).toContain('"c" -> "d" [label="DATA", style="dashed"];');
    const { edges } = dependencyGraphSchema.parse(JSON.parse((await graph(KINDS, '-o', 'json')).stdout));
    expect(edges.map(({ dependency_id, kind, type }) => [dependency_id, kind, type])).toEqual([
      ['d.a', 'DECLARED', 'COMPLETION'],
      ['d.b', 'TEMPORAL', 'SUCCESS'],
      ['d.data.s3://raw', 'DATA', 'DATA_READY'],
      ['d.output.c', 'DATA', 'SUCCESS'],
    ]);
  });

  it('draws what is around a job', async () => {
    const around = async (...args: string[]): Promise<unknown> =>
      (JSON.parse((await graph(DIAMOND, '-o', 'json', ...args)).stdout) as { jobs: unknown }).jobs;
    expect(await around('--job', 'b')).toEqual(['a', 'b', 'd']);
    expect(await around('--job', 'a', '--depth', '1')).toEqual(['a', 'b', 'c']);
  });

  it.each([
    [['--job', 'x'], '--job x is in none of these files; accepted: a job of them'],
    [['--depth', '1'], '--depth counts from a job; accepted: --job besides'],
    [['--critical-path', 'duration'], '--critical-path duration follows from past runs; accepted:'],
  ])('ends %j with status 2', async (args, message) => {
    const { status, stdout, stderr } = await graph(DIAMOND, ...args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
  });

  it('finds every cycle and every missing upstream at once, each with its place', async () => {
    const jobs = JSON.stringify(
      [job('a', 'b'), job('b', 'a'), job('x', 'y', 'gone'), job('y', 'x')],
      null,
      1,
    );
    const { status, stdout, stderr } = await graph(jobs, '-o', 'json');
    expect(status).toBe(2);
    expect(dependencyGraphSchema.parse(JSON.parse(stdout)).validation_errors).toEqual([
      'DEP_002_CYCLE_DETECTED: the jobs a → b → a form a cycle',
      'DEP_002_CYCLE_DETECTED: the jobs x → y → x form a cycle',
    ]);
    const lines = stderr
      .trimEnd()
      .split('\n')
      .map((line) => line.split('; accepted')[0]);
    expect(lines).toEqual([
      '<stdin>:22:24: [1].dependencies[0].upstream_job_id: DEP_002_CYCLE_DETECTED: the jobs a → b → a form a cycle',
      '<stdin>:49:24: [3].dependencies[0].upstream_job_id: DEP_002_CYCLE_DETECTED: the jobs x → y → x form a cycle',
      'warning: <stdin>:37:24: [2].dependencies[1].upstream_job_id: gone is in none of these files',
    ]);
  });

  it('has no graph of definitions that cannot be read', async () => {
    const { status, stdout, stderr } = await graph('[{"job_id": "a"}]');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('<stdin>:1:2: [0].job_type: is required; accepted:');
  });
});
