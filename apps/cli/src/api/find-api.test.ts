import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { CliError } from '../cli-error.js';
import { readEnvironment } from '../environment.js';
import { findApi } from './find-api.js';

let root: string;
let below: string;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'phi-cli-'));
  below = path.join(root, 'project', 'jobs');
  mkdirSync(below, { recursive: true });
});

afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

/** An instance's data directory with what it leaves there. */
function instance(dir: string, { key, url }: { key?: string; url?: string }): string {
  mkdirSync(dir, { recursive: true });
  if (key !== undefined) writeFileSync(path.join(dir, 'admin.key'), `${key}\n`);
  if (url !== undefined) writeFileSync(path.join(dir, 'api.url'), `${url}\n`);
  return dir;
}

const find = (...[choice, variables, directory]: Parameters<typeof findApi>) =>
  findApi(choice, variables, directory, root);
const environment = (variables: Record<string, string> = {}) => readEnvironment(variables);

describe('findApi', () => {
  it('looks into the checkout last', () => {
    const checkout = path.join(root, 'checkout');
    instance(path.join(checkout, '.phi'), { key: 'phi_checkout', url: 'http://127.0.0.1:7009' });
    expect(findApi({}, environment(), below, checkout)).toEqual({
      url: 'http://127.0.0.1:7009',
      key: 'phi_checkout',
    });
    instance(path.join(root, '.phi'), { key: 'phi_outer', url: 'http://127.0.0.1:7001' });
    expect(findApi({}, environment(), below, checkout)).toEqual({
      url: 'http://127.0.0.1:7001',
      key: 'phi_outer',
    });
  });

  it('finds the instance of a directory further up', () => {
    instance(path.join(root, '.phi'), { key: 'phi_outer', url: 'http://127.0.0.1:7001' });
    expect(find({}, environment(), below)).toEqual({ url: 'http://127.0.0.1:7001', key: 'phi_outer' });
  });

  it('prefers the nearer instance, and the key of the one whose address it is', () => {
    instance(path.join(root, '.phi'), { key: 'phi_outer', url: 'http://127.0.0.1:7001' });
    instance(path.join(root, 'project', '.phi'), { key: 'phi_inner', url: 'http://127.0.0.1:7002' });
    expect(find({}, environment(), below)).toEqual({ url: 'http://127.0.0.1:7002', key: 'phi_inner' });
    const outer = find({ url: 'http://127.0.0.1:7001/' }, environment(), below);
    expect(outer).toEqual({ url: 'http://127.0.0.1:7001', key: 'phi_outer' });
  });

  it('goes by option, then environment, then files', () => {
    instance(path.join(root, '.phi'), { key: 'phi_file', url: 'http://127.0.0.1:7001' });
    const variables = environment({
      PHI_API_URL: 'http://127.0.0.1:7003',
      PHI_API_PORT: '7004',
      PHI_API_KEY: 'phi_variable',
    });
    expect(find({}, variables, below)).toEqual({ url: 'http://127.0.0.1:7003', key: 'phi_variable' });
    const chosen = find({ url: 'http://127.0.0.1:7005', key: 'phi_option' }, variables, below);
    expect(chosen).toEqual({ url: 'http://127.0.0.1:7005', key: 'phi_option' });
    expect(find({}, environment({ PHI_API_PORT: '7004' }), below).url).toBe('http://127.0.0.1:7004');
  });

  it('sends a key that it came across to no other machine', () => {
    instance(path.join(root, '.phi'), { key: 'phi_local' });
    expect(find({ url: 'https://phi.example.com' }, environment(), below).key).toBeUndefined();
    expect(find({ url: 'http://127.0.0.1.example.com' }, environment(), below).key).toBeUndefined();
    expect(find({ url: 'http://localhost:7001' }, environment(), below).key).toBe('phi_local');
  });

  it('follows an address that it came across to no other machine', () => {
    instance(path.join(root, '.phi'), { url: 'https://elsewhere.example.com' });
    expect(find({}, environment({ PHI_API_KEY: 'phi_mine' }), below).url).toBe('http://127.0.0.1:8080');
  });

  it('believes the directory that PHI_DATA_DIR names, and looks nowhere else', () => {
    instance(path.join(root, '.phi'), { key: 'phi_local', url: 'http://127.0.0.1:7001' });
    const dir = instance(path.join(root, 'data'), { key: 'phi_named', url: 'http://api:8080' });
    expect(find({}, environment({ PHI_DATA_DIR: dir }), below)).toEqual({
      url: 'http://api:8080',
      key: 'phi_named',
    });
    const empty = environment({ PHI_DATA_DIR: path.join(root, 'nothing') });
    expect(find({}, empty, below)).toEqual({ url: 'http://127.0.0.1:8080', key: undefined });
  });

  it('refuses an option that is no HTTP address', () => {
    expect(() => find({ url: 'localhost:8080' }, environment(), below)).toThrow(CliError);
  });
});
