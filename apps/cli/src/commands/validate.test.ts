import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { runPhi } from '../testing/run-phi.js';

const LOAD = 'job_id: load\njob_type: INGESTION\npipeline_modules: [ALPHA]\n';
const SHAPE =
  'job_id: shape\njob_type: TRANSFORMATION\npipeline_modules: [BETA]\ndependencies:\n  - upstream_job_id: lod\n';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'phi-validate-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

const write = (name: string, text: string): void => {
  writeFileSync(path.join(directory, name), text);
};
const phi = (args: readonly string[], stdin = '') => runPhi(args, { cwd: directory, stdin });

describe('phi validate', () => {
  it('reads the definition files of a directory, and not those below it', async () => {
    write('a.yaml', LOAD);
    write(
      'b.json',
      JSON.stringify([{ job_id: 'shape', job_type: 'TRANSFORMATION', pipeline_modules: ['BETA'] }]),
    );
    write('notes.txt', 'job_id: [');
    mkdirSync(path.join(directory, 'below'));
    write('below/c.yaml', 'nonsense: [');
    const { status, stdout, stderr } = await phi(['validate', '.']);
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: 'valid: 2 jobs in 2 files\n',
      stderr: '',
    });
  });

  it('warns of a module that neither comes with Phi nor is bound in the files', async () => {
    write('job.yaml', 'job_id: a\njob_type: COMPOSITE\npipeline_modules: [ALPHA, MINE, ALPHO]\n');
    write('modules.yaml', 'modules:\n  MINE: { kind: handler, path: mine.mjs }\n');
    const { status, stdout } = await phi(['validate', 'job.yaml', 'modules.yaml']);
    expect(status).toBe(0);
    expect(stdout).toContain('warning: job.yaml:3:33: pipeline_modules[2]: no module of this name');
    expect(stdout).toContain('did you mean ALPHA?');
    expect(stdout).not.toContain('pipeline_modules[1]');
    expect((await phi(['validate', 'job.yaml'])).stdout).toContain('pipeline_modules[1]');
  });

  it('warns of an upstream that is in no file, and accepts it', async () => {
    write('jobs.yaml', `${LOAD}---\n${SHAPE}`);
    const { status, stdout } = await phi(['validate', 'jobs.yaml']);
    expect(status).toBe(0);
    expect(stdout).toContain(
      'warning: jobs.yaml:9:22: dependencies[0].upstream_job_id: lod is in none of these files; did you mean load?; accepted:',
    );
  });

  it('reads standard input, which has no name', async () => {
    const { status, stdout } = await phi(['validate', '-'], 'job_id: load\n');
    expect(status).toBe(2);
    expect(stdout).toContain(
      '<stdin>:1:1: job_type: is required; accepted: INGESTION, TRANSFORMATION, OUTPUT, COMPOSITE\n',
    );
  });

  it.each([
    ['pipeline_modules: [ALPHA\nparameters: {}\n', '<stdin>:2:1: '],
    ['{\n  "job_id": "a",\n  "job_type": "OUTPUT"\n  "enabled": true\n}', '<stdin>:4:3: '],
  ])('says where %j is not YAML or JSON', async (text, place) => {
    const { status, stdout } = await phi(['validate', '-'], text);
    expect(status).toBe(2);
    expect(stdout.split('\n')[0]).toMatch(new RegExp(`^${place}.*; accepted: YAML or JSON$`));
  });

  it('says what is wrong with the parameters of a module, and where', async () => {
    const parameters =
      'parameters:\n  ALPHA:\n    source: { path: a.csv, fromat: CSV }\n    batch: { max_rejected: few }\n';
    const { status, stdout } = await phi(['validate', '-'], `${LOAD}${parameters}`);
    expect(status).toBe(2);
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      expect.stringMatching(
        /^<stdin>:6:28: parameters\.ALPHA\.source\.fromat: is not a known field; did you mean format\?; accepted: path, /,
      ),
      expect.stringMatching(
        /^<stdin>:7:28: parameters\.ALPHA\.batch\.max_rejected: is the text "few"; accepted: /,
      ),
    ]);
  });

  it('finds a cycle that runs through several files', async () => {
    write('a.yaml', `${LOAD}dependencies: [{ upstream_job_id: shape }]\n`);
    write('b.yaml', SHAPE.replace('lod', 'load'));
    const { status, stdout } = await phi(['validate', 'a.yaml', 'b.yaml']);
    expect(status).toBe(2);
    expect(stdout).toContain(
      'b.yaml:5:22: dependencies[0].upstream_job_id: DEP_002_CYCLE_DETECTED: the jobs load → shape → load form a cycle; accepted:',
    );
  });

  it('says when a cycle would be let through', async () => {
    write('a.yaml', `${LOAD}dependencies: [{ upstream_job_id: shape }]\n`);
    write('b.yaml', SHAPE.replace('lod', 'load'));
    const env = { DEPENDENCY_CYCLE_DETECTION_ENABLED: 'false' };
    const { status, stdout } = await runPhi(['validate', '.'], { cwd: directory, env });
    expect(status).toBe(0);
    expect(stdout).toContain('warning: b.yaml:5:22: dependencies[0].upstream_job_id: DEP_002_CYCLE_DETECTED');
  });

  it.each([
    [['validate', 'missing.yaml'], 'missing.yaml does not exist; accepted: files'],
    [['validate', '.'], '. is a directory without definitions; accepted:'],
    [['validate'], "missing required argument 'files'"],
    [['validate', '-', '-o', 'xml'], 'Accepted: table, json, yaml.'],
    [['validat', '.'], 'Did you mean validate?'],
  ])('ends %j with status 2 and says what is accepted', async (args, message) => {
    const { status, stdout, stderr } = await phi(args);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(message);
  });
});
