import { setTimeout as sleep } from 'node:timers/promises';

import type { Alert, Alerts } from '@phi/core';
import { openWebhook, type Webhook } from '@phi/modules/webhook';
import { systemClock, systemIds, type Logger } from '@phi/telemetry';

import { AlertGroups, type AlertGroup } from './alert-groups.js';
import type { AlertWebhook } from './read-alert-webhook.js';

export interface WebhookAlertsOptions extends AlertWebhook {
  readonly namespace: string;
  readonly log: Logger;
  /** How long alerts that are alike are collected, in milliseconds. Default: a minute. */
  readonly windowMs?: number;
  /** The pause after the first failed attempt, in milliseconds, doubled with each. Default: a second. */
  readonly backoffMs?: number;
  /** How long `close` waits for what is still to be sent, in milliseconds. Default: two seconds. */
  readonly closeMs?: number;
}

const WINDOW_MS = 60_000;
const BACKOFF_MS = 1000;
const ATTEMPTS = 5;
const TIMEOUT_SECONDS = 10;
/** Messages that wait to be sent: beyond that the oldest are dropped, and counted in the next. */
const WAITING_AT_MOST = 100;
const KINDS_AT_MOST = 1000;
/** A larger context is left out, in characters. */
const CONTEXT_AT_MOST = 32_768;
const CLOSE_MS = 2000;

interface Message {
  readonly id: string;
  readonly body: string;
}

/** Alerts by a signed webhook (Standard Webhooks), one message after another; nobody waits for it, and it fails nobody. */
export class WebhookAlerts implements Alerts {
  private readonly webhook: Webhook;
  private readonly groups: AlertGroups;
  private readonly stopped = new AbortController();
  private readonly waiting: AlertGroup[] = [];
  private sending: Promise<void> | undefined;
  private dropped = 0;

  constructor(private readonly options: WebhookAlertsOptions) {
    const settings = { timeoutSeconds: TIMEOUT_SECONDS, field: 'PHI_ALERT_WEBHOOK_URL' };
    this.webhook = openWebhook({ ...options, ...settings });
    this.groups = new AlertGroups({
      windowMs: options.windowMs ?? WINDOW_MS,
      kindsAtMost: KINDS_AT_MOST,
      tell: (group) => this.enqueue(group),
    });
  }

  /** An attempt that is followed by another is nothing to call somebody for. */
  raise(alert: Alert): void {
    if (alert.kind === 'EXECUTION_ERROR' && alert.severity === 'warning') return;
    this.groups.add(alert);
  }

  /** Sends what was collected, as far as that goes quickly. */
  async close(): Promise<void> {
    this.groups.flush();
    const late = setTimeout(() => this.stopped.abort(), this.options.closeMs ?? CLOSE_MS);
    await this.sending;
    clearTimeout(late);
    await this.webhook.close();
  }

  private enqueue(group: AlertGroup): void {
    this.waiting.push(group);
    if (this.waiting.length > WAITING_AT_MOST) {
      this.waiting.shift();
      this.dropped += 1;
    }
    this.sending ??= this.sendAll().finally(() => {
      this.sending = undefined;
    });
  }

  private bodyOf({ alert, count }: AlertGroup): string {
    const { context, ...rest } = alert;
    const written = JSON.stringify(context ?? {});
    const body = {
      type: 'phi.alert',
      timestamp: new Date(systemClock.now()).toISOString(),
      data: {
        namespace: this.options.namespace,
        ...rest,
        count,
        ...(written.length > CONTEXT_AT_MOST ? {} : { context: context ?? {} }),
        ...(this.dropped > 0 ? { dropped: this.dropped } : {}),
      },
    };
    this.dropped = 0;
    return JSON.stringify(body);
  }

  private async sendAll(): Promise<void> {
    for (let group = this.waiting.shift(); group !== undefined; group = this.waiting.shift())
      await this.send({ id: `alert_${systemIds.next()}`, body: this.bodyOf(group) });
  }

  private async send(message: Message): Promise<void> {
    const { signal } = this.stopped;
    for (let attempt = 1; ; attempt++) {
      const failure = await this.post(message);
      if (failure === undefined) return;
      if (attempt === ATTEMPTS || signal.aborted) {
        this.options.log.warn(
          { err: failure, attempts: attempt },
          'an alert could not be sent by the webhook',
        );
        return;
      }
      const pauseMs = (this.options.backoffMs ?? BACKOFF_MS) * 2 ** (attempt - 1);
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** @returns why it was not accepted */
  private async post(message: Message): Promise<unknown> {
    try {
      const answer = await this.webhook.post(message, this.stopped.signal);
      return answer.kind === 'acknowledged' ? undefined : answer.failure;
    } catch (error) {
      return error;
    }
  }
}
