// jest run directly, without `npm test`, gets its Redis here.
import { provideTestRedis } from '../redis/provide-for-tests.mjs';

export default async function setup() {
  if (process.env.PHI_TEST_REDIS_URL) return;
  const redis = await provideTestRedis();
  Object.assign(process.env, redis.env);
  globalThis.phiTestRedis = redis;
}
