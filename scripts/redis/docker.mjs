import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { userInfo } from 'node:os';

import { findProgram } from '../process/find-program.mjs';
import { run } from '../process/run.mjs';
import { serverArguments } from './server-process.mjs';

const IMAGE = 'redis:7.4-bookworm';
const PORT = 6379;

/** Whether a container engine answers, asked in a way that cannot take long. */
export async function dockerAnswers() {
  if (findProgram('docker') === undefined) return false;
  const probe = run('docker', ['version', '--format', '{{.Server.Version}}']);
  const late = new Promise((resolve) => {
    setTimeout(() => resolve({ code: 1 }), 3_000).unref();
  });
  return (await Promise.race([probe, late])).code === 0;
}

/**
 * Starts Redis in a container, with its data in a directory of this machine.
 *
 * @param {string} dir
 * @returns {Promise<{url: string, stop(): Promise<void>}>}
 */
export async function startContainer(dir) {
  await mkdir(dir, { recursive: true });
  // A machine without an engine never loads it.
  const { GenericContainer, Wait } = await import('testcontainers');
  const { uid, gid } = userInfo();
  const password = randomBytes(18).toString('hex');
  const container = await new GenericContainer(IMAGE)
    .withUser(`${uid}:${gid}`)
    .withExposedPorts(PORT)
    .withBindMounts([{ source: dir, target: '/data' }])
    .withCommand([
      'redis-server',
      ...serverArguments('/data', PORT),
      // Inside a container the loopback interface would be out of reach.
      '--bind',
      '0.0.0.0',
      // The engine publishes the port on every interface of this machine.
      '--requirepass',
      password,
    ])
    .withWaitStrategy(Wait.forLogMessage('Ready to accept connections'))
    .start();
  return {
    url: `redis://:${password}@${container.getHost()}:${container.getMappedPort(PORT)}`,
    stop: async () => {
      await container.stop({ timeout: 15_000 });
    },
  };
}
