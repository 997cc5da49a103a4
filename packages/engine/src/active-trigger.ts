import {
  deriveId,
  skipIfRunning,
  type JobDefinition,
  type Trigger,
  type TriggerRegistration,
} from '@phi/core';

import type { RegisteredJob } from './registered-job.js';

/** A trigger that is active, with the job that it starts. */
export class ActiveTrigger {
  private knownDigest: string | undefined;
  /** Whether this process has reported that something is wrong with it. */
  reported = false;

  constructor(
    readonly job: RegisteredJob,
    readonly trigger: Trigger,
  ) {}

  get job_id(): string {
    return this.job.job_id;
  }

  get trigger_id(): string {
    return this.trigger.trigger_id;
  }

  /** Computed when it is asked for: most triggers of a large catalog never are. */
  get digest(): string {
    this.knownDigest ??= digestOf(this.trigger);
    return this.knownDigest;
  }

  /** Whether it starts nothing while a chain of its job is open (Rule 3). */
  get waits(): boolean {
    return waitsForChain(this.job.definition);
  }
}

export function waitsForChain({ concurrency, schedule }: JobDefinition): boolean {
  return [concurrency, schedule].some((setting) => setting !== null && skipIfRunning(setting) === 'SKIP');
}

/** Those that events may start a job by. */
export function activeTriggersOf(definition: JobDefinition): Trigger[] {
  return definition.enabled ? definition.triggers.filter(({ enabled }) => enabled) : [];
}

export function registerTriggers(definition: JobDefinition): TriggerRegistration[] {
  return activeTriggersOf(definition).map((trigger) => ({
    trigger_id: trigger.trigger_id,
    digest: digestOf(trigger),
  }));
}

function digestOf(trigger: Trigger): string {
  return deriveId('trigger-configuration', JSON.stringify(trigger));
}
