export { CRON_FIELDS } from './cron-expression.js';
export type { CronExpression, CronFieldName, CronProblem, NthWeekday } from './cron-expression.js';
export { GAP_CHOICES, OVERLAP_CHOICES } from './daylight-saving.js';
export type { DstOverride, GapChoice, OverlapChoice } from './daylight-saving.js';
export { HORIZON_YEARS, nextCronTime } from './next-cron-time.js';
export type { CronSetting } from './next-cron-time.js';
export { parseCron } from './parse-cron.js';
export type { CronParseResult } from './parse-cron.js';
export { isValidTimezone } from './zone-offset.js';
