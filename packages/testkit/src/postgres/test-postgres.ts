import { randomBytes } from 'node:crypto';

import { Client } from 'pg';

/** A database that belongs to one test. */
export interface TestPostgres {
  /** With a superuser and its password. */
  readonly url: string;
  /** Runs one statement on a connection of its own. */
  query<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** Removes the database and ends every connection to it; meant for `afterEach`. */
  cleanup(): Promise<void>;
}

/** Why the tests have no PostgreSQL, or undefined when they have one. */
export function missingPostgres(): string | undefined {
  if (serverUrl() !== '') return undefined;
  return process.env['PHI_TEST_POSTGRES_MISSING'] ?? 'start the tests with npm test, which provides one';
}

/**
 * Makes a database on the PostgreSQL that all tests share.
 *
 * @param label begins its name, so that a person sees whose it is
 */
export async function testPostgres(label = 'test'): Promise<TestPostgres> {
  const server = serverUrl();
  const name = `${label}_${randomBytes(6).toString('hex')}`;
  await runOn(server, `CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    query: async (sql, values) => runOn(url.href, sql, values),
    cleanup: async () => {
      await runOn(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    },
  };
}

function serverUrl(): string {
  return process.env['PHI_TEST_POSTGRES_URL'] ?? '';
}

async function runOn<Row extends object>(
  url: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}
