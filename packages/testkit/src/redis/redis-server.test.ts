import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';

import { type RedisServer, startRedisServer } from './redis-server.js';

let server: RedisServer;
let redis: Redis;

beforeEach(async () => {
  server = await startRedisServer();
  redis = new Redis(server.url, { maxRetriesPerRequest: null });
  redis.on('error', () => undefined);
});

afterEach(async () => {
  redis.disconnect();
  await server.stop();
});

describe('RedisServer', () => {
  it('is configured as the services ask for', async () => {
    await expect(redis.config('GET', 'maxmemory-policy')).resolves.toContain('noeviction');
    await expect(redis.config('GET', 'appendonly')).resolves.toContain('yes');
  });

  it('keeps its data and its port over a restart', async () => {
    await redis.set('kept', 'yes');
    await server.restart();
    await expect(redis.get('kept')).resolves.toBe('yes');
  });

  it('comes back after SIGKILL with what it had written', async () => {
    await redis.set('kept', 'yes');
    await server.kill();
    await server.restart();
    await expect(redis.get('kept')).resolves.toBe('yes');
  });

  it('answers nothing while it is paused', async () => {
    await redis.ping();
    server.pause();
    let answered = false;
    const pong = redis.ping().then((answer) => {
      answered = true;
      return answer;
    });
    // Another server's answer shows that time has passed for sockets too.
    const other = await startRedisServer();
    await other.stop();
    expect(answered).toBe(false);
    server.resume();
    await expect(pong).resolves.toBe('PONG');
  });

  it('takes further configuration', async () => {
    const small = await startRedisServer({ config: { maxmemory: '2mb' } });
    const client = new Redis(small.url);
    try {
      await expect(client.config('GET', 'maxmemory')).resolves.toContain('2097152');
    } finally {
      client.disconnect();
      await small.stop();
    }
  });

  it('says why it cannot start', async () => {
    await expect(startRedisServer({ port: server.port })).rejects.toThrow('Address already in use');
  });
});
