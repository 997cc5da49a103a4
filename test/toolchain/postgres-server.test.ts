import { connect } from 'node:net';

import { expect, it } from '@jest/globals';
import { missingPostgres } from '@phi/testkit';

import { findServer } from '../../scripts/postgres/provide-for-tests.mjs';
import { startServer } from '../../scripts/postgres/server-process.mjs';

const reach = async (url: string): Promise<string> => {
  const { port, hostname } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.once('connect', () => {
      socket.destroy();
      resolve('connected');
    });
    socket.once('error', (error) => {
      resolve('code' in error ? String(error.code) : error.message);
    });
  });
};

const missing = missingPostgres();
const whereThereIsOne = missing === undefined ? it : it.skip;
const reason = missing === undefined ? '' : ` (skipped: ${missing})`;

whereThereIsOne(`starts a PostgreSQL whoever runs this, behind a password${reason}`, async () => {
  const ignore = (): undefined => undefined;
  const { server } = await findServer(ignore);
  const started = await startServer(server, ignore);
  const { url } = started;
  try {
    expect(new URL(url).password).toMatch(/^[0-9a-f]{36}$/u);
    expect(await reach(url)).toBe('connected');
  } finally {
    await started.stop();
  }
  expect(await reach(url)).toBe('ECONNREFUSED');
});

it('says which programs it looked for where there are none', async () => {
  const refused = startServer({ binary: '/nowhere/postgres', env: {} });
  await expect(refused).rejects.toThrow('/nowhere/postgres does not run as');
});
