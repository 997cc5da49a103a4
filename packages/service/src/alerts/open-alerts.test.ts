import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

import { DEFAULT_CONFIG } from '@phi/core';
import { createLogger } from '@phi/telemetry';
import { testRedis } from '@phi/testkit';
import { expect, it } from '@jest/globals';

import { openServices } from '../open-services.js';

it('an error that is entered in a queue is posted where the environment says, whoever enters it', async () => {
  const received: unknown[] = [];
  const server = createServer((request, response) => {
    void json(request).then((message) => {
      received.push(message);
      response.writeHead(204).end();
      server.emit('received');
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const corner = testRedis('alerts');
  const open = openServices(
    {
      redisUrl: corner.url,
      namespace: corner.namespace,
      dataDir: '.',
      logLevel: 'silent',
      config: DEFAULT_CONFIG,
      alertWebhook: {
        url: `http://127.0.0.1:${String(port)}/hook`,
        secret: `whsec_${Buffer.alloc(32).toString('base64')}`,
        allow: ['127.0.0.1'],
      },
    },
    createLogger('test', 'silent'),
  );
  const error = { job_id: 'load', error_code: 'EXEC_004_OUTPUT_FAILED' };
  const report = { id: 'x', error_code: error.error_code, error };
  // The end of a process waits for an alert no longer than it is sent quickly.
  const alerted = once(server, 'received');
  await open.services.errors.report('phi_execution_errors', report);
  await open.services.errors.report('phi_dead_letter', report);
  await alerted;
  await open.close();
  expect(received).toMatchObject([
    {
      type: 'phi.alert',
      data: { kind: 'DEAD_LETTER', subject: 'x', namespace: corner.namespace, context: error, count: 1 },
    },
  ]);
  server.close();
  await corner.cleanup();
});
