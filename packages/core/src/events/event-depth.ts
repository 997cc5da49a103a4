import type { CloudEvent } from '../schema/cloud-event.js';

/** The extension attribute that says how long the chain of executions and events is that has caused an event. */
export const DEPTH_ATTRIBUTE = 'phidepth';

/** An event at a greater depth starts nothing: executions and events would cause each other for ever (design: Events). */
export const EVENT_DEPTH_AT_MOST = 32;

/** @returns 0 for an event that no execution has caused, or that does not say so */
export function depthOf(event: CloudEvent): number {
  const depth = Number(event[DEPTH_ATTRIBUTE]);
  return Number.isInteger(depth) && depth > 0 ? depth : 0;
}
