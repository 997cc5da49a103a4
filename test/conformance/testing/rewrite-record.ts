import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

import type { Redis } from 'ioredis';

const GENERATED = new URL('../../../packages/store/lua/lib/generated.lua', import.meta.url);

const REWRITE = `
  local values = cmsgpack.unpack(redis.call('GET', KEYS[1]))
  for index = 1, #ARGV, 2 do values[tonumber(ARGV[index])] = cjson.decode(ARGV[index + 1]) end
  local body = cmsgpack.pack(values)
  redis.call('SET', KEYS[1], body .. '\\168' .. string.sub(redis.sha1hex(body), 1, 8))`;

/** Changes fields of a packed record behind the back of every script, as no build of Phi does. */
export async function rewriteRecord(
  redis: Redis,
  key: string,
  fields: Readonly<Record<string, unknown>>,
): Promise<void> {
  const layout = readFileSync(GENERATED, 'utf8');
  const args = Object.entries(fields).flatMap(([name, value]) => {
    const index = new RegExp(`\\b${name} = values\\[(\\d+)\\]`).exec(layout)?.[1];
    if (index === undefined) throw new Error(`records have no field ${name}`);
    return [index, JSON.stringify(value)];
  });
  await redis.eval(REWRITE, 1, key, ...args);
}

const SEAL_BYTES = 9;

/** The same with the text of a packed record, in Latin-1. */
export async function rewriteText(
  redis: Redis,
  key: string,
  rewrite: (text: string) => string,
): Promise<void> {
  const packed = (await redis.getBuffer(key)) ?? Buffer.alloc(0);
  const body = Buffer.from(rewrite(packed.subarray(0, -SEAL_BYTES).toString('latin1')), 'latin1');
  const seal = createHash('sha1')
    .update(body)
    .digest('hex')
    .slice(0, SEAL_BYTES - 1);
  await redis.set(
    key,
    Buffer.concat([body, packed.subarray(-SEAL_BYTES, 1 - SEAL_BYTES), Buffer.from(seal)]),
  );
}
