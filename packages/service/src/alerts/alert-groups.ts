import type { Alert } from '@phi/core';

/** What is said at once of alerts that are alike. */
export interface AlertGroup {
  /** The latest of them. */
  readonly alert: Alert;
  readonly count: number;
}

export interface AlertGroupsOptions {
  /** How long alerts that are alike are collected after one was told, in milliseconds. */
  readonly windowMs: number;
  /** How many kinds are told apart at the same time; what is more is told, and not collected. */
  readonly kindsAtMost: number;
  readonly tell: (group: AlertGroup) => void;
}

interface Window {
  readonly timer: NodeJS.Timeout;
  latest: Alert;
  count: number;
}

/** Tells the first alert of its kind, code and job at once, and those that follow within a minute in one with their count. */
export class AlertGroups {
  private readonly windows = new Map<string, Window>();

  constructor(private readonly options: AlertGroupsOptions) {}

  add(alert: Alert): void {
    const kind = kindOf(alert);
    const window = this.windows.get(kind);
    if (window !== undefined) {
      window.latest = alert;
      window.count += 1;
      return;
    }
    this.options.tell({ alert, count: 1 });
    if (this.windows.size < this.options.kindsAtMost) this.open(kind, alert);
  }

  /** Tells what was collected, without waiting any longer. */
  flush(): void {
    for (const kind of this.windows.keys()) this.end(kind);
  }

  private open(kind: string, latest: Alert): void {
    const timer = setTimeout(() => {
      if (this.end(kind)) this.open(kind, latest);
    }, this.options.windowMs);
    timer.unref();
    this.windows.set(kind, { timer, latest, count: 0 });
  }

  /** @returns whether anything was collected */
  private end(kind: string): boolean {
    const window = this.windows.get(kind);
    this.windows.delete(kind);
    clearTimeout(window?.timer);
    if (window === undefined || window.count === 0) return false;
    this.options.tell({ alert: window.latest, count: window.count });
    return true;
  }
}

function kindOf({ kind, error_code = '', subject, context = {} }: Alert): string {
  const job = context['job_id'];
  return [kind, error_code, typeof job === 'string' ? job : subject].join('|');
}
