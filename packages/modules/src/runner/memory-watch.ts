/** The child whose memory is watched. */
export interface MeasuredChild {
  /** In MiB; undefined where it cannot be told. */
  readonly grownMb: number | undefined;
}

/** The longest time between two looks, in milliseconds. */
const LONGEST_MS = 500;
const SHORTEST_MS = 50;
/** What a body may be expected to take at most, in MiB a millisecond: the nearer the limit, the sooner the next look. */
const FASTEST_GROWTH = 2;

/**
 * Watches what an attempt uses of the memory it may use: its process and all it started, whatever it is used for
 * (`resources.memory_mb`). What is taken and given back between two looks is not seen.
 *
 * @param onExceeded called once, with what it used, in MiB
 * @returns ends the watch
 */
export const watchMemory = (
  child: MeasuredChild,
  limitMb: number,
  onExceeded: (usedMb: number) => void,
): (() => void) => {
  let timer: NodeJS.Timeout | undefined;
  const look = (): void => {
    let usedMb: number | undefined;
    try {
      usedMb = child.grownMb;
    } catch {
      // It cannot be told now, as where there are no file descriptors left: the next look may tell.
      timer = setTimeout(look, LONGEST_MS);
      return;
    }
    if (usedMb === undefined) return;
    if (usedMb > limitMb) {
      onExceeded(usedMb);
      return;
    }
    const delayMs = Math.min(Math.max((limitMb - usedMb) / FASTEST_GROWTH, SHORTEST_MS), LONGEST_MS);
    timer = setTimeout(look, delayMs);
  };
  // The first look can wait: a child that has grown much before is not used (RunnerPool).
  timer = setTimeout(look, SHORTEST_MS);
  return () => {
    clearTimeout(timer);
  };
};
