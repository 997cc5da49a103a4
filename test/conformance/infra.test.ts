// What someone deploys, held against what is in the repository: a renamed app or package, a directive of Redis that
// was lost, or a drain cut short would otherwise be noticed only on the machine it is deployed to.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from '@jest/globals';
import { parseConfig } from '@phi/core';
import { parse } from 'yaml';

interface ComposeService {
  readonly image: string;
  readonly build?: { readonly context: string; readonly dockerfile: string };
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
  readonly command?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly deploy?: { readonly replicas: number };
  readonly read_only?: boolean;
  readonly restart?: string;
  readonly stop_grace_period: string;
}

interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** The long-running processes; the command line is an app too, but no service. */
const SERVICES = ['scheduler', 'executor', 'recovery', 'api'] as const;

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (...parts: string[]): string => readFileSync(path.join(root, ...parts), 'utf8');
const composeFolder = path.join(root, 'infra', 'compose');
const composeText = read('infra', 'compose', 'compose.yaml');
const compose = parse(composeText, { merge: true }) as Compose;

function service(name: string): ComposeService {
  const found = compose.services[name];
  if (found === undefined) throw new Error(`compose.yaml has no service ${name}`);
  return found;
}

const seconds = (text: string): number => Number(/^(\d+)s$/.exec(text)?.[1]);

/** A Dockerfile's instructions, continued lines joined, comments left out. */
function instructions(app: string): readonly { readonly keyword: string; readonly rest: string }[] {
  const text = read('infra', 'docker', `${app}.Dockerfile`)
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '');
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [keyword = '', ...rest] = line.split(' ');
      return { keyword, rest: rest.join(' ') };
    });
}

function only(app: string, keyword: string): string {
  const found = instructions(app).filter((instruction) => instruction.keyword === keyword);
  expect(found).toHaveLength(1);
  return found[0]?.rest ?? '';
}

describe('the images', () => {
  it('are one for each service', () => {
    const apps = readdirSync(path.join(root, 'apps')).filter((name) => !['cli', 'console'].includes(name));
    const images = readdirSync(path.join(root, 'infra', 'docker')).filter((name) =>
      name.endsWith('.Dockerfile'),
    );
    expect(apps.toSorted()).toEqual([...SERVICES].toSorted());
    expect(images.toSorted()).toEqual(SERVICES.map((name) => `${name}.Dockerfile`).toSorted());
  });

  describe.each(SERVICES)('%s', (app) => {
    it('deploys the app it is named after, with a script that can be run', () => {
      const run = instructions(app).filter(({ rest }) => rest.includes('deploy-service.sh'));
      const [, script, deployed] = /(\S+\.sh) (\S+) \/deployed$/.exec(run[0]?.rest ?? '') ?? [];
      expect(run).toHaveLength(1);
      expect(deployed).toBe(app);
      expect(statSync(path.join(root, script ?? '')).mode & 0o111).not.toBe(0);
      const manifest = JSON.parse(read('apps', app, 'package.json')) as { name: string };
      expect(manifest.name).toBe(`@phi/${app}`);
    });

    it('starts what the app builds to', () => {
      const command = JSON.parse(only(app, 'CMD')) as string[];
      const main = command.at(-1) ?? '';
      expect(command[0]).toBe('node');
      expect(main).toBe('dist/main.js');
      expect(existsSync(path.join(root, 'apps', app, 'src', 'main.ts'))).toBe(true);
    });

    it('copies only what is there', () => {
      const copied = instructions(app)
        .filter(({ keyword, rest }) => keyword === 'COPY' && !rest.startsWith('--from'))
        .map(({ rest }) => rest.split(' ')[0] ?? '');
      expect(copied.filter((source) => !existsSync(path.join(root, source)))).toEqual([]);
    });

    it('runs without root, on the Node.js that the repository asks for, and is told to stop by SIGTERM', () => {
      const stages = instructions(app).filter(({ keyword }) => keyword === 'FROM');
      expect(only(app, 'USER')).toBe('1000:1000');
      expect(only(app, 'STOPSIGNAL')).toBe('SIGTERM');
      expect(only(app, 'HEALTHCHECK')).toContain('CMD ["');
      expect(stages.map(({ rest }) => rest)).toEqual(['node:20-bookworm AS build', 'node:20-bookworm-slim']);
      expect(read('.nvmrc').trim()).toMatch(/^20(\.|$)/);
    });
  });

  it('ask the api whether it can serve', () => {
    expect(only('api', 'HEALTHCHECK')).toContain('/health/ready');
    expect(existsSync(path.join(root, 'apps', 'api', 'src', 'routes', 'health-ready.ts'))).toBe(true);
  });

  it('get no package without what it runs: where a manifest lists its files, the build and the scripts are among them', () => {
    for (const name of readdirSync(path.join(root, 'packages'))) {
      const folder = path.join(root, 'packages', name);
      if (!existsSync(path.join(folder, 'package.json'))) continue;
      const { files } = JSON.parse(read('packages', name, 'package.json')) as { files?: string[] };
      const needed = ['dist', 'lua'].filter((sub) => sub === 'dist' || existsSync(path.join(folder, sub)));
      if (files !== undefined)
        expect({ name, files }).toEqual({ name, files: expect.arrayContaining(needed) });
    }
  });

  it('are built without secrets or builds of the machine', () => {
    expect(read('.dockerignore').split('\n')).toEqual(
      expect.arrayContaining(['.git', '.phi', '**/node_modules', '**/dist', '**/.env*', '**/admin.key']),
    );
  });
});

