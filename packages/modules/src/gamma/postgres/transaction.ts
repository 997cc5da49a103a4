import type { Client } from 'pg';

/**
 * Within the transaction only, so that a pooler in between does not carry them to somebody else. The zone is given as an offset, which
 * needs no files of time zones. Nobody who stops in the middle keeps others waiting for long.
 */
const SETTINGS = `
  SET LOCAL datestyle = 'ISO, YMD';
  SET LOCAL intervalstyle = 'postgres';
  SET LOCAL TIME ZONE 0;
  SET LOCAL lock_timeout = '60s';
  SET LOCAL idle_in_transaction_session_timeout = '60s';
`;

/** @returns what `work` answers, once it is committed */
export const inTransaction = async <T>(client: Client, work: () => Promise<T>): Promise<T> => {
  await client.query(`BEGIN; ${SETTINGS}`);
  let answer: T;
  try {
    answer = await work();
  } catch (error) {
    // On a broken connection there is nothing left to take back.
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
  await client.query('COMMIT');
  return answer;
};
