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
