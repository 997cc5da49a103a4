/** A Redis program of this machine and what it needs in its environment. */
export interface RedisProgram {
  readonly binary: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The server that all tests share.
 *
 * @throws Error the tests were started without one
 */
export function sharedRedisUrl(): string {
  const url = process.env['PHI_TEST_REDIS_URL'];
  if (url === undefined || url === '') throw missing('PHI_TEST_REDIS_URL');
  return url;
}

/**
 * The program that tests start servers of their own from.
 *
 * @throws Error there is none on this machine
 */
export function redisProgram(): RedisProgram {
  const json = process.env['PHI_TEST_REDIS_SERVER'];
  if (json === undefined || json === '') throw missing('PHI_TEST_REDIS_SERVER');
  const value: unknown = JSON.parse(json);
  if (!isProgram(value)) throw new Error(`PHI_TEST_REDIS_SERVER must be {binary, env}, got ${json}`);
  return value;
}

function isProgram(value: unknown): value is RedisProgram {
  if (typeof value !== 'object' || value === null || !('binary' in value)) return false;
  if (typeof value.binary !== 'string' || !('env' in value)) return false;
  return typeof value.env === 'object' && value.env !== null;
}

function missing(name: string): Error {
  return new Error(`${name} is not set: start the tests with npm test, which provides a Redis`);
}
