export { decideTick } from './decide-tick.js';
export type { TickQuestion, TickTimeliness } from './decide-tick.js';
export { fireTimes } from './fire-times.js';
export type { FireTimes } from './fire-times.js';
export { firingsPerSecond } from './firings-per-second.js';
export { nextFireTime } from './next-fire-time.js';
export { previewSchedule } from './preview-schedule.js';
export type { PreviewedTime, PreviewSetting, SchedulePreview } from './preview-schedule.js';
export type { ScheduleTiming } from './schedule-timing.js';
