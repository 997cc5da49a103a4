import { offsetSecondsAt } from './zone-offset.js';

/** An instant at which a zone's wall clock jumps. Whole seconds. */
export interface Transition {
  /** Epoch seconds of the first instant with the new offset. */
  readonly at: number;
  /** Offsets from UTC in seconds, before and from then on. */
  readonly before: number;
  readonly after: number;
}

/** A stretch of time during which a zone's offset does not change; epoch seconds, `end` excluded. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
  readonly offset: number;
  /** The jump at or shortly before its start, and the one at or shortly after its end. */
  readonly opened?: Transition;
  readonly closed?: Transition;
}

/** A year; only the size of a cache entry. */
const CHUNK_SECONDS = 31_557_600;
/** No wall clock has jumped by more than a day and a bit: further away a jump does not matter. */
const MARGIN_SECONDS = 2 * 86_400;
/** Offsets are sampled this far apart; no zone has ever jumped and jumped back within a day. */
const SAMPLE_SECONDS = 86_400;
/** A zone's years that are kept; more only when someone asks about centuries. */
const MAX_CHUNKS = 512;
const MAX_ZONES = 1_024;

const zones = new Map<string, Map<number, readonly Stretch[]>>();

/**
 * The stretch of a zone's time that holds an instant. A long one is cut at arbitrary points, where nothing jumps.
 *
 * @param timezone - must be valid
 * @param instant - epoch seconds
 */
export function stretchAt(timezone: string, instant: number): Stretch {
  const index = Math.floor(instant / CHUNK_SECONDS);
  const stretches = chunk(timezone, index);
  const found = stretches.find((stretch) => instant < stretch.end);
  if (found === undefined) throw new RangeError(`no offset is known for ${instant} in '${timezone}'`);
  return found;
}

function chunk(timezone: string, index: number): readonly Stretch[] {
  let chunks = zones.get(timezone);
  if (chunks === undefined) {
    if (zones.size >= MAX_ZONES) zones.clear();
    chunks = new Map();
    zones.set(timezone, chunks);
  }
  let stretches = chunks.get(index);
  if (stretches === undefined) {
    if (chunks.size >= MAX_CHUNKS) chunks.clear();
    stretches = readStretches(timezone, index * CHUNK_SECONDS, (index + 1) * CHUNK_SECONDS);
    chunks.set(index, stretches);
  }
  return stretches;
}

function readStretches(timezone: string, start: number, end: number): readonly Stretch[] {
  const transitions = readTransitions(timezone, start - MARGIN_SECONDS, end + MARGIN_SECONDS);
  const inside = transitions.filter(({ at }) => at > start && at < end);
  const edges = [start, ...inside.map(({ at }) => at), end];
  return edges.slice(0, -1).map((from, index) => {
    const to = edges[index + 1] ?? end;
    const opened = transitions.findLast(({ at }) => at <= from);
    const closed = transitions.find(({ at }) => at >= to);
    const offset = opened?.after ?? closed?.before ?? offsetSecondsAt(timezone, from * 1000);
    return { start: from, end: to, offset, ...(opened && { opened }), ...(closed && { closed }) };
  });
}

function readTransitions(timezone: string, start: number, end: number): readonly Transition[] {
  const transitions: Transition[] = [];
  let from = start;
  let before = offsetSecondsAt(timezone, from * 1000);
  while (from < end) {
    const to = Math.min(from + SAMPLE_SECONDS, end);
    const last = offsetSecondsAt(timezone, to * 1000);
    while (before !== last) {
      const at = firstChange(timezone, from, to, before);
      const after = offsetSecondsAt(timezone, at * 1000);
      transitions.push({ at, before, after });
      from = at;
      before = after;
    }
    from = to;
  }
  return transitions;
}

/** The first second in (from, to] whose offset is no longer `before`, by bisection. */
function firstChange(timezone: string, from: number, to: number, before: number): number {
  let same = from;
  let changed = to;
  while (changed - same > 1) {
    const middle = Math.floor((same + changed) / 2);
    if (offsetSecondsAt(timezone, middle * 1000) === before) same = middle;
    else changed = middle;
  }
  return changed;
}
