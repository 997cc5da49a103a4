import type { ExhaustionCode } from '../resources/watched-resources.js';
import type { ResourceSource } from '../resources/watched-resources.js';
import type { EmergencyAction, ResourceType } from '../schema/resource-exhaustion-error.js';

/** A resource that its measurer found exhausted. */
export interface ExhaustionEntry {
  readonly source: ResourceSource;
  readonly resource_type: ResourceType;
  readonly code: ExhaustionCode;
  /** The share in use, 0-1. */
  readonly usage: number;
  readonly threshold: number;
  /** What it calls for. That of a host is in force once every executor that offers places calls for it. */
  readonly actions: readonly EmergencyAction[];
  /** REJECT_LOW_PRIORITY refuses jobs of a lower priority. */
  readonly reject_below: number;
  /** Absent where the trend does not tell. */
  readonly estimated_recovery_seconds?: number;
}

/** Everything that a measurer finds exhausted now: what it reported before and does not any more has recovered. */
export interface ExhaustionReport {
  /** The executor's id, or what names another process. */
  readonly measurer: string;
  /** It lapses after this long unless it is repeated, in milliseconds. */
  readonly lapses_ms: number;
  readonly exhausted: readonly ExhaustionEntry[];
}

export interface ExhaustedResource extends ExhaustionEntry {
  readonly measurer: string;
  /** Epoch milliseconds, Redis' clock. */
  readonly since: number;
  /** Those of its actions that hold for the namespace now. */
  readonly in_force: readonly EmergencyAction[];
}

/** What is exhausted, and what waits for it. */
export interface Exhaustion {
  readonly exhausted: readonly ExhaustedResource[];
  /** Jobs of queued executions that want nothing but room, at most 100. */
  readonly queued_jobs: readonly string[];
  /** Executions that are queued and not admitted. */
  readonly queued_count: number;
  /** Jobs whose schedules are held, at most 100. */
  readonly held_jobs: readonly string[];
}

/** Exhausted resources (specification: Resource Exhaustion Errors; docs/adr/0018-exhaustion.md). */
export interface ExhaustionStore {
  report(report: ExhaustionReport): Promise<void>;
  /** `queued_count` is the metric `phi_queued_for_resources`. */
  read(): Promise<Exhaustion>;
  /** How many times each resource became exhausted: the metric `phi_resource_exhaustion_events`. */
  counts(): Promise<Readonly<Record<ResourceType, number>>>;
}
