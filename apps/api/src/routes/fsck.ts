import {
  describeFinding,
  FINDING_CODES,
  FINDING_SUBJECTS,
  INVARIANT_NUMBERS,
  INVARIANTS,
  type FindingCode,
  type Invariant,
} from '@phi/core';
import { fsck as check, type FsckReport } from '@phi/engine';
import * as z from 'zod';

import { callerOf } from '../access/guard.js';
import type { ApiApp, ApiContext } from '../api-context.js';
import { HttpProblem } from '../http/http-problem.js';

/** Pages in one call: about a second of work. */
const PAGES = 10;

const invariant = z
  .int()
  .min(1)
  .max(INVARIANT_NUMBERS.length)
  .transform((number) => number as Invariant);
const count = z.int().min(0);

const body = z.strictObject({
  repair: z.boolean().default(false).describe('Repairs what can be. Default: false.'),
  invariants: z.array(invariant).min(1).optional().describe('Which to check. Default: all.'),
  cursor: z.string().max(200_000).optional().describe('`next_cursor` of the answer before.'),
});

const finding = z.strictObject({
  invariant: z.int(),
  code: z.enum(Object.keys(FINDING_CODES) as [FindingCode, ...FindingCode[]]),
  subject: z.strictObject({ kind: z.enum(FINDING_SUBJECTS), id: z.string() }),
  detail: z.string(),
  repairable: z.boolean(),
  repaired: z.boolean(),
  advice: z.string().describe('What to do about it, or what the repair does.'),
});

const answer = z.strictObject({
  invariants: z.array(
    z.strictObject({
      invariant: z.int(),
      title: z.string(),
      checked: count.describe(
        'Executions, entries of indexes, runs, schedules, deliveries that were looked at.',
      ),
      findings: count,
      repaired: count,
    }),
  ),
  findings: z.array(finding),
  repeated: z
    .strictObject({ lost: count, handed_over: count })
    .describe('Attempts that were repeated because they were lost with their executor, or handed over.'),
  unchecked: count.describe('Sums that were not checked, because too many executions are counted in them.'),
  next_cursor: z.string().optional().describe('Asks for what follows; absent where all was looked at.'),
});

/** POST /v1/fsck: checks the invariants over the store, a slice in each call (docs/adr/0032-fsck.md). */
export function fsck(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'Check the invariants over the store, a slice in each call, and repair what can be',
    body,
    response: { 200: answer },
  };
  app.post('/v1/fsck', { config: { permission: 'executions:cancel' }, schema }, async (request) => {
    const { repair, invariants, cursor } = request.body;
    const options = { repair, pages: PAGES, ...(invariants && { invariants }), ...(cursor && { cursor }) };
    const report = await check(services, options).catch(refuseCursor);
    if (repair)
      request.log.info({ actor: callerOf(request).name, findings: report.findings.length }, 'fsck repaired');
    return view(report);
  });
}

function refuseCursor(error: unknown): never {
  if (!(error instanceof RangeError)) throw error;
  const problems = [
    {
      field: 'cursor',
      reason: 'is not one of these invariants',
      accepted: 'next_cursor of the answer before',
    },
  ];
  throw new HttpProblem(400, 'API_001_VALIDATION_FAILED', { problems });
}

function view({ invariants, findings, ...rest }: FsckReport): z.infer<typeof answer> {
  return {
    ...rest,
    invariants: INVARIANT_NUMBERS.map((number) => ({
      invariant: number,
      title: INVARIANTS[number],
      ...invariants[number],
    })),
    findings: findings.map((found) => ({ ...found, advice: adviceOf(found.code) })),
  };
}

function adviceOf(code: FindingCode): string {
  const { repair, advice } = describeFinding(code);
  return repair === undefined ? advice : `${advice}: ${repair}`;
}
