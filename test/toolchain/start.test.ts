import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { freePort } from '@phi/testkit';

import { checkNode } from '../../scripts/bootstrap/node-version.mjs';
import { lockDataDir } from '../../scripts/start/lock.mjs';
import { ServiceProcess } from '../../scripts/start/service-process.mjs';
import { readSettings } from '../../scripts/start/settings.mjs';

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'phi-start-'));
});

afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

describe('checkNode', () => {
  it.each(['20.19.0', '20.20.2', '22.0.0'])('accepts %s', (version) => {
    expect(() => {
      checkNode(version);
    }).not.toThrow();
  });

  it.each(['20.18.3', '18.20.8'])('refuses %s', (version) => {
    expect(() => {
      checkNode(version);
    }).toThrow(`Node.js 20.19 or later is needed, this is ${version}`);
  });
});

describe('readSettings', () => {
  it('takes the port and the data directory from the environment', async () => {
    const port = await freePort();
    await expect(readSettings({ PHI_API_PORT: String(port), PHI_DATA_DIR: dir })).resolves.toMatchObject({
      port,
      dataDir: dir,
      logDir: path.join(dir, 'logs'),
    });
  });

  it.each(['0', '65536', '80a', '-1', '1.5'])('refuses the port %s', async (text) => {
    await expect(readSettings({ PHI_API_PORT: text })).rejects.toThrow(
      `PHI_API_PORT is "${text}"; accepted: a whole number from 1 to 65535`,
    );
  });

  it('refuses a taken port before anything starts', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => {
      other.listen(0, resolve);
    });
    const { port } = other.address() as AddressInfo;
    try {
      await expect(readSettings({ PHI_API_PORT: String(port) })).rejects.toThrow(
        `port ${port} is taken; set PHI_API_PORT to a free one`,
      );
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });
});

describe('lockDataDir', () => {
  it('can be taken again when it was given back', async () => {
    const unlock = await lockDataDir(dir);
    await unlock();
    await (
      await lockDataDir(dir)
    )();
  });

  it('is taken over from an owner that died', async () => {
    await writeFile(path.join(dir, 'start.pid'), '2147483647');
    const unlock = await lockDataDir(dir);
    await expect(readFile(path.join(dir, 'start.pid'), 'utf8')).resolves.toBe(String(process.pid));
    await unlock();
  });
});

describe('ServiceProcess', () => {
  async function service(source: string, graceMs = 10_000): Promise<ServiceProcess> {
    const main = path.join(dir, 'main.mjs');
    await writeFile(main, source);
    return new ServiceProcess(
      { name: 'scheduler', main, graceMs },
      { root: dir, logDir: dir, env: { PATH: process.env['PATH'] } },
    );
  }

  const READY = `console.log(JSON.stringify({ level: 30, msg: 'ready' })); setInterval(() => {}, 1000);`;

  it('is ready when it says so, and drains on SIGTERM', async () => {
    const started = await service(`
      process.on('SIGTERM', () => { console.log('drained'); process.exit(0); });
      console.log('not json'); console.log('{"broken');
      ${READY}`);
    await started.ready;
    await expect(started.stop()).resolves.toBe('ended');
    await expect(started.ended).resolves.toBe('status 0');
    await expect(readFile(started.logFile, 'utf8')).resolves.toContain('drained');
  });

  it('is killed when its grace is over', async () => {
    const started = await service(`process.on('SIGTERM', () => {}); ${READY}`, 100);
    await started.ready;
    await expect(started.stop()).resolves.toBe('killed');
    await expect(started.ended).resolves.toBe('SIGKILL');
  });

  it('is not ready when it ends before, and its last lines say why', async () => {
    const started = await service(`console.error('REDIS_URL is missing'); process.exitCode = 2;`);
    await expect(started.ready).rejects.toMatchObject({
      message: `scheduler ended with status 2; its log is ${started.logFile}`,
      detail: 'scheduler | REDIS_URL is missing',
    });
  });
});
