import {
  estimatedRecoverySeconds,
  EXHAUSTION_CODES,
  nextResourceState,
  WATCHED_RESOURCES,
  type ExhaustedResourceView,
  type ExhaustionEntry,
  type ResourceLimits,
  type ResourceState,
  type WatchedResource,
  type WatchedResourceName,
} from '@phi/core';

import type { Services } from './services.js';
import { viewExhaustion } from './view-exhaustion.js';

/** What became of resources since the look before. */
export interface ResourceChanges {
  /** Exhausted now and not before. */
  readonly began: readonly ExhaustedResourceView[];
  /** Exhausted before and not any more, as they stood last. */
  readonly ended: readonly ExhaustedResourceView[];
  /** Everything that this measurer finds exhausted now. */
  readonly exhausted: readonly ExhaustionEntry[];
}

/** Shares in use, 0-1; what could not be measured is left out, and does not count as exhausted. */
export type Measurements = Partial<Readonly<Record<WatchedResourceName, number>>>;

/** What was reported lapses after so many intervals without word. */
const LAPSES_AFTER_INTERVALS = 3;

/** One measurer's resources: judged by what it measures, and reported for as long as they are exhausted. */
export class ResourceWatch {
  private readonly states = new Map<WatchedResourceName, ResourceState>();
  private known: readonly ExhaustedResourceView[] = [];

  constructor(
    private readonly services: Pick<Services, 'clock' | 'config' | 'exhaustion'>,
    /** The executor's id, or what names another process. */
    private readonly measurer: () => string,
  ) {}

  /** Takes measurements into account and reports what is exhausted. */
  async observe(measured: Measurements): Promise<ResourceChanges> {
    const exhausted = this.judge(measured);
    // Nothing to report, and nothing to take back.
    if (exhausted.length === 0 && this.known.length === 0) return { began: [], ended: [], exhausted };
    const measurer = this.measurer();
    const lapses_ms = LAPSES_AFTER_INTERVALS * this.services.config.RESOURCE_CHECK_INTERVAL_SECONDS * 1000;
    await this.services.exhaustion.report({ measurer, lapses_ms, exhausted });
    const now = (await viewExhaustion(this.services)).filter(({ measured_by }) => measured_by === measurer);
    const before = this.known;
    this.known = now;
    return { began: without(now, before), ended: without(before, now), exhausted };
  }

  private judge(measured: Measurements): ExhaustionEntry[] {
    const at_ms = this.services.clock.now();
    const { config } = this.services;
    return Object.entries(WATCHED_RESOURCES).flatMap(([key, resource]) => {
      const name = key as WatchedResourceName;
      const usage = measured[name];
      if (usage === undefined) this.states.delete(name);
      if (usage === undefined) return [];
      const limits = {
        threshold: resource.threshold(config),
        recovery_ratio: config.RESOURCE_RECOVERY_RATIO,
      };
      const state = nextResourceState(this.states.get(name), { usage, at_ms }, limits);
      this.states.set(name, state);
      return state.exhausted ? [this.entryOf(resource, state, limits)] : [];
    });
  }

  private entryOf(
    { resource_type, source, actions }: WatchedResource,
    state: ResourceState,
    limits: ResourceLimits,
  ): ExhaustionEntry {
    const { config } = this.services;
    const seconds = estimatedRecoverySeconds(state, limits);
    return {
      source,
      resource_type,
      code: EXHAUSTION_CODES[resource_type],
      usage: state.usage,
      threshold: limits.threshold,
      actions: actions(config),
      reject_below: config.RESOURCE_REJECT_BELOW_PRIORITY,
      ...(seconds === null ? {} : { estimated_recovery_seconds: seconds }),
    };
  }
}

function without(
  from: readonly ExhaustedResourceView[],
  others: readonly ExhaustedResourceView[],
): ExhaustedResourceView[] {
  return from.filter(
    (one) =>
      !others.some((other) => other.source === one.source && other.resource_type === one.resource_type),
  );
}
