import type { CronExpression } from '../cron/index.js';
import { isValidTimezone, parseCron } from '../cron/index.js';
import { PhiError } from '../errors/phi-error.js';
import type { ScheduleTiming } from './schedule-timing.js';

const MAX_EXPRESSIONS = 4_096;
const expressions = new Map<string, CronExpression>();

/**
 * The cron expression of a schedule of type CRON, read once.
 *
 * @throws PhiError SCHED_001_INVALID_CRON if it cannot be read
 */
export function scheduleCron({ cron_expression }: ScheduleTiming): CronExpression {
  const text = cron_expression ?? '';
  const known = expressions.get(text);
  if (known !== undefined) return known;
  const parsed = parseCron(text);
  if (!parsed.ok) {
    const { field, reason, accepted } = parsed;
    throw new PhiError(
      'SCHED_001_INVALID_CRON',
      `cron_expression '${text}': ${field}: ${reason}; accepted: ${accepted}`,
      {
        operation: 'schedule.next-fire-time',
        data: { cron_expression: text, field, reason, accepted },
      },
    );
  }
  if (expressions.size >= MAX_EXPRESSIONS) expressions.clear();
  expressions.set(text, parsed.cron);
  return parsed.cron;
}

/** @throws PhiError SCHED_002_INVALID_TIMEZONE for a zone that this system does not know */
export function requireTimezone({ timezone }: Pick<ScheduleTiming, 'timezone'>): void {
  if (isValidTimezone(timezone)) return;
  throw new PhiError(
    'SCHED_002_INVALID_TIMEZONE',
    `timezone '${timezone}' is not known; accepted: an IANA name such as UTC`,
    {
      operation: 'schedule.next-fire-time',
      data: { timezone },
    },
  );
}
