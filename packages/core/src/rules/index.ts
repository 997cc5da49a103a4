export * from './01-cron-schedule-evaluation.js';
export * from './03-skip-if-running.js';
export * from './04-catchup-execution.js';
export * from './17-execution-window-restriction.js';
