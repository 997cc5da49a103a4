import type { PhiConfig } from '../config/parameters.js';
import type { Problem } from '../errors/problem.js';

/** What a Redis server says of itself; what it does not say is absent. */
export interface ServerFacts {
  /** Valkey says the version of Redis that it stands for. */
  readonly version?: string;
  readonly maxmemory_policy?: string;
  readonly append_only?: boolean;
}

/** The oldest server that has functions, and the oldest that can say when a write is on disk. */
const OLDEST = '7.0.0';
const OLDEST_WITH_WAITAOF = '7.2.0';

/** @param info - INFO of a server */
export function readServerFacts(info: string): ServerFacts {
  const version = fieldOf(info, 'redis_version');
  const maxmemory_policy = fieldOf(info, 'maxmemory_policy');
  const aof = fieldOf(info, 'aof_enabled');
  return {
    ...(version === undefined ? {} : { version }),
    ...(maxmemory_policy === undefined ? {} : { maxmemory_policy }),
    ...(aof === undefined ? {} : { append_only: aof === '1' }),
  };
}

function fieldOf(info: string, name: string): string | undefined {
  return new RegExp(`^${name}:(\\S+)\\s*$`, 'm').exec(info)?.[1];
}

/**
 * What keeps a server from being used at all, development or not.
 *
 * @returns a problem for each requirement that is known not to be met
 */
export function unusableServer(
  { version, append_only }: ServerFacts,
  { DURABILITY }: Pick<PhiConfig, 'DURABILITY'>,
): Problem[] {
  const problems: Problem[] = [];
  if (version !== undefined && isOlder(version, OLDEST)) {
    problems.push({
      field: 'redis_version',
      value: version,
      reason: `${version} has no functions`,
      accepted: `Redis ${OLDEST} or later, or Valkey`,
    });
  }
  if (DURABILITY === 'LOCAL' && version !== undefined && isOlder(version, OLDEST_WITH_WAITAOF)) {
    problems.push({
      field: 'DURABILITY',
      value: DURABILITY,
      reason: `Redis ${version} cannot say when a write is on disk: it has no WAITAOF`,
      accepted: `LOCAL with Redis ${OLDEST_WITH_WAITAOF} or later, or Valkey; REPLICA; or NONE, with appendfsync always in redis.conf`,
    });
  }
  if (DURABILITY === 'LOCAL' && append_only === false) {
    problems.push({
      field: 'DURABILITY',
      value: DURABILITY,
      reason: 'Redis writes no append-only file that could be waited for',
      accepted: 'LOCAL with "appendonly yes" in redis.conf; REPLICA; or NONE',
    });
  }
  return problems;
}

/** What makes a server lose what it was given, accepted or not. */
export function unsafeServer({ maxmemory_policy, append_only }: ServerFacts): Problem[] {
  const problems: Problem[] = [];
  if (maxmemory_policy !== undefined && maxmemory_policy !== 'noeviction') {
    problems.push({
      field: 'maxmemory-policy',
      value: maxmemory_policy,
      reason: `${maxmemory_policy} makes Redis forget executions when its memory is full`,
      accepted:
        'noeviction: "maxmemory-policy noeviction" in redis.conf, or CONFIG SET maxmemory-policy noeviction',
    });
  }
  if (append_only === false) {
    problems.push({
      field: 'appendonly',
      value: 'no',
      reason: 'Redis writes no append-only file: whenever it ends, all since its last snapshot is gone',
      accepted:
        'yes: "appendonly yes" in redis.conf, or CONFIG SET appendonly yes; or no with DURABILITY=REPLICA, where replicas keep the data',
    });
  }
  return problems;
}

/**
 * What of that is not accepted. In development all of it is; elsewhere no append-only file is where replicas have what is acknowledged,
 * as with managed servers that cannot write one.
 */
export function unacceptedServer(
  facts: ServerFacts,
  { DURABILITY }: Pick<PhiConfig, 'DURABILITY'>,
  isDevelopment = false,
): Problem[] {
  if (isDevelopment) return [];
  return unsafeServer(facts).filter(({ field }) => field !== 'appendonly' || DURABILITY !== 'REPLICA');
}

/** The requirements of which a server says nothing, as a managed one may. */
export function unknownOf({ version, maxmemory_policy, append_only }: ServerFacts): string[] {
  return [
    ...(version === undefined ? ['redis_version'] : []),
    ...(maxmemory_policy === undefined ? ['maxmemory-policy'] : []),
    ...(append_only === undefined ? ['appendonly'] : []),
  ];
}

function isOlder(version: string, than: string): boolean {
  const [parts, others] = [version, than].map((text) => text.split('.').map(Number));
  for (let at = 0; at < 3; at += 1) {
    const [part, other] = [parts?.[at] ?? 0, others?.[at] ?? 0];
    if (part !== other) return part < other;
  }
  return false;
}
