import type { BodyReport, Clock } from '@phi/core';

const REPORTED_AT_MOST = 500;

interface Vital {
  /** By this process' clock. */
  beat: number;
  stage?: string;
  records?: number;
}

/** What the bodies that run here have shown of themselves, for their executor to report with its lease (Rule 13). */
export class Vitals {
  private readonly bodies = new Map<string, Vital>();
  /** Told that there is progress that was not reported yet. */
  onProgress: () => void = () => undefined;

  constructor(private readonly clock: Clock) {}

  begin(executionId: string): void {
    this.bodies.set(executionId, { beat: this.clock.now() });
  }

  beat(executionId: string): void {
    const vital = this.bodies.get(executionId);
    if (vital !== undefined) vital.beat = this.clock.now();
  }

  /** @param records - that the stage has handled so far */
  progress(executionId: string, stage: string, records: number): void {
    const vital = this.bodies.get(executionId);
    if (vital === undefined || (vital.stage === stage && vital.records === records)) return;
    Object.assign(vital, { stage, records });
    this.onProgress();
  }

  end(executionId: string): void {
    this.bodies.delete(executionId);
  }

  /** Of an executor with thousands of remote waits only the first are told of: it is one call for all. */
  report(): BodyReport[] {
    const now = this.clock.now();
    return [...this.bodies].slice(0, REPORTED_AT_MOST).map(([execution_id, { beat, stage, records }]) => ({
      execution_id,
      silent_ms: Math.max(0, now - beat),
      ...(stage === undefined ? {} : { stage, records_processed: records ?? 0 }),
    }));
  }
}
