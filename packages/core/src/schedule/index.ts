export { decideTicks } from './decide-ticks.js';
export type { TickDecision, TickFacts } from './decide-ticks.js';
export { fireTimes } from './fire-times.js';
export { latestFireTimes } from './latest-fire-times.js';
export { nextFireTime } from './next-fire-time.js';
export { previewSchedule } from './preview-schedule.js';
export type { PreviewedTime, SchedulePreview } from './preview-schedule.js';
export type { ScheduleTiming } from './schedule-timing.js';
