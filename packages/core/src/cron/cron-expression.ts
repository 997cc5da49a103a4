/** The fields of a cron expression in the order they are written, seconds first. */
export const CRON_FIELDS = ['second', 'minute', 'hour', 'day_of_month', 'month', 'day_of_week'] as const;
export type CronFieldName = (typeof CRON_FIELDS)[number];

/** A day of the week that counts within its month: `FRI#2` is the second Friday, `FRIL` the last. */
export interface NthWeekday {
  /** 0 = Sunday to 6 = Saturday. */
  readonly weekday: number;
  readonly nth: 1 | 2 | 3 | 4 | 5 | 'LAST';
}

/**
 * A cron expression that was read and found valid; made by `parseCron` only.
 *
 * Every list is sorted, without repetitions and within the field's range.
 */
export interface CronExpression {
  /** As written. */
  readonly expression: string;
  readonly seconds: readonly number[];
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** 1 to 31. */
  readonly days_of_month: readonly number[];
  /** Whether `L`, the last day of the month, is among the days of the month. */
  readonly last_day_of_month: boolean;
  /** 1 to 12. */
  readonly months: readonly number[];
  /** 0 = Sunday to 6 = Saturday; those that hold in every week. */
  readonly days_of_week: readonly number[];
  readonly nth_weekdays: readonly NthWeekday[];
  /** True when day of month or day of week is `*`: a day must match both. False: matching either is enough. */
  readonly days_intersect: boolean;
  /**
   * Whether the minute and hour fields name their times: neither holds `*` nor a step over the whole range.
   * Decides what daylight saving does to it.
   */
  readonly fixed_time: boolean;
}

/** What is wrong with a value, for the person who wrote it. */
export interface CronProblem {
  /** A field of the expression, or `cron_expression` when it is wrong as a whole. */
  readonly field: CronFieldName | 'cron_expression';
  readonly reason: string;
  /** What would have been accepted. */
  readonly accepted: string;
}
