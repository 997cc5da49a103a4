import path from 'node:path';

const SHORT_GRACE_MS = 15_000;
const CLOSING_MS = 10_000;

/**
 * The processes that make up Phi on one machine, in the order in which they start.
 *
 * @param {NodeJS.ProcessEnv} env decides how long an executor may take to drain
 * @returns {{name: string, main: string, graceMs: number}[]} `graceMs`: between SIGTERM and SIGKILL
 */
export function services(env = process.env) {
  const graceful = Number(env.GRACEFUL_TIMEOUT_SECONDS || 30);
  const force = Number(env.FORCE_KILL_AFTER_SECONDS || 10);
  // An executor lets its bodies finish, then ends them gracefully, then kills them.
  const executorGraceMs = (2 * graceful + force) * 1000 + CLOSING_MS;
  const service = (name, app, graceMs = SHORT_GRACE_MS) => ({
    name,
    main: path.join('apps', app, 'dist', 'main.js'),
    graceMs,
  });
  return [
    service('scheduler', 'scheduler'),
    service('executor-1', 'executor', executorGraceMs),
    service('executor-2', 'executor', executorGraceMs),
    service('recovery', 'recovery'),
    service('api', 'api'),
  ];
}
