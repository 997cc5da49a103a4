import { CHECKS, testModule, type Check, type CheckResult } from '@phi/module-test';

import { usageError } from '../cli-error.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { formatDuration } from '../output/duration.js';
import { plainText } from '../output/plain-text.js';
import { statusCell } from '../output/status-cell.js';
import { table } from '../output/table.js';
import { readWork } from './read-work.js';

/** Options of `phi module-test`. */
export interface ModuleTestCommandOptions {
  readonly request?: string;
  readonly slowRequest?: string;
  readonly token?: string;
  /** In seconds. */
  readonly timeout: number;
  readonly callbackUrl?: string;
  readonly callbackPort?: number;
  readonly only?: readonly string[];
  readonly list?: boolean;
}

/** Makes the checks, or lists them. */
export async function runModuleTest(
  context: Context,
  url: string | undefined,
  options: ModuleTestCommandOptions,
): Promise<ExitStatus> {
  const checks = checksOf(options.only);
  if (options.list === true) return list(context, checks);
  if (url === undefined) throw usageError('url', 'is required', 'the base address of a module, or --list');
  const token = options.token ?? context.environment.PHI_MODULES_TOKEN;
  const { callbackUrl, callbackPort } = options;
  if (callbackUrl !== undefined && callbackPort === undefined)
    throw usageError('--callback-url', 'says nothing of the port here', '--callback-port beside it');
  const results = await testModule({
    url,
    checks,
    timeoutMs: options.timeout * 1000,
    signal: context.signal,
    newId: context.newId,
    now: context.now,
    ...(token === undefined ? {} : { token }),
    ...(options.request === undefined ? {} : { quick: readWork('--request', options.request, context) }),
    ...(options.slowRequest === undefined
      ? {}
      : { slow: readWork('--slow-request', options.slowRequest, context) }),
    ...(callbackUrl === undefined ? {} : { callbackUrl }),
    ...(callbackPort === undefined ? {} : { callbackPort }),
  });
  const count = (status: CheckResult['status']): number =>
    results.filter((result) => result.status === status).length;
  const summary = { passed: count('PASSED'), failed: count('FAILED'), skipped: count('SKIPPED') };
  context.output.emit({ url, ...summary, checks: results }, () => describe(results, summary, context));
  return summary.failed === 0 ? EXIT.ok : EXIT.failed;
}

function checksOf(only: readonly string[] | undefined): readonly Check[] {
  if (only === undefined) return CHECKS;
  const unknown = only.find((name) => CHECKS.every((check) => check.name !== name));
  if (unknown === undefined) return CHECKS.filter(({ name }) => only.includes(name));
  throw usageError('--only', `there is no check ${unknown}`, CHECKS.map(({ name }) => name).join(', '));
}

function list({ output }: Context, checks: readonly Check[]): ExitStatus {
  const items = checks.map(({ name, says, cites, needs }) => ({ name, says, cites, needs }));
  output.emit({ items }, () =>
    table(
      ['CHECK', 'A MODULE', 'CONTRACT'],
      items.map(({ name, says, cites }) => [name, says, cites]),
    ),
  );
  return EXIT.ok;
}

function describe(
  results: readonly CheckResult[],
  { passed, failed, skipped }: Readonly<Record<'passed' | 'failed' | 'skipped', number>>,
  { output }: Context,
): string {
  const rows = results.map(({ name, status, duration_ms, says }) => [
    name,
    statusCell(status, output.colours),
    formatDuration(duration_ms),
    says,
  ]);
  const remarks = results.flatMap(({ name, status, message, cites }) =>
    message === undefined ? [] : [`${name} ${status}: ${plainText(message)} (${cites})`],
  );
  const counts = `${String(passed)} passed, ${String(failed)} failed, ${String(skipped)} skipped`;
  return [table(['CHECK', 'RESULT', 'TIME', 'A MODULE'], rows), '', ...remarks, counts].join('\n');
}
