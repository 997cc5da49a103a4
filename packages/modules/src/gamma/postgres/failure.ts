import { PhiError } from '@phi/core';
import { DatabaseError } from 'pg';

/** By the beginning of the SQLSTATE, the longest first. */
const CODES: readonly (readonly [string, string])[] = [
  ['42501', 'EXEC_020_PERMISSION_DENIED'],
  ['55P03', 'EXEC_022_DELIVERY_CONFLICT'],
  ['57014', 'EXEC_022_DELIVERY_CONFLICT'],
  ['25P03', 'EXEC_022_DELIVERY_CONFLICT'],
  ['08', 'EXEC_018_CONNECTION_FAILED'],
  ['53', 'EXEC_018_CONNECTION_FAILED'],
  ['57', 'EXEC_018_CONNECTION_FAILED'],
  ['40', 'EXEC_022_DELIVERY_CONFLICT'],
  ['28', 'EXEC_020_PERMISSION_DENIED'],
  ['3D', 'EXEC_005_INVALID_CONFIG'],
  ['3F', 'EXEC_005_INVALID_CONFIG'],
  ['42', 'EXEC_005_INVALID_CONFIG'],
];

const codeOf = (sqlstate: string): string =>
  CODES.find(([prefix]) => sqlstate.startsWith(prefix))?.[1] ?? 'EXEC_004_OUTPUT_FAILED';

/** Which records were being written: the first, counted from 0, and how many. */
export interface WrittenRecords {
  readonly from: number;
  readonly records: number;
}

/** COPY tells the line, in whatever language the server speaks; only the number is taken, for the line's text may be anybody's data. */
const lineOf = (error: DatabaseError): number | undefined => {
  const [, line] = /^COPY [^,]*,\D*(\d+)/m.exec(error.where ?? '') ?? [];
  return line === undefined ? undefined : Number(line);
};

const placeOf = (error: DatabaseError, written: WrittenRecords | undefined): string => {
  if (written === undefined) return '';
  const line = lineOf(error);
  if (line !== undefined) return `record ${String(written.from + line)} of the batch: `;
  return `records ${String(written.from + 1)} to ${String(written.from + written.records)} of the batch: `;
};

const constraintOf = ({ constraint, table }: DatabaseError): string =>
  constraint === undefined ? '' : ` (constraint ${constraint}${table === undefined ? '' : ` of ${table}`})`;

/**
 * Gives what the driver threw a code: unreachable and in conflict with others are transient, a refused record is permanent and named. The
 * error itself is not kept as a cause: it may have the connection's address and password, or a record, in it.
 *
 * @param field the destination's path in the parameters
 */
export const postgresFailure = (
  error: unknown,
  field: string,
  written: WrittenRecords | undefined,
): unknown => {
  if (error instanceof PhiError) return error;
  const operation = 'gamma.postgres';
  if (error instanceof DatabaseError) {
    const sqlstate = error.code ?? '';
    const message = `${field}: ${placeOf(error, written)}${error.message}${constraintOf(error)} [SQLSTATE ${sqlstate}]`;
    return new PhiError(codeOf(sqlstate), message, { operation, data: { sqlstate } });
  }
  const reason = error instanceof Error && 'code' in error ? String(error.code) : 'the connection broke';
  return new PhiError('EXEC_018_CONNECTION_FAILED', `${field}: the database is out of reach (${reason})`, {
    operation,
    data: { reason },
  });
};