describe('the compose file', () => {
  it('runs every service, schedulers and executors twice', () => {
    expect(Object.keys(compose.services).toSorted()).toEqual([...SERVICES, 'redis'].toSorted());
    const replicas = SERVICES.map((name) => [name, service(name).deploy?.replicas ?? 1]);
    expect(Object.fromEntries(replicas)).toEqual({ scheduler: 2, executor: 2, recovery: 1, api: 1 });
  });

  it.each(SERVICES)(
    'builds %s from its Dockerfile, once Redis is healthy, and starts it again when it ends',
    (name) => {
      const { build, depends_on, restart, read_only, environment } = service(name);
      expect(path.resolve(composeFolder, build?.context ?? '')).toBe(path.resolve(root));
      expect(build?.dockerfile).toBe(`infra/docker/${name}.Dockerfile`);
      expect(depends_on?.['redis']?.condition).toBe('service_healthy');
      expect(environment?.['REDIS_URL']).toBe('redis://redis:6379');
      expect({ restart, read_only }).toEqual({ restart: 'unless-stopped', read_only: true });
    },
  );

  it('gives an executor the time that a drain may take', () => {
    const defaults = parseConfig({});
    if (!defaults.ok) throw new Error('the defaults do not hold');
    const { GRACEFUL_TIMEOUT_SECONDS, FORCE_KILL_AFTER_SECONDS } = defaults.config;
    const drain = 2 * GRACEFUL_TIMEOUT_SECONDS + FORCE_KILL_AFTER_SECONDS + 6;
    expect(seconds(service('executor').stop_grace_period)).toBeGreaterThanOrEqual(drain);
    const { environment } = service('executor');
    expect(environment?.['GRACEFUL_TIMEOUT_SECONDS']).toContain(`:-${String(GRACEFUL_TIMEOUT_SECONDS)}}`);
    expect(environment?.['FORCE_KILL_AFTER_SECONDS']).toContain(`:-${String(FORCE_KILL_AFTER_SECONDS)}}`);
  });

  it('lets all executors and the api see the same data directory', () => {
    for (const name of ['executor', 'api']) {
      expect(service(name).volumes).toContain('data:/var/lib/phi');
      expect(read('infra', 'docker', `${name}.Dockerfile`)).toContain('PHI_DATA_DIR=/var/lib/phi');
    }
    expect(Object.keys(compose.volumes).toSorted()).toEqual(['data', 'redis']);
  });

  it('shows Redis to nobody outside, and the api to this machine alone', () => {
    expect(service('redis').ports).toBeUndefined();
    expect(service('redis').networks).toEqual(['redis']);
    expect(compose.networks['redis']?.internal).toBe(true);
    for (const port of service('api').ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:.*:8080$/);
    expect(service('api').ports).toHaveLength(1);
  });

  it('has no secret in it', () => {
    expect(composeText).not.toMatch(/redis:\/\/[^\s/]*@|phi_[\w-]{43}|password\s*[:=]/i);
  });
});

describe('Redis', () => {
  const directives = new Map(
    read('infra', 'redis', 'redis.conf')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line): [string, string] => {
        const [name = '', ...value] = line.split(' ');
        return [name, value.join(' ')];
      }),
  );

  it('never forgets: no eviction, and every write to a file', () => {
    expect(Object.fromEntries(directives)).toMatchObject({
      'maxmemory-policy': 'noeviction',
      appendonly: 'yes',
      appendfsync: 'everysec',
    });
  });

  it('is started with that configuration, on a volume that stays', () => {
    const { command, volumes, image } = service('redis');
    expect(image).toMatch(/^redis:7\./);
    const mounted = (volumes ?? []).map((volume) => volume.split(':'));
    const configuration = mounted.find(([, target]) => target === command?.[1]);
    expect(command?.[0]).toBe('redis-server');
    expect(path.resolve(composeFolder, configuration?.[0] ?? '')).toBe(
      path.join(root, 'infra', 'redis', 'redis.conf'),
    );
    expect(mounted).toContainEqual(['redis', directives.get('dir')]);
  });
});
