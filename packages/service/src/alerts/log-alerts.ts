import type { Alerts } from '@phi/core';
import type { Logger } from '@phi/telemetry';

/** Alerts as lines of the service's log, with `alert` set, so that whoever collects the logs can page for them. */
export function logAlerts(log: Logger): Alerts {
  return {
    raise({ kind, severity, message, ...rest }) {
      log[severity === 'critical' ? 'error' : 'warn']({ alert: kind, ...rest }, message);
    },
  };
}
