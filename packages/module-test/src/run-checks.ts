import type { Check } from './check.js';
import { CheckFailed, CheckSkipped } from './verdicts.js';
import { Probe } from './probe.js';
import { Session } from './session.js';
import type { Work } from './work.js';

export interface ModuleTestOptions {
  /** The module's base address. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string;
  /** Work that the module can do at once. Default: what is known of the modules it names. */
  readonly quick?: Work;
  /** Work that takes at least seconds. */
  readonly slow?: Work;
  /** Where the module reaches this machine, and the port that is listened at there. Default: the loopback interface, any port. */
  readonly callbackUrl?: string;
  readonly callbackPort?: number;
  /** How long one check may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly checks: readonly Check[];
  /** Ends the test. */
  readonly signal: AbortSignal;
  readonly newId: () => string;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Told of each result as it comes. */
  readonly onResult?: (result: CheckResult) => void;
}

export interface CheckResult {
  readonly name: string;
  readonly says: string;
  readonly cites: string;
  readonly status: 'PASSED' | 'FAILED' | 'SKIPPED';
  /** Why not PASSED. */
  readonly message?: string;
  readonly duration_ms: number;
}

/** How long what was begun is cleaned up at the end, in milliseconds. */
const CLEAN_UP_MS = 10_000;

/**
 * Tests whether a module keeps the module contract, one check after the other (docs/module-contract.md, Testing your module). It ends
 * whatever the module does.
 *
 * @throws the signal's reason
 */
export async function testModule(options: ModuleTestOptions): Promise<CheckResult[]> {
  const { url, token, checks, signal, onResult, ...rest } = options;
  const session = new Session({ ...rest, probe: new Probe(url, token), hasToken: token !== undefined });
  const results: CheckResult[] = [];
  try {
    for (const check of checks) {
      const result = await makeCheck(check, session, options);
      signal.throwIfAborted();
      results.push(result);
      onResult?.(result);
    }
    return results;
  } finally {
    session.until(AbortSignal.timeout(CLEAN_UP_MS));
    await session.cleanUp();
  }
}

async function makeCheck(
  check: Check,
  session: Session,
  { timeoutMs, signal, now }: ModuleTestOptions,
): Promise<CheckResult> {
  const { name, says, cites } = check;
  const startedAt = now();
  const inTime = AbortSignal.timeout(timeoutMs);
  session.until(AbortSignal.any([signal, inTime]));
  const verdict = await judge(check, session).catch((error: unknown) => {
    if (error instanceof CheckFailed) return { status: 'FAILED' as const, message: error.message };
    if (error instanceof CheckSkipped) return { status: 'SKIPPED' as const, message: error.message };
    if (inTime.aborted)
      return { status: 'FAILED' as const, message: `had not ended after ${String(timeoutMs / 1000)} s` };
    if (signal.aborted) return { status: 'SKIPPED' as const, message: 'stopped' };
    throw error;
  });
  return { name, says, cites, ...verdict, duration_ms: now() - startedAt };
}

async function judge(check: Check, session: Session): Promise<Pick<CheckResult, 'status' | 'message'>> {
  const { needs } = check;
  if (needs !== undefined && !(await session.describe()).capabilities.includes(needs))
    throw new CheckSkipped(`the module does not say that it has the capability ${needs}`);
  await check.run(session);
  return { status: 'PASSED' };
}
