import type { Alerts } from '@phi/core';
import type { Logger } from '@phi/telemetry';

import type { Environment } from '../environment.js';
import { logAlerts } from './log-alerts.js';
import { WebhookAlerts } from './webhook-alerts.js';

/** A way to tell operators, and how to close it: what was collected is still sent. */
export interface OpenAlerts extends Alerts {
  close(): Promise<void>;
}

/** Every way to tell operators that the environment names: the log, and a webhook where there is one. */
export function openAlerts({ namespace, alertWebhook }: Environment, log: Logger): OpenAlerts {
  const sinks: readonly OpenAlerts[] = [
    { ...logAlerts(log), close: () => Promise.resolve() },
    ...(alertWebhook === undefined ? [] : [new WebhookAlerts({ ...alertWebhook, namespace, log })]),
  ];
  return {
    raise(alert) {
      for (const sink of sinks) sink.raise(alert);
    },
    async close() {
      await Promise.all(sinks.map((sink) => sink.close()));
    },
  };
}
