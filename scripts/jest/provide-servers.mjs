// jest run directly, without `npm test`, gets its servers here.
import { provideTestPostgres } from '../postgres/provide-for-tests.mjs';
import { provideTestRedis } from '../redis/provide-for-tests.mjs';

export default async function setup() {
  globalThis.phiTestServers = [];
  if (!process.env.PHI_TEST_REDIS_URL) await provide(provideTestRedis);
  const { PHI_TEST_POSTGRES_URL: url, PHI_TEST_POSTGRES_MISSING: missing } = process.env;
  if (!url && !missing) await provide(provideTestPostgres);
}

async function provide(start) {
  const server = await start();
  globalThis.phiTestServers.push(server);
  Object.assign(process.env, server.env);
}
