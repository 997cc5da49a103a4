export { FakeClock } from './clock/fake-clock.js';
export { freePort } from './net/free-port.js';
export { ProcessFixture } from './process/process-fixture.js';
export { ProcessGroup, type ProcessEnd, type ProcessOptions } from './process/process-group.js';
export { redisProgram, sharedRedisUrl, type RedisProgram } from './redis/environment.js';
export { RedisServer, startRedisServer, type RedisServerOptions } from './redis/redis-server.js';
export { testRedis, type TestRedis } from './redis/test-redis.js';
export { DeadlineExceeded, DEFAULT_DEADLINE_MS, withDeadline } from './signals/deadline.js';
export { OutputLines } from './signals/output-lines.js';
