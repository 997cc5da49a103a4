import type { WallSeconds } from './civil-time.js';
import type { Stretch } from './zone-timeline.js';
import { stretchAt } from './zone-timeline.js';

/** No zone is further from UTC. */
const MAX_OFFSET = 86_400;

/**
 * The wall-clock time of a zone at an instant.
 *
 * @param timezone - must be valid
 * @param instantMs - epoch milliseconds
 */
export function wallAt(timezone: string, instantMs: number): WallSeconds {
  const instant = Math.floor(instantMs / 1000);
  return instant + stretchAt(timezone, instant).offset;
}

/**
 * The instant at which a zone's wall clock first shows a time, in epoch milliseconds; for a time that it jumps over, the
 * first instant after it.
 *
 * @param timezone - must be valid
 */
export function instantOfWall(timezone: string, wall: WallSeconds): number {
  let stretch: Stretch = stretchAt(timezone, wall - MAX_OFFSET);
  while (wall - stretch.offset >= stretch.end) {
    stretch = stretchAt(timezone, stretch.end);
  }
  return Math.max(wall - stretch.offset, stretch.start) * 1000;
}
