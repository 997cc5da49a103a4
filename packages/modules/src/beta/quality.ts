import { PhiError } from '@phi/core';
import type { ValidationResult } from '../contract/stage-result.js';
import type { Quality } from '../contract/transformation-job-request.js';
import { literal } from '../duckdb/quote.js';
import type { DuckSession } from '../duckdb/session.js';

/** How good a result is. */
export interface Measured {
  /** Share of records that pass, averaged over the checks by weight, 0-1; 1 for no records. */
  readonly score: number;
  readonly validation: ValidationResult[];
}

const conditionOf = async (session: DuckSession, sql: string, index: number): Promise<string> => {
  if (await session.isOneSelect(`SELECT (\n${sql}\n) IS TRUE FROM result`)) return `(\n${sql}\n) IS TRUE`;
  throw new PhiError(
    'EXEC_005_INVALID_CONFIG',
    `parameters.BETA.quality.checks.${String(index)}.sql: expected one condition on a record of the result`,
    { operation: 'beta.quality' },
  );
};

/**
 * Counts what passes each check.
 *
 * @param path file of the result
 * @throws PhiError EXEC_005_INVALID_CONFIG for what is no condition; DuckDB's error for one that it cannot evaluate
 */
export const measureQuality = async (
  session: DuckSession,
  path: string,
  { checks }: Quality,
): Promise<Measured> => {
  await session.rows(`CREATE VIEW result AS SELECT * FROM read_parquet(${literal(path)})`);
  const conditions: string[] = [];
  for (const [index, { sql }] of checks.entries()) conditions.push(await conditionOf(session, sql, index));
  const counts = conditions.map((condition, index) => `count(*) FILTER (${condition}) AS "${String(index)}"`);
  const [row] = await session.rows(`SELECT count(*) AS total, ${counts.join(', ')} FROM result`);
  const total = Number(row?.['total']);
  const failed = checks.map((_check, index) => total - Number(row?.[String(index)]));
  const weights = checks.reduce((sum, { weight }) => sum + weight, 0);
  const passed = checks.reduce((sum, { weight }, index) => {
    const share = total === 0 ? 1 : 1 - (failed[index] ?? 0) / total;
    return sum + weight * share;
  }, 0);
  return {
    score: passed / weights,
    validation: checks.map(({ name }, index) => ({
      check: name,
      status: failed[index] === 0 ? 'PASSED' : 'FAILED',
      records_failed: failed[index] ?? 0,
    })),
  };
};

/** @throws PhiError EXEC_023_QUALITY_TOO_LOW, with the checks that fail */
export const demandQuality = ({ score, validation }: Measured, { minimum }: Quality): void => {
  if (minimum === undefined || score >= minimum) return;
  const worst = validation
    .filter(({ records_failed }) => records_failed > 0)
    .toSorted((one, other) => other.records_failed - one.records_failed)
    .slice(0, 5)
    .map(({ check, records_failed }) => `${check} (${String(records_failed)} records)`);
  throw new PhiError(
    'EXEC_023_QUALITY_TOO_LOW',
    `the quality score ${score.toFixed(4)} is below quality.minimum (${String(minimum)}); most failed: ${worst.join(', ')}`,
    { operation: 'beta.quality', data: { score, minimum } },
  );
};
