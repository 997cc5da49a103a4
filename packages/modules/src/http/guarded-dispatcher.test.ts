import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import type { Dispatcher } from 'undici';
import { createGuardedDispatcher } from './guarded-dispatcher.js';
import type { Resolve } from './guarded-dispatcher.js';

let server: Server;
let port: number;
let reached = 0;
let dispatcher: Dispatcher | undefined;

/** Answers what the names of this file resolve to, one list a question; the last is repeated. */
const resolving = (...answers: string[][]): Resolve => {
  let asked = 0;
  return (_host, _options, answer) => {
    const addresses = answers[Math.min(asked, answers.length - 1)] ?? [];
    asked += 1;
    answer(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
};

const get = async (url: string, allow: readonly string[] = [], resolve?: Resolve): Promise<number> => {
  dispatcher = createGuardedDispatcher({
    allow,
    connectTimeoutMs: 20_000,
    ...(resolve === undefined ? {} : { resolve }),
  });
  const { statusCode, body } = await request(url, { dispatcher });
  await body.dump();
  return statusCode;
};

beforeAll(async () => {
  server = createServer((_request, response) => {
    reached += 1;
    response.end();
  });
  // On every address of this machine: what is dialled is answered.
  server.listen(0);
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterEach(async () => {
  reached = 0;
  await dispatcher?.destroy();
});
afterAll(async () => {
  server.close();
  await once(server, 'close');
});

describe('the guarded dispatcher', () => {
  it.each([
    '127.0.0.1',
    '0x7f.1',
    '2130706433',
    '0177.0.0.1',
    '127.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '[64:ff9b::7f00:1]',
    '[2002:7f00:1::]',
    '[fe80::1]',
    '[fd00:ec2::254]',
    '0.0.0.0',
    '169.254.169.254',
    '10.0.0.1',
    '100.100.100.200',
    'localhost',
    'LOCALHOST',
  ])('dials nothing for %s', async (host) => {
    await expect(get(`http://${host}:${String(port)}/`)).rejects.toMatchObject({
      code: 'EXEC_020_PERMISSION_DENIED',
    });
    expect(reached).toBe(0);
  });

  it('says which entry would allow it, and that one does', async () => {
    const url = `http://localhost:${String(port)}/`;
    const entry = `localhost:${String(port)}`;
    await expect(get(url)).rejects.toThrow(`PHI_HTTP_ALLOW=${entry} `);
    expect(await get(url, [entry])).toBe(200);
  });

  it.each([['LocalHost'], ['127.0.0.0/8', '::1/128']])('lets through what %s allows', async (...allow) => {
    expect(await get(`http://localhost:${String(port)}/`, allow)).toBe(200);
  });

  it.each([['localhost:1'], ['10.0.0.0/8'], ['ocalhost'], ['example.com']])(
    'takes %s for nothing else',
    async (...allow) => {
      await expect(get(`http://localhost:${String(port)}/`, allow)).rejects.toMatchObject({
        code: 'EXEC_020_PERMISSION_DENIED',
      });
    },
  );

  it('judges a name by what it resolves to at each dial', async () => {
    const rebinding = createGuardedDispatcher({
      allow: ['127.0.0.1/32'],
      resolve: resolving(['127.0.0.1'], ['127.0.0.2']),
    });
    dispatcher = rebinding;
    const ask = async () =>
      request(`http://rebinding.test:${String(port)}/`, { dispatcher: rebinding, reset: true });
    await (await ask()).body.dump();
    await expect(ask()).rejects.toMatchObject({ code: 'EXEC_020_PERMISSION_DENIED' });
    expect(reached).toBe(1);
  });

  it('dials only those addresses of a name that are allowed', async () => {
    const both = resolving(['10.255.255.1', '127.0.0.1']);
    expect(await get(`http://both.test:${String(port)}/`, ['127.0.0.1/32'], both)).toBe(200);
  });

  it.each(['', 'a b', 'host:0', 'host:99999', '10.0.0.0/33', '::/129', 'http://host', '[host]:1', 'x/8'])(
    'names the entry "%s" that it cannot read',
    (entry) => {
      expect(() => createGuardedDispatcher({ allow: ['ok', entry] })).toThrow(
        `PHI_HTTP_ALLOW: "${entry}" cannot be read`,
      );
    },
  );
});
