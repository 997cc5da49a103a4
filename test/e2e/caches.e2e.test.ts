import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from '@jest/globals';

import { Phi } from './fixture/phi.js';

const TOKEN = 'e2e-token-of-the-places';

let phi: Phi;
let server: Server;
/** Paths that were asked for with the right token. */
let asked: string[];
let names: Record<string, string>;

beforeEach(async () => {
  asked = [];
  names = { BER: 'Berlin', CDG: 'Paris' };
  server = createServer((request, response) => {
    if (request.headers.authorization !== TOKEN) {
      response.writeHead(401).end();
      return;
    }
    const path = request.url ?? '';
    asked.push(path);
    if (path === '/flights.csv') response.end('id,to\n1,BER\n2,CDG\n');
    else response.end(JSON.stringify({ city: names[path.split('/').at(-1) ?? ''] }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  phi = await Phi.start({
    executors: 1,
    env: { PHI_HTTP_ALLOW: host, PHI_SECRET_PLACES: TOKEN },
  });
  const headers = { authorization: { secret: 'PLACES' } };
  const cache = { name: 'places', loader: { url: `http://${host}/places/{key}`, headers } };
  await phi.api.apply({
    jobs: [
      {
        job_id: 'arrivals',
        job_type: 'COMPOSITE',
        pipeline_modules: ['ALPHA', 'EPSILON', 'BETA', 'GAMMA'],
        parameters: {
          ALPHA: { source: { url: `http://${host}/flights.csv`, http: { headers } } },
          EPSILON: { warm: [{ cache, keys_of: { batch: { stage: 'ALPHA' }, column: 'to' } }] },
          BETA: {
            inputs: { flights: { stage: 'ALPHA' } },
            enrichment: [{ cache, key: 'to', columns: [{ field: 'city' }], on_missing: 'FAIL' }],
            profile: { sql: 'SELECT id, city FROM flights ORDER BY id' },
            quality: { checks: [{ name: 'city', sql: "city <> ''" }], minimum: 1 },
          },
          GAMMA: { destinations: [{ path: 'arrivals.csv' }] },
        },
      },
      {
        job_id: 'place-changed',
        job_type: 'COMPOSITE',
        pipeline_modules: ['EPSILON'],
        triggers: [{ trigger_type: 'API_CALL', source: 'places', filter: 'event.type == "place.changed"' }],
        parameters: { EPSILON: { invalidate: [{ cache: 'places', keys_from: 'data.iata' }] } },
      },
    ],
  });
});
afterEach(async () => {
  await phi.stop();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

async function arrivals(): Promise<string> {
  const { status } = await phi.api.ended(await phi.api.trigger('arrivals'));
  expect(status).toBe('succeeded');
  return readFile(join(phi.outputDir, 'arrivals.csv'), 'utf8');
}

it('warms a cache before the transformation that needs it, and drops from it what an event says has changed, once', async () => {
  expect(await arrivals()).toBe('id,city\n1,Berlin\n2,Paris\n');
  expect(asked.toSorted()).toEqual(['/flights.csv', '/places/BER', '/places/CDG']);

  names = { BER: 'Berlin (Brandenburg)', CDG: 'changed, and nobody says so' };
  const event = {
    specversion: '1.0',
    id: '1',
    source: 'places',
    type: 'place.changed',
    data: { iata: 'BER' },
  };
  await phi.api.post('/v1/events', event);
  await phi.api.post('/v1/events', event);
  await phi.api.until(
    'the cache to be invalidated',
    () => phi.api.executionsOf('place-changed'),
    (executions) => executions.length > 0 && executions.every(({ status }) => status === 'COMPLETED'),
  );

  expect(await arrivals()).toBe('id,city\n1,Berlin (Brandenburg)\n2,Paris\n');
  expect(asked.slice(3).toSorted()).toEqual(['/flights.csv', '/places/BER']);
  expect(await phi.api.executionsOf('place-changed')).toHaveLength(1);

  const [execution] = await phi.api.executionsOf('arrivals');
  expect(JSON.stringify(execution)).not.toContain(TOKEN);
  expect(execution?.result?.metrics).toMatchObject({ 'BETA.quality_score': 1 });
});
